"""Which problems may a machine meet? A small family with stable names (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

MOST_ERRORS = 100  # wrong fields that one document names

TITLES: Mapping[str, Promise] = {
    "validation": _("Isian tidak sah."),
    "bad-request": _("Permintaan tidak sah."),
    "malformed": _("Isi permintaan tidak terbaca."),
    "not-authenticated": _("Kunci perangkat diperlukan."),
    "permission-denied": _("Perangkat ini tidak berwenang."),
    "not-found": _("Tidak ditemukan."),
    "method-not-allowed": _("Metode ini tidak dilayani."),
    "conflict": _("Bertentangan dengan yang sudah tercatat."),
    "code-used": _("Kode sudah dipakai."),
    "offset-mismatch": _("Posisi unggahan tidak cocok."),
    "checksum-mismatch": _("Berkas tidak utuh."),
    "too-large": _("Terlalu besar."),
    "unsupported-media-type": _("Jenis isi tidak dilayani."),
    "refused": _("Permintaan ditolak."),
    "idempotency-key-missing": _("Idempotency-Key diperlukan."),
    "idempotency-key-reused": _("Idempotency-Key dipakai ulang."),
    "idempotency-key-in-flight": _("Masih dikerjakan."),
    "precondition-required": _("If-Match diperlukan."),
    "precondition-failed": _("Versi sudah berubah."),
    "rate-limited": _("Terlalu sering."),
    "unavailable": _("Sedang tidak tersedia."),
    "internal": _("Kesalahan di pihak kantor."),
}
# What Django REST framework calls the same thing.
NAMES = {
    "invalid": "validation",
    "parse_error": "malformed",
    "not_authenticated": "not-authenticated",
    "authentication_failed": "not-authenticated",
    "permission_denied": "permission-denied",
    "not_found": "not-found",
    "method_not_allowed": "method-not-allowed",
    "unsupported_media_type": "unsupported-media-type",
}


class Problem(APIException):
    """A refusal with a stable type; ``extra`` are further members of the document."""

    status_code = 422
    default_code = "refused"
    default_detail = _("Permintaan ini ditolak.")

    def __init__(self, detail: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.extra = extra


class Refused(Problem):
    """Understood, and not done; the detail says why."""


class NothingFound(Problem):
    """Unknown, wrong, someone else's, used up: one answer for all."""

    status_code = 404
    default_code = "not-found"
    default_detail = _("Tidak ditemukan. Periksa kembali nomor dan data yang diisikan.")


class NoSuchAddress(NothingFound):
    """An address of the interface that leads nowhere."""

    default_detail = _("Alamat ini tidak ada.")


class BadRequest(Problem):
    """Refused before anybody looked what it is about."""

    status_code = 400
    default_code = "bad-request"
    default_detail = _("Permintaan ini tidak dapat diterima; periksa alamat dan kepalanya.")


class Conflict(Problem):
    """It contradicts what is there already."""

    status_code = 409
    default_code = "conflict"
    default_detail = _("Bertentangan dengan yang sudah tercatat.")


class CodeUsed(Problem):
    """A single-use code that was used."""

    status_code = 409
    default_code = "code-used"
    default_detail = _("Kode ini sudah dipakai.")


class OffsetMismatch(Problem):
    """An upload goes on at another place."""

    status_code = 409
    default_code = "offset-mismatch"
    default_detail = _("Lanjutkan dari posisi yang sudah diterima.")


class ChecksumMismatch(Problem):
    """What arrived is not what was promised."""

    status_code = 422
    default_code = "checksum-mismatch"
    default_detail = _("Sidik SHA-256 berkas tidak cocok; kirim lagi dari awal.")


class Malformed(Problem):
    """Not the JSON we read."""

    status_code = 400
    default_code = "malformed"
    default_detail = _("Isi permintaan bukan JSON yang sah.")


class TooLarge(Problem):
    """More than we take in one request."""

    status_code = 413
    default_code = "too-large"
    default_detail = _("Isi permintaan terlalu besar.")


class KeyMissing(Problem):
    """A write without the key that makes it safe to repeat."""

    status_code = 400
    default_code = "idempotency-key-missing"
    default_detail = _("Sertakan Idempotency-Key: 16 sampai 64 huruf, angka, garis bawah, atau tanda hubung.")


class KeyReused(Problem):
    """The same key for something else."""

    status_code = 422
    default_code = "idempotency-key-reused"
    default_detail = _("Idempotency-Key ini sudah dipakai untuk permintaan lain.")


class KeyInFlight(Problem):
    """The same key is being worked on now."""

    status_code = 409
    default_code = "idempotency-key-in-flight"
    default_detail = _("Permintaan dengan Idempotency-Key ini sedang dikerjakan; ulangi sebentar lagi.")


class PreconditionRequired(Problem):
    """A change that does not say which version it means."""

    status_code = 428
    default_code = "precondition-required"
    default_detail = _("Sertakan If-Match dengan ETag versi yang hendak diubah.")


class PreconditionFailed(Problem):
    """A change to a version that is no more."""

    status_code = 412
    default_code = "precondition-failed"
    default_detail = _("Data ini sudah berubah; ambil versi terbaru lebih dulu.")


class RateLimited(Problem):
    """Too many, too soon."""

    status_code = 429
    default_code = "rate-limited"
    default_detail = _("Terlalu banyak permintaan; tunggu sebentar.")


class Unavailable(Problem):
    """We cannot do it safely now."""

    status_code = 503
    default_code = "unavailable"
    default_detail = _("Layanan ini sedang tidak tersedia; ulangi sebentar lagi.")


class Internal(Problem):
    """What nobody foresaw; its cause is in the log, under the request's name."""

    status_code = 500
    default_code = "internal"
    default_detail = _("Kejadian ini sudah dicatat; sebutkan request_id bila melapor.")


def problem(error: Exception, *, status: int) -> dict[str, Any]:
    """The document about ``error``, without what only an answer has (request id, time)."""
    code = getattr(error, "default_code", "not_found")
    name = NAMES.get(code, code)
    body: dict[str, Any] = {
        "type": f"urn:ektp:problem:{name}",
        "title": str(TITLES.get(name) or HTTPStatus(status).phrase),
        "status": status,
    }
    if isinstance(error, ValidationError):
        body["errors"] = list(_wrong_fields(error.detail))[:MOST_ERRORS]
    elif isinstance(error, APIException):
        body["detail"] = str(error.detail)
    if isinstance(error, Problem):
        body |= error.extra
    return body


def _wrong_fields(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """One entry for each wrong field, under its path: ``papers.0.number``."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name == "non_field_errors"
            yield from _wrong_fields(inner, path if whole else ".".join(filter(None, (path, str(name)))))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            deeper = path if isinstance(inner, ErrorDetail) else ".".join(filter(None, (path, str(place))))
            yield from _wrong_fields(inner, deeper)
    else:
        yield {"field": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}
