"""Which moves may a request, a print command and a print job make?"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RequestState(TextChoices):
    """Where a resident's request stands: the resident's own view."""

    WAITING = "waiting", _("menunggu")
    AUTHORIZING = "authorizing", _("meminta perintah cetak")
    READY_TO_PRINT = "ready_to_print", _("siap cetak")
    PRINTING = "printing", _("sedang dicetak")
    PRINTED = "printed", _("tercetak")
    READY_FOR_PICKUP = "ready_for_pickup", _("siap diambil")
    HANDED_OVER = "handed_over", _("sudah diserahkan")
    ACTIVATED = "activated", _("sudah diaktifkan")
    HELD = "held", _("tertahan")
    CANCELLED = "cancelled", _("dibatalkan")
    UNCLAIMED = "unclaimed", _("tidak diambil")


S = RequestState
REQUEST_MOVES: Mapping[str, frozenset[str]] = {
    S.WAITING: frozenset({S.AUTHORIZING, S.HELD, S.CANCELLED}),
    S.AUTHORIZING: frozenset({S.READY_TO_PRINT, S.WAITING, S.HELD, S.CANCELLED}),
    S.READY_TO_PRINT: frozenset({S.PRINTING, S.WAITING, S.HELD, S.CANCELLED}),
    S.PRINTING: frozenset({S.PRINTED, S.READY_TO_PRINT, S.HELD}),
    # A card that turns out bad is made again: on its command while the centre has not heard of it
    # (ready to print), on a new command when it has (waiting).
    S.PRINTED: frozenset({S.READY_FOR_PICKUP, S.READY_TO_PRINT, S.WAITING, S.UNCLAIMED}),
    # Held: its card is not where it should be, and is looked for.
    S.READY_FOR_PICKUP: frozenset({S.HANDED_OVER, S.READY_TO_PRINT, S.WAITING, S.UNCLAIMED, S.HELD}),
    S.UNCLAIMED: frozenset({S.READY_FOR_PICKUP, S.HANDED_OVER}),
    S.HELD: frozenset({S.WAITING, S.AUTHORIZING, S.READY_TO_PRINT, S.READY_FOR_PICKUP, S.CANCELLED}),
    S.HANDED_OVER: frozenset({S.ACTIVATED}),
    S.ACTIVATED: frozenset(),
    S.CANCELLED: frozenset(),
}
REQUEST_ENDED = frozenset({S.HANDED_OVER, S.ACTIVATED, S.CANCELLED})
REQUEST_LIVE = frozenset(RequestState.values) - {str(state) for state in REQUEST_ENDED}
IN_LINE = frozenset({S.WAITING, S.AUTHORIZING, S.READY_TO_PRINT})


class HoldReason(TextChoices):
    """What keeps a request from moving on."""

    NO_COMMAND = "no-command", _("tidak ada perintah cetak")
    NOT_VISIBLE = "not-visible", _("belum muncul di pusat")
    CENTRAL_CLOSED = "central-closed", _("pusat tutup")
    CENTRAL_BUSY = "central-busy", _("pusat sibuk")
    QUOTA = "quota", _("kuota habis")
    NO_BLANK = "no-blank", _("blanko habis")
    NO_RIBBON = "no-ribbon", _("pita atau film habis")
    PRINTER_DOWN = "printer-down", _("printer tidak siap")
    POLICY = "policy", _("keputusan petugas")
    NOT_CONFIRMED = "not-confirmed", _("belum dikonfirmasi penduduk")
    DATA_QUERY = "data-query", _("data dipertanyakan")
    CARD_MISSING = "card-missing", _("kartu sedang dicari")


class AuthorizationState(TextChoices):
    """How the asking for one print command goes."""

    WAITING = "waiting", _("menunggu")
    ASKING = "asking", _("sedang ditanyakan")
    GRANTED = "granted", _("diterbitkan")
    PENDING = "pending", _("diproses pusat")
    DENIED = "denied", _("ditolak")
    USED = "used", _("terpakai")
    EXPIRED = "expired", _("kedaluwarsa")
    REVOKED = "revoked", _("dicabut")


A = AuthorizationState
AUTHORIZATION_MOVES: Mapping[str, frozenset[str]] = {
    A.WAITING: frozenset({A.ASKING, A.DENIED, A.REVOKED}),
    A.ASKING: frozenset({A.WAITING, A.GRANTED, A.PENDING, A.DENIED, A.REVOKED}),
    A.PENDING: frozenset({A.ASKING, A.DENIED, A.REVOKED}),
    A.GRANTED: frozenset({A.USED, A.EXPIRED, A.REVOKED}),
    A.DENIED: frozenset(),
    A.USED: frozenset({A.GRANTED}),  # the card was spoiled before the centre heard of it
    A.EXPIRED: frozenset(),
    A.REVOKED: frozenset(),
}
AUTHORIZATION_LIVE = frozenset({A.WAITING, A.ASKING, A.PENDING, A.GRANTED})


class JobState(TextChoices):
    """How the making of one card goes."""

    QUEUED = "queued", _("antre")
    CLAIMED = "claimed", _("diambil")
    SENDING = "sending", _("dikirim ke printer")
    PRINTED = "printed", _("tercetak")
    CHECKED = "checked", _("sudah diperiksa")
    IN_DOUBT = "in_doubt", _("perlu diperiksa")
    DISCARDED = "discarded", _("dihentikan")


J = JobState
JOB_MOVES: Mapping[str, frozenset[str]] = {
    J.QUEUED: frozenset({J.CLAIMED, J.DISCARDED}),
    J.CLAIMED: frozenset({J.SENDING, J.QUEUED, J.DISCARDED}),
    J.SENDING: frozenset({J.PRINTED, J.QUEUED, J.IN_DOUBT, J.DISCARDED}),
    J.IN_DOUBT: frozenset({J.PRINTED, J.QUEUED, J.DISCARDED}),
    J.PRINTED: frozenset({J.CHECKED, J.QUEUED, J.DISCARDED}),
    J.CHECKED: frozenset({J.QUEUED, J.DISCARDED}),  # a fault seen at the counter
    J.DISCARDED: frozenset({J.QUEUED}),  # a clerk decides: once more
}
JOB_LIVE = frozenset({J.QUEUED, J.CLAIMED, J.SENDING, J.IN_DOUBT})


class ApplicationState(TextChoices):
    """What became of a wish from a kiosk."""

    RECEIVED = "received", _("diterima, sedang diperiksa")
    ACCEPTED = "accepted", _("diterima sebagai permohonan")
    REFUSED = "refused", _("tidak dapat diproses")


APPLICATION_MOVES: Mapping[str, frozenset[str]] = {
    ApplicationState.RECEIVED: frozenset({ApplicationState.ACCEPTED, ApplicationState.REFUSED}),
    ApplicationState.ACCEPTED: frozenset(),
    ApplicationState.REFUSED: frozenset(),
}


class Refusal(TextChoices):
    """Why a wish did not become a request. None of them tells more than the resident told."""

    NOT_MATCHED = "not-matched", _("data tidak cocok; datanglah ke loket membawa kartu keluarga")
    NOT_RECORDED = "not-recorded", _("belum ada perekaman; datanglah untuk direkam")
    IN_LINE = "in-line", _("masih ada permohonan yang berjalan")
