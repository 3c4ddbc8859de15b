"""Which biometric recording does the office hold, and what does the centre say about it?"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.event import Subject
from registry.models.moving import Moving, only_along
from registry.models.tally import counted_by_state
from registry.states import (
    EXCEPTIONS,
    PROBABLY_ELSEWHERE_AFTER,
    RECORDING_MOVES,
    ExceptionKind,
    RecordingState,
)

SHA256 = RegexValidator(r"^[0-9a-f]{64}$")


class LearntBy(models.TextChoices):
    """How the office came to know what the centre says."""

    SUBMISSION = "submission", _("jawaban pengiriman")
    QUERY = "query", _("tanya berkala")
    COMMAND = "command", _("jawaban perintah cetak")


class Source(models.TextChoices):
    """Where a recording came from."""

    IMPORT = "import", _("impor daftar")
    STATION = "station", _("stasiun perekaman")
    DESK = "desk", _("loket")


class Recording(Moving):
    """One enrolment of one resident. What the centre says is mirrored; what we do is ``state``.

    A resident has one primary recording. Any further one is kept as an exception for a clerk.
    """

    MOVES = RECORDING_MOVES
    SUBJECT = Subject.RECORDING

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resident = models.ForeignKey(
        "registry.Resident", on_delete=models.PROTECT, related_name="recordings", verbose_name=_("penduduk")
    )
    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="recordings",
        verbose_name=_("kantor"),
        db_index=False,
    )
    district = models.ForeignKey(
        "registry.District", on_delete=models.PROTECT, related_name="recordings", verbose_name=_("kecamatan")
    )
    is_primary = models.BooleanField(_("utama"), default=True)
    recorded_at = models.DateTimeField(_("direkam"))
    received_at = models.DateTimeField(_("diterima kantor"))
    source = models.CharField(_("sumber"), max_length=10, choices=Source)

    digest_photo = models.CharField(_("sidik SHA-256 foto"), max_length=64, validators=[SHA256])
    digest_fingerprints = models.CharField(_("sidik SHA-256 sidik jari"), max_length=64, validators=[SHA256])
    digest_iris = models.CharField(_("sidik SHA-256 iris"), max_length=64, validators=[SHA256])
    digest_signature = models.CharField(_("sidik SHA-256 tanda tangan"), max_length=64, validators=[SHA256])
    has_files = models.BooleanField(
        _("berkas biometrik ada"),
        default=False,
        help_text=_("Daftar impor tidak membawa berkas; sidiknya diturunkan dari nomor perekaman."),
    )

    file_sizes: models.JSONField[Any, Any] = models.JSONField(
        _("ukuran berkas (bita)"),
        null=True,
        blank=True,
        help_text=_("Menurut stasiun; kosong bila tidak ada berkas yang dijanjikan."),
    )
    device = models.ForeignKey(
        "registry.Device",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("perangkat pengirim"),
    )

    state = models.CharField(
        _("keadaan"), max_length=10, choices=RecordingState, default=RecordingState.RECORDED
    )
    exception_kind = models.CharField(_("jenis masalah"), max_length=20, blank=True)
    exception_detail = models.CharField(_("keterangan masalah"), max_length=300, blank=True)

    central_status = models.CharField(_("status pusat"), max_length=60, blank=True)
    central_since = models.DateTimeField(_("status pusat sejak"), null=True, blank=True)
    central_heard_at = models.DateTimeField(_("terakhir dijawab pusat"), null=True, blank=True)
    central_learnt_by = models.CharField(_("diketahui dari"), max_length=10, choices=LearntBy, blank=True)

    submissions = models.PositiveIntegerField(_("kali dikirim"), default=0)
    polls = models.PositiveIntegerField(_("kali ditanyakan"), default=0)
    due_at = models.DateTimeField(
        _("dikerjakan lagi"),
        help_text=_("Waktu pengiriman atau pertanyaan berikutnya; pekerja yang mengambilnya memundurkannya."),
    )

    class Meta:
        verbose_name = _("perekaman")
        verbose_name_plural = _("perekaman")
        ordering = ["recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["resident"], condition=models.Q(is_primary=True), name="recording_one_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(state=RecordingState.EXCEPTION) ^ models.Q(exception_kind=""),
                name="recording_exception_has_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="recording_by_date"),
            models.Index(
                fields=["office", "due_at"],
                condition=models.Q(state=RecordingState.RECORDED),
                name="recording_to_submit",
            ),
            models.Index(
                fields=["office", "due_at"],
                condition=models.Q(state=RecordingState.SUBMITTED),
                name="recording_to_poll",
            ),
            models.Index(
                fields=["office", "state_since"],
                condition=models.Q(state=RecordingState.EXCEPTION),
                name="recording_exceptions",
            ),
        ]
        triggers = [only_along(RECORDING_MOVES), *counted_by_state(Subject.RECORDING)]

    def __str__(self) -> str:
        return f"{self.recorded_at:%Y-%m-%d} {self.get_state_display()}"

    @property
    def owner_id(self) -> Any:
        return self.resident_id

    @property
    def exception(self) -> ExceptionKind | None:
        """The failure with its owner and next step, while there is one."""
        return EXCEPTIONS.get(self.exception_kind)

    def is_probably_elsewhere(self, *, now: datetime) -> bool:
        """True when the centre has said SENT_FOR_ENROLLMENT for so long that another place recorded it."""
        return (
            self.central_status == "SENT_FOR_ENROLLMENT"
            and self.central_since is not None
            and now - self.central_since > PROBABLY_ELSEWHERE_AFTER
        )
