"""Which office do these tests stand in?"""

import pytest

from registry.models import Office
from registry.services.offices import load_office


@pytest.fixture
def office(db: None) -> Office:
    """Karimun with its subdistricts, and nobody in it."""
    return load_office()
