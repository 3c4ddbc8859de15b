"""Who may do what? One table; `migrate` writes it into the groups of the same names.

A person's rights are the groups they are in. A group in this table says again after each `migrate`
exactly what stands here; an office that wants otherwise makes groups of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """The groups, as they are called in the office."""

    COUNTER = "Petugas loket"
    OPERATOR = "Operator cetak"
    STOCK = "Penjaga blanko"
    SUPERVISOR = "Supervisor"
    AUDITOR = "Auditor"
    ADMINISTRATOR = "Administrator"


@dataclass(frozen=True, slots=True)
class Rights:
    """``deeds``: permissions by app. ``looks``: the role sees every page of the line.

    ``sees``: permissions to look at what is not for everybody.
    """

    deeds: frozenset[str]
    looks: bool = True
    sees: frozenset[str] = frozenset()


# Pages that are not part of everybody's look at the line: who reads whom, and how machines sign in.
NOT_FOR_ALL = frozenset({"registry.view_accesslog"})

_COUNTER = frozenset(
    {
        "printing.add_box",  # cards to a subdistrict
        "printing.add_importbatch",
        "printing.change_box",
        "printing.change_cardrequest",  # hold, release, cancel
        "printing.hand_over_cardrequest",
        "printing.prioritise_cardrequest",
        "registry.change_recording",  # send again
        "registry.reveal_nik",
    }
)
_OPERATOR = frozenset(
    {
        "printing.change_printer",  # ribbon, film, out of use
        "printing.change_printjob",  # good, spoiled, what lies in the tray
    }
)
_STOCK = frozenset(
    {
        "registry.add_blankmovement",
        "registry.add_blankreceipt",
        "registry.add_stockcount",
        "registry.add_proposal",  # to destroy spoiled blanks
    }
)
_PLANNING = frozenset(
    {
        "printing.change_finding",  # compare the books now
        "printing.change_importbatch",
        "printing.add_extrashift",
        "printing.change_extrashift",
        "printing.add_holidayoverride",
        "printing.change_holidayoverride",
        "printing.delete_holidayoverride",
        "registry.change_resident",
        "registry.decide_proposal",  # never one's own
        "registry.change_assignment",  # put a row of a desk into a clerk's hands
    }
)
# Kiosks and stations, and the news to their owners.
_MACHINES = frozenset({"registry.add_device", "registry.change_device", "registry.change_webhookdelivery"})
_ACCOUNT = frozenset({"registry.view_accesslog", "registry.export_accesslog"})

ROLES: Mapping[Role, Rights] = MappingProxyType(
    {
        Role.COUNTER: Rights(_COUNTER),
        Role.OPERATOR: Rights(_OPERATOR),
        Role.STOCK: Rights(_STOCK),
        Role.SUPERVISOR: Rights(_COUNTER | _OPERATOR | _STOCK | _PLANNING | _MACHINES, sees=_ACCOUNT),
        # Reads everything and changes nothing. The NIK stays masked: to audit takes no numbers.
        Role.AUDITOR: Rights(frozenset(), sees=_ACCOUNT),
        # Keeps the people and the machines, and sees no resident.
        Role.ADMINISTRATOR: Rights(
            _MACHINES
            | frozenset(
                {
                    "auth.add_user",
                    "auth.change_user",
                    "axes.delete_accessattempt",  # lets somebody try again
                    "printing.add_printer",
                    "printing.change_printer",
                    "registry.add_district",
                    "registry.change_district",
                    "registry.add_office",
                    "registry.change_office",
                    "registry.steer_throttle",  # pause, resume, ceiling
                }
            ),
            looks=False,
            sees=frozenset(
                {
                    "auth.view_group",
                    "auth.view_user",
                    "axes.view_accessattempt",
                    "django_celery_beat.view_crontabschedule",
                    "django_celery_beat.view_periodictask",
                    "printing.view_heartbeat",
                    "printing.view_printer",
                    "registry.view_device",
                    "registry.view_district",
                    "registry.view_office",
                    "registry.view_throttlechange",
                    "registry.view_webhook",
                    "registry.view_webhookdelivery",
                }
            ),
        ),
    }
)
