"""How are the tables made and the people put in, at every start?

One process for both: what takes time at a second start is not the work but loading Django.
"""

from __future__ import annotations

import os
import sys

import django
from django.core.management import CommandError, call_command


def main() -> int:
    """1, and a sentence, when a command refuses."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
    django.setup()
    try:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        call_command("seed_scenario")
    except CommandError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
