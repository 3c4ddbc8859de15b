"""Does a printer's row lead to the right driver?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from printing.models.printer import Driver
from printing.printers import DRIVERS, open_printer
from printing.printers.base import PrinterUnavailable
from printing.printers.folder import FolderPrinter
from printing.printers.ipp import IppPrinter
from printing.printers.memory import MemoryPrinter


class TestOpenPrinter:
    def test_knows_every_driver_that_a_clerk_can_choose(self) -> None:
        assert set(DRIVERS) == set(Driver.values)

    def test_opens_each_driver(self, tmp_path: Path) -> None:
        assert isinstance(open_printer(driver="folder", address=str(tmp_path)), FolderPrinter)
        assert isinstance(open_printer(driver="ipp", address="ipp://printer/"), IppPrinter)
        assert isinstance(open_printer(driver="memory", address="one"), MemoryPrinter)

    def test_gives_the_same_printer_to_all_threads(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(lambda _n: id(open_printer(driver="memory", address="shared")), range(64)))
        assert len(found) == 1

    def test_keeps_addresses_apart(self) -> None:
        one, other = (open_printer(driver="memory", address=address) for address in ("here", "there"))
        assert one is not other

    def test_says_which_drivers_there_are_when_it_does_not_know_one(self) -> None:
        with pytest.raises(PrinterUnavailable, match=r"lpr.*ipp, folder, memory"):
            open_printer(driver="lpr", address="")

    def test_says_that_an_address_is_bad(self) -> None:
        with pytest.raises(PrinterUnavailable):
            open_printer(driver="ipp", address="no address")
