"""How does the web server reach the office? (WSGI)"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")

application = get_wsgi_application()
