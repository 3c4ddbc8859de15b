"""Which printer is meant? A driver's name and an address, in the shape of Django's mail backends."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock

from django.utils.translation import gettext as _

from printing.printers.base import PATIENCE, Printer, PrinterUnavailable
from printing.printers.folder import FolderPrinter
from printing.printers.ipp import IppPrinter
from printing.printers.memory import MemoryPrinter

MOST_PRINTERS = 256  # kept open by one process: more than an office has, few enough to hold

DRIVERS: dict[str, Callable[[str, float], Printer]] = {
    "ipp": lambda address, patience: IppPrinter(address=address, patience=patience),
    "folder": lambda address, patience: FolderPrinter(folder=Path(address), patience=patience),
    "memory": lambda address, patience: MemoryPrinter(),
}

_opening = Lock()  # two threads that open the same printer at once must get the same one


def open_printer(*, driver: str, address: str, patience: float = PATIENCE) -> Printer:
    """The printer behind this driver (``ipp``, ``folder``, ``memory``) and address.

    The same printer for the same words, with its connections, as long as the process lives.
    Nothing is asked of it yet. Raises PrinterUnavailable for an unknown driver or a bad address.
    """
    with _opening:
        return _opened(driver, address, patience, os.getpid())


@lru_cache(maxsize=MOST_PRINTERS)
def _opened(driver: str, address: str, patience: float, process: int) -> Printer:
    """``process``: a forked worker must not share its parent's connections."""
    try:
        make = DRIVERS[driver]
    except KeyError:
        known = ", ".join(DRIVERS)
        raise PrinterUnavailable(
            _("Penggerak printer tidak dikenal: %(driver)s (ada: %(known)s).")
            % {"driver": driver, "known": known}
        ) from None
    return make(address, patience)
