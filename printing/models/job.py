"""How is the making of one card going, and what became of each blank it took?"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from printing.states import JOB_MOVES, JobState
from registry.models.event import Subject
from registry.models.moving import Moving, only_along
from registry.models.tally import counted_by_state

OFFICE = """(
        SELECT office_id FROM printing_cardrequest AS request
        JOIN printing_printauthorization AS command ON command.request_id = request.id
        WHERE command.id = {row}.authorization_id)"""


class PrintJob(Moving):
    """The making of one card on one print command; each attempt takes one blank."""

    MOVES = JOB_MOVES
    SUBJECT = Subject.JOB

    id = models.BigAutoField(primary_key=True)
    authorization = models.OneToOneField(
        "printing.PrintAuthorization",
        on_delete=models.PROTECT,
        related_name="job",
        verbose_name=_("perintah cetak"),
    )
    state = models.CharField(_("keadaan"), max_length=10, choices=JobState, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("percobaan"), default=0)
    printer = models.ForeignKey(
        "printing.Printer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("printer"),
        db_index=False,
    )
    claimed_until = models.DateTimeField(_("diambil pekerja sampai"), null=True, blank=True)

    class Meta:
        verbose_name = _("cetak")
        verbose_name_plural = _("cetak")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["claimed", "sending"])
                | models.Q(printer__isnull=False, claimed_until__isnull=False),
                name="job_claim_has_printer",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state=JobState.QUEUED), name="job_queue"),
            models.Index(
                fields=["printer", "claimed_until"],
                condition=models.Q(state__in=["claimed", "sending"]),
                name="job_claims",
            ),
            models.Index(
                fields=["state", "state_since"],
                condition=models.Q(state__in=["in_doubt", "discarded", "printed"]),
                name="job_for_people",
            ),
        ]
        triggers = [only_along(JOB_MOVES), *counted_by_state(Subject.JOB, office=OFFICE)]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def owner_id(self) -> Any:
        return self.authorization.request.resident_id


class Outcome(models.TextChoices):
    """How an attempt ended: the centre's words, and empty while nobody knows."""

    PRINTED = "printed", _("tercetak")
    SPOILED = "spoiled", _("rusak")


class PrintAttempt(models.Model):
    """One attempt: one blank, one name at the printer, one outcome that the centre must learn.

    An attempt that surely never reached the printer is withdrawn: its blank went back to the store
    and its number is used again.
    """

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(
        PrintJob, on_delete=models.PROTECT, related_name="tries", verbose_name=_("cetak"), db_index=False
    )
    n = models.PositiveSmallIntegerField(_("percobaan ke"))
    printer = models.ForeignKey(
        "printing.Printer", on_delete=models.PROTECT, related_name="attempts", verbose_name=_("printer")
    )
    name = models.CharField(_("nama di printer"), max_length=60, unique=True)
    blank = models.CharField(_("nomor blanko"), max_length=40, unique=True)
    sent_at = models.DateTimeField(_("dikirim"))
    outcome = models.CharField(_("hasil"), max_length=10, choices=Outcome, blank=True)
    ended_at = models.DateTimeField(_("selesai"), null=True, blank=True)
    reason = models.CharField(_("alasan"), max_length=200, blank=True)
    reported_at = models.DateTimeField(_("dilaporkan ke pusat"), null=True, blank=True)
    report_due_at = models.DateTimeField(_("laporan berikutnya"), null=True, blank=True)
    report_claimed_until = models.DateTimeField(_("laporan diambil sampai"), null=True, blank=True)
    reports = models.PositiveSmallIntegerField(_("kali dilaporkan"), default=0)
    report_answer = models.CharField(_("jawaban pusat"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("percobaan cetak")
        verbose_name_plural = _("percobaan cetak")
        ordering = ["job", "n"]
        constraints = [
            models.UniqueConstraint(fields=["job", "n"], name="attempt_number"),
            models.UniqueConstraint(
                fields=["job"], condition=models.Q(outcome=Outcome.PRINTED), name="attempt_one_good_card"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="") ^ models.Q(ended_at__isnull=False), name="attempt_end_has_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["report_due_at"],
                condition=models.Q(report_due_at__isnull=False),
                name="attempt_to_report",
            ),
            models.Index(fields=["ended_at"], name="attempt_ended"),
            models.Index(
                fields=["ended_at"], condition=models.Q(outcome=Outcome.SPOILED), name="attempt_spoiled"
            ),
        ]

    def __str__(self) -> str:
        return self.name
