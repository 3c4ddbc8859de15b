"""In which office, before which centre and printer do the tests of the line stand?"""

import pytest

from printing.models import Printer
from registry.central.memory import MemoryCentral
from registry.models import Office
from tests import factories


@pytest.fixture
def office(db: None) -> Office:
    """Karimun with a hundred blanks."""
    return factories.a_stocked_office(100)


@pytest.fixture
def centre() -> MemoryCentral:
    """A centre that sees everybody of the tests, at the tests' time."""
    centre = MemoryCentral(clock=lambda: factories.NOW)
    for number in range(1, 60):
        centre.see(factories.nik_of(number))
    return centre


@pytest.fixture
def printer(office: Office) -> Printer:
    """A printer that takes four jobs at once."""
    return Printer.objects.create(office=office, name="Printer 1", driver="memory", address="1", depth=4)
