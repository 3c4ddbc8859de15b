"""Which office do these tests stand in?"""

import pytest

from registry.models import Office


@pytest.fixture
def office(db: None) -> Office:
    """Karimun, with empty books."""
    return Office.objects.create(code="21.02", name="Karimun", province="Kepulauan Riau")


@pytest.fixture
def other_office(db: None) -> Office:
    """Batam, with empty books."""
    return Office.objects.create(code="21.71", name="Batam", province="Kepulauan Riau")
