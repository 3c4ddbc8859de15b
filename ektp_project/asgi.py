"""How does the web server reach the office? (ASGI)"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")

application = get_asgi_application()
