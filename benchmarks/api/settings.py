"""How does the measured server differ from an office's? It has one view more, and limits nobody meets."""

from ektp_project.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api.urls"
API_PER_DEVICE = API_PER_ADDRESS = API_LOOKUPS_PER_DEVICE = API_PER_TARGET = 10**9
