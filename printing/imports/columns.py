"""Which columns does a list have, and under which names do offices send them?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from printing.imports.errors import Unreadable

COLUMNS = (
    "nik",
    "name",
    "birth_place",
    "birth_date",
    "sex",
    "address",
    "rt",
    "rw",
    "village",
    "district",
    "religion",
    "marital_status",
    "occupation",
    "citizenship",
    "blood_type",
    "recorded_at",
    "family_card",
    "reason",
)
OPTIONAL = frozenset({"reason", "family_card"})  # missing: a new card; no questions by person at a kiosk

# The first name of each is what we print; all are compared without case, spaces and signs.
INDONESIAN: Mapping[str, tuple[str, ...]] = {
    "nik": ("nik", "no_nik", "nomor_nik", "nomor_induk_kependudukan"),
    "name": ("nama", "nama_lengkap", "nama_penduduk"),
    "birth_place": ("tempat_lahir", "tmp_lahir", "tmpt_lahir"),
    "birth_date": ("tanggal_lahir", "tgl_lahir"),
    "sex": ("jenis_kelamin", "jk", "kelamin", "jns_kelamin"),
    "address": ("alamat",),
    "rt": ("rt", "no_rt"),
    "rw": ("rw", "no_rw"),
    "village": ("desa_kelurahan", "kelurahan_desa", "kel_desa", "desa", "kelurahan", "desa_kel"),
    "district": ("kecamatan", "kec", "nama_kecamatan"),
    "religion": ("agama",),
    "marital_status": ("status_perkawinan", "status_kawin", "status_nikah"),
    "occupation": ("pekerjaan",),
    "citizenship": ("kewarganegaraan", "warga_negara", "wn"),
    "blood_type": ("golongan_darah", "gol_darah", "goldar", "gol_drh"),
    "recorded_at": ("tanggal_perekaman", "tgl_perekaman", "tanggal_rekam", "tgl_rekam", "direkam"),
    "reason": ("alasan", "alasan_permohonan", "alasan_cetak"),
    "family_card": ("no_kk", "nomor_kk", "kk", "nomor_kartu_keluarga", "no_kartu_keluarga"),
}
_MEANINGS = {name: column for column, names in INDONESIAN.items() for name in (column, *names)}
CLOSE = 0.8  # likeness above which an unknown name is taken for a slip ("alasn"), not for another column


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, and which names in the file mean nothing to us."""

    names: tuple[str, ...]
    positions: Mapping[str, int]
    ignored: tuple[str, ...]


def meaning(name: object) -> str | None:
    """The column that this name in a header stands for."""
    return _MEANINGS.get(_plain(name))


def read_header(cells: Sequence[object]) -> Header:
    """The columns of this row. Raises Unreadable when one is missing, twice there or misspelt."""
    names = tuple(str(cell or "").strip() for cell in cells)
    positions: dict[str, int] = {}
    ignored = []
    for position, name in enumerate(names):
        column = meaning(name)
        if column is None:
            if name:
                ignored.append(name)
        elif column in positions:
            raise Unreadable(
                "column-twice",
                _("Kolom “%(first)s” dan “%(second)s” berisi hal yang sama; hapus salah satunya.")
                % {"first": names[positions[column]], "second": name},
            )
        else:
            positions[column] = position
    if len(positions) <= 1:
        raise Unreadable(
            "no-header",
            _("Baris pertama harus berisi judul kolom: %(names)s.") % {"names": ", ".join(_own_names())},
        )
    missing = [column for column in COLUMNS if column not in positions]
    _refuse_slips(ignored, missing)
    required = [INDONESIAN[column][0] for column in missing if column not in OPTIONAL]
    if required:
        raise Unreadable(
            "column-missing", _("Kolom yang belum ada: %(names)s.") % {"names": ", ".join(required)}
        )
    return Header(names, positions, tuple(ignored))


def _refuse_slips(unknown: Sequence[str], missing: Sequence[str]) -> None:
    """A missing column under a misspelt name: ignoring it would lose what it says."""
    candidates = [name for column in missing for name in (column, *INDONESIAN[column])]
    for name in unknown:
        alike = get_close_matches(_plain(name), candidates, n=1, cutoff=CLOSE)
        if alike:
            raise Unreadable(
                "column-unknown",
                _("Kolom “%(name)s” tidak dikenal; apakah maksudnya “%(alike)s”?")
                % {"name": name, "alike": alike[0]},
            )


def _own_names() -> list[str]:
    return [INDONESIAN[column][0] for column in COLUMNS]


def _plain(name: object) -> str:
    return re.sub(r"[\W_]+", "_", str(name or "").strip().lower()).strip("_")
