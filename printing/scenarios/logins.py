"""Who may log in to the demo? Names and passwords that everybody knows, for made-up people only.

Plain words and no Django, so that the terminal can show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Login:
    """One demo login. ``role``: a key of ROLES, or empty for the superuser."""

    password: str
    first_name: str
    role: str


DEMO_LOGINS: Mapping[str, Login] = MappingProxyType(
    {
        "admin": Login("admin-demo-2017", "Admin", ""),
        "petugas": Login("petugas-demo-2017", "Petugas Loket", "Petugas"),
        "supervisor": Login("supervisor-demo-2017", "Supervisor", "Supervisor"),
    }
)

# What each role may do beside looking at everything: permissions by app.
ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Petugas": frozenset(
            {
                "printing.add_importbatch",
                "printing.change_cardrequest",
                "printing.change_printjob",
                "registry.change_recording",
            }
        ),
        "Supervisor": frozenset(
            {
                "printing.add_importbatch",
                "printing.change_importbatch",
                "printing.change_cardrequest",
                "printing.change_printjob",
                "printing.change_printer",
                "printing.add_extrashift",
                "printing.change_extrashift",
                "printing.add_holidayoverride",
                "printing.change_holidayoverride",
                "printing.delete_holidayoverride",
                "registry.change_recording",
                "registry.change_resident",
                "registry.add_blankmovement",
                "registry.add_blankreceipt",
                "registry.add_stockcount",
            }
        ),
    }
)
