"""Is this worker group, or beat, still heard? The health checks of docker-compose.yml ask.

``python -m ektp_project.pulse NAME``: exit status 1, and a sentence, when it has been silent too long.
"""

from __future__ import annotations

import sys

import psycopg

from ektp_project.env import secret
from ektp_project.heartbeats import SILENT_SECONDS, silent_for


def main(name: str) -> int:
    """A database that is away is not the part's fault, and a part without a row has just begun: 0."""
    try:
        silent = silent_for(database_url=secret("DATABASE_URL"))
    except psycopg.Error:
        return 0
    if silent.get(name, 0.0) <= SILENT_SECONDS:
        return 0
    print(f"{name} has been silent for {silent[name]:.0f} s.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
