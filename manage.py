#!/usr/bin/env python3
"""Where do the office's commands start?"""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
    execute_from_command_line(sys.argv)
