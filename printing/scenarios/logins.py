"""Who may log in to the demo? Names and passwords that everybody knows, for made-up people only.

Plain words and no Django, so that the terminal can show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from printing.roles import Role


@dataclass(frozen=True, slots=True)
class Login:
    """One demo login. ``role``: none for the superuser."""

    password: str
    first_name: str
    role: Role | None


DEMO_LOGINS: Mapping[str, Login] = MappingProxyType(
    {
        "admin": Login("admin-demo-2017", "Admin", None),
        "petugas": Login("petugas-demo-2017", "Petugas Loket", Role.COUNTER),
        "operator": Login("operator-demo-2017", "Operator Cetak", Role.OPERATOR),
        "gudang": Login("gudang-demo-2017", "Penjaga Blanko", Role.STOCK),
        "supervisor": Login("supervisor-demo-2017", "Supervisor", Role.SUPERVISOR),
        "auditor": Login("auditor-demo-2017", "Auditor", Role.AUDITOR),
        "pengelola": Login("pengelola-demo-2017", "Pengelola Akun", Role.ADMINISTRATOR),
    }
)
