"""Who waits for a card, since when, for what reason, and at which place in line?"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from printing.states import REQUEST_LIVE, REQUEST_MOVES, HoldReason, RequestState
from registry.models.event import Subject
from registry.models.moving import Moving, only_along
from registry.models.tally import counted_by_state


class CardReason(models.TextChoices):
    """Why a card is asked for: the centre's words."""

    NEW = "new", _("kartu baru")
    LOST = "lost", _("hilang")
    DAMAGED = "damaged", pgettext_lazy("alasan permohonan", "rusak")
    DATA_CHANGE = "data_change", _("perubahan data")
    MOVED = "moved", _("pindah datang")


class Priority(models.IntegerChoices):
    """The order in line: first the class, then the date of recording. Jumping needs a reason and a name."""

    URGENT = 10, _("didahulukan")
    NORMAL = 50, _("biasa")


# The line is counted by year, month and day, so that a place in it is a sum of a few rows and a
# short stretch of one index, however many wait. Days are those of UTC: any fixed cut will do.
# Whoever changes the line takes its turn first ("tall" as a number, and the office): two transactions
# of several statements each would otherwise wait for one another's tallies. A year's row made them
# stand in a queue anyhow.
KEEP_TALLIES = """
    WITH delta AS (
        SELECT office_id, priority, (recorded_at AT TIME ZONE 'UTC')::date AS day, sum(change) AS change FROM (
            {sides}
        ) AS sides GROUP BY 1, 2, 3 HAVING sum(change) <> 0
    ), turn AS MATERIALIZED (
        SELECT office_id, pg_advisory_xact_lock(1952541804, office_id::int) AS held
        FROM (SELECT DISTINCT office_id FROM delta ORDER BY 1) AS offices
    ), spread AS (
        SELECT office_id, priority, span, date_trunc(span, day)::date AS begins, sum(change) AS change
        FROM delta JOIN turn USING (office_id) CROSS JOIN (VALUES ('year'), ('month'), ('day')) AS spans (span) GROUP BY 1, 2, 3, 4
    )
    INSERT INTO printing_waitingtally AS tally (office_id, priority, span, begins, waiting)
    SELECT office_id, priority, span, begins, change FROM spread ORDER BY 1, 2, 3, 4
    ON CONFLICT (office_id, priority, span, begins) DO UPDATE SET waiting = tally.waiting + excluded.waiting;
    RETURN NULL;
"""  # noqa: E501  (the text is what the migrations hold)
_ONE_SIDE = "SELECT office_id, priority, recorded_at, {change} AS change FROM {rows} WHERE state = 'waiting'"
_NEW, _OLD = _ONE_SIDE.format(change=1, rows="new_rows"), _ONE_SIDE.format(change=-1, rows="old_rows")


def _tally(name: str, operation: Any, sides: str, **referencing: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**referencing),
        func=KEEP_TALLIES.format(sides=sides),
    )


class CardRequest(Moving):
    """One person's place on the waiting list."""

    MOVES = REQUEST_MOVES
    SUBJECT = Subject.REQUEST

    id = models.BigAutoField(primary_key=True)
    receipt = models.CharField(_("nomor resi"), max_length=24)
    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="requests",
        verbose_name=_("kantor"),
        db_index=False,
    )
    resident = models.ForeignKey(
        "registry.Resident", on_delete=models.PROTECT, related_name="requests", verbose_name=_("penduduk")
    )
    recording = models.ForeignKey(
        "registry.Recording", on_delete=models.PROTECT, related_name="requests", verbose_name=_("perekaman")
    )
    reason = models.CharField(
        _("alasan permohonan"), max_length=12, choices=CardReason, default=CardReason.NEW
    )
    priority = models.PositiveSmallIntegerField(_("prioritas"), choices=Priority, default=Priority.NORMAL)
    priority_reason = models.CharField(_("alasan didahulukan"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(
        _("tanggal urut"), help_text=_("Tanggal perekaman, atau tanggal permohonan untuk kartu pengganti.")
    )
    created_at = models.DateTimeField(_("diterima"))
    state = models.CharField(_("keadaan"), max_length=20, choices=RequestState, default=RequestState.WAITING)
    hold_reason = models.CharField(_("alasan tertahan"), max_length=20, choices=HoldReason, blank=True)
    hold_note = models.CharField(_("catatan"), max_length=300, blank=True)
    due_at = models.DateTimeField(
        _("dikerjakan lagi"), help_text=_("Sebelum waktu ini pekerja tidak mencoba.")
    )

    class Meta:
        verbose_name = _("permohonan")
        verbose_name_plural = _("permohonan")
        ordering = ["priority", "recorded_at", "id"]
        permissions = [
            ("hand_over_cardrequest", _("Boleh menyerahkan kartu")),
            ("prioritise_cardrequest", _("Boleh mengusulkan agar permohonan didahulukan")),
        ]
        constraints = [
            # Not unique=True: that adds an index for LIKE, which every move of a row would write as well.
            models.UniqueConstraint(fields=["receipt"], name="request_receipt"),
            models.UniqueConstraint(
                fields=["resident"],
                condition=models.Q(state__in=sorted(REQUEST_LIVE)),
                name="request_one_live_per_resident",
            ),
            models.CheckConstraint(
                condition=models.Q(state=RequestState.HELD) ^ models.Q(hold_reason=""),
                name="request_held_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(priority=Priority.NORMAL) | ~models.Q(priority_reason=""),
                name="request_jump_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["office", "priority", "recorded_at", "id"],
                condition=models.Q(state=RequestState.WAITING),
                name="request_line",
            ),
            models.Index(
                fields=["office", "hold_reason", "state_since"],
                condition=models.Q(state=RequestState.HELD),
                name="request_held_for",
            ),
            models.Index(
                fields=["office", "state_since"],
                condition=models.Q(state=RequestState.HELD),
                name="request_held_since",
            ),
            models.Index(fields=["state", "state_since"], name="request_state"),
            models.Index(fields=["office", "created_at"], name="request_received"),  # today's, on the board
            models.Index(
                fields=["office", "state", "state_since"],
                condition=models.Q(state__in=[RequestState.READY_FOR_PICKUP, RequestState.UNCLAIMED]),
                name="request_uncollected",
            ),
        ]
        triggers = [
            only_along(REQUEST_MOVES),
            _tally("tally_insert", pgtrigger.Insert, _NEW, new="new_rows"),
            _tally(
                "tally_update", pgtrigger.Update, f"{_NEW} UNION ALL {_OLD}", new="new_rows", old="old_rows"
            ),
            _tally("tally_delete", pgtrigger.Delete, _OLD, old="old_rows"),
            *counted_by_state(Subject.REQUEST),
        ]

    def __str__(self) -> str:
        return self.receipt

    @property
    def owner_id(self) -> Any:
        return self.resident_id


class WaitingTally(models.Model):
    """How many wait whose date falls into one year, month or day; kept by triggers."""

    office = models.ForeignKey("registry.Office", on_delete=models.PROTECT, related_name="+", db_index=False)
    priority = models.PositiveSmallIntegerField()
    span = models.CharField(max_length=5)
    begins = models.DateField()
    waiting = models.IntegerField()

    class Meta:
        verbose_name = _("hitungan antrean")
        verbose_name_plural = _("hitungan antrean")
        constraints = [
            models.UniqueConstraint(fields=["office", "priority", "span", "begins"], name="waitingtally_one"),
        ]

    def __str__(self) -> str:
        return f"{self.span} {self.begins}: {self.waiting}"
