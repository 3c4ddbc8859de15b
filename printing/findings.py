"""What can disagree between our rows, the centre and the ledger, who owns it, and what mends it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind of difference. ``needs_centre``: only the centre's answer can find or clear it."""

    code: str
    label: str | Promise
    owner: str | Promise
    remedy: str | Promise
    needs_centre: bool = True


def _kinds(*kinds: FindingKind) -> Mapping[str, FindingKind]:
    return {kind.code: kind for kind in kinds}


_SUPERVISOR, _STOCK, _ADMIN = _("supervisor"), _("penjaga blanko"), _("administrator")

KINDS: Mapping[str, FindingKind] = _kinds(
    FindingKind(
        "command-unknown-here",
        _("perintah cetak di pusat tanpa permohonan di sini"),
        _SUPERVISOR,
        _("Minta kementerian mencabut perintah itu, atau cari permohonan yang memakainya."),
    ),
    FindingKind(
        "command-unknown-there",
        _("perintah cetak di sini tidak dikenal pusat"),
        _SUPERVISOR,
        _("Tanyakan perintah itu ke kementerian; kartunya jangan diserahkan sebelum jelas."),
    ),
    FindingKind(
        "card-not-counted",
        _("kartu tercetak di sini tidak dihitung pusat"),
        _SUPERVISOR,
        _("Kirim berita acara pencetakan ke kementerian supaya kartu itu dihitung."),
    ),
    FindingKind(
        "attempt-unknown-here",
        _("pusat mencatat cetak yang tidak ada di sini"),
        _SUPERVISOR,
        _("Cari blanko bernomor itu di gudang dan kantor lain, lalu laporkan ke kementerian."),
    ),
    FindingKind(
        "attempt-differs",
        _("hasil cetak di pusat berbeda dari catatan di sini"),
        _SUPERVISOR,
        _("Cocokkan kartu dan blanko dengan catatan, lalu minta kementerian membetulkan catatannya."),
    ),
    FindingKind(
        "blank-without-card",
        _("blanko terpakai tanpa cetak"),
        _STOCK,
        _("Cari kartu atau blanko itu; bila tidak ada, catat sebagai hilang dengan berita acara."),
        needs_centre=False,
    ),
    FindingKind(
        "card-without-blank",
        _("cetak tanpa mutasi blanko"),
        _STOCK,
        _("Periksa buku blanko dengan perintah verify_ledger dan laporkan ke administrator."),
        needs_centre=False,
    ),
    FindingKind(
        "blank-elsewhere",
        _("blanko tercatat di tempat yang lain dari hasil cetaknya"),
        _STOCK,
        _("Periksa kartu dan blankonya; betulkan lewat pemeriksaan cetak."),
        needs_centre=False,
    ),
    FindingKind(
        "month-printed",
        _("jumlah tercetak sebulan berbeda"),
        _SUPERVISOR,
        _("Selesaikan selisih per kartu bulan itu; bila tidak ada, minta rincian dari kementerian."),
    ),
    FindingKind(
        "month-spoiled",
        _("jumlah rusak sebulan berbeda"),
        _SUPERVISOR,
        _("Selesaikan selisih per kartu bulan itu; bila tidak ada, minta rincian dari kementerian."),
    ),
    FindingKind(
        "month-blanks",
        _("blanko kiriman pusat sebulan berbeda"),
        _STOCK,
        _("Cocokkan berita acara penerimaan bulan itu dengan surat pengiriman kementerian."),
    ),
)
