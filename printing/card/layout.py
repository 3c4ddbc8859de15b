"""Where does each word of a card stand, and how large?

Pure arithmetic on the front side. Points (1/72 inch) unless a name says mm; the origin is the lower
left corner, as in PDF. Nothing overflows its box or gets lost: a text shrinks a little, then wraps,
then shrinks more; what still does not fit is an error.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from printing.card.face import CardFace
from printing.card.fonts import BOLD, REGULAR, advances
from printing.card.wording import Unprintable, spell

MM = 72 / 25.4
WIDTH, HEIGHT = 85.60 * MM, 53.98 * MM  # ISO/IEC 7810 ID-1, the size of every bank card

MARGIN = 3.6 * MM  # printers leave up to 1 mm of the edge empty, and cards shift in the feeder
LABELS, COLONS, VALUES = MARGIN, 21.6 * MM, 23.0 * MM
VALUES_END = 61.6 * MM
BLOOD_LABEL, BLOOD_COLON, BLOOD_VALUE = 44.6 * MM, 55.0 * MM, 56.4 * MM
INDENT = 2.2 * MM
PHOTO_LEFT, PHOTO_WIDTH = 63.4 * MM, 18.6 * MM

ROWS_TOP, ROWS_BOTTOM = HEIGHT - 14.6 * MM, HEIGHT - 49.4 * MM
SIZE = 5.6  # of a value when it fits: 1.4 mm capitals, as on the real card
LABEL_SIZE = 5.2  # of its label: the longest, Kewarganegaraan, ends before the colon
LEGIBLE = 4.6  # smaller than this, a long name or address had better take a second row
SMALLEST = 2.4  # 0.6 mm capitals: the least that a 300 dpi printer keeps apart (seven dots)
STEP = 0.2
LEADING = 1.1  # line distance in sizes
BASELINE = 0.74  # of a row, from its top

HEADING_SIZE, NIK_SIZE, ISSUE_SIZE = 6.8, 9.4, 4.8
PLACE_ROOM = (
    3.4 * MM
)  # between the photo and the date: two lines for most of the 514 regencies, at need three
REGENCY_KINDS = ("KABUPATEN ", "KOTA ADMINISTRASI ", "KOTA ")


@dataclass(frozen=True, slots=True)
class Line:
    """One run of letters on the front; ``x`` and ``y`` are the start of its baseline."""

    text: str
    x: float
    y: float
    size: float
    font: str = REGULAR

    @property
    def width(self) -> float:
        """How far it runs to the right."""
        return advances(self.text, font=self.font)[-1] * self.size


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its value. ``roomy`` rows may take the height of two."""

    label: str
    value: str
    indent: bool = False
    roomy: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text cut into lines of one size."""

    texts: tuple[str, ...]
    size: float


def lay_out(*, face: CardFace) -> list[Line]:
    """Every word of the front but the artwork's. Raises Unprintable."""
    return [*_heading(face), *_nik(face), *_body(face), *_issue(face)]


def fit(text: str, *, field: str, width: float, height: float, size: float, font: str = REGULAR) -> Fitted:
    """The largest letters, not above ``size``, in which the text stays within the box. Raises Unprintable.

    Blanks in the text must be single, as ``spell`` leaves them.
    """
    ends = advances(text, font=font)
    for step in range(round((size - SMALLEST) / STEP) + 1):
        smaller = size - step * STEP
        lines = int(height / (smaller * LEADING)) or 1  # a box made for this size holds one line of it
        texts = _wrap(text, ends=ends, room=width / smaller, lines=lines)
        if texts:
            return Fitted(texts, smaller)
    raise Unprintable(f"{field}: too long for a card")


def _wrap(text: str, *, ends: Sequence[float], room: float, lines: int) -> tuple[str, ...]:
    """The text in at most so many lines, else ().

    ``ends``: how far the text runs before each letter; ``room``: how far a line may. Lines break between
    words, and within a word only if it is wider than a line.
    """
    done: list[str] = []
    start = 0
    while start < len(text) or not done:
        if len(done) == lines:
            return ()
        end = min(len(text), max(start + 1, bisect_right(ends, ends[start] + room) - 1))
        if end < len(text) and text[end] != " ":
            blank = text.rfind(" ", start, end)
            end = blank if blank > start else end
        done.append(text[start:end])
        start = end + (text[end : end + 1] == " ")
    return tuple(done)


# --- The parts of the front -------------------------------------------------------------------


def _heading(face: CardFace) -> Iterator[Line]:
    province, regency = spell(face.province, field="province"), spell(face.regency, field="regency")
    if not province.startswith(("PROVINSI ", "DAERAH ")):
        province = f"PROVINSI {province}"
    if not regency.startswith(REGENCY_KINDS):
        regency = f"KABUPATEN {regency}"
    for text, field, top in ((province, "province", 4.9), (regency, "regency", 8.0)):
        yield from _centred(
            text,
            field=field,
            left=MARGIN,
            width=WIDTH - 2 * MARGIN,
            baseline=HEIGHT - top * MM,
            height=HEADING_SIZE * LEADING,
            size=HEADING_SIZE,
            font=BOLD,
        )


def _nik(face: CardFace) -> Iterator[Line]:
    y = HEIGHT - 12.9 * MM
    yield Line("NIK", LABELS, y, NIK_SIZE - 2, BOLD)
    yield Line(":", LABELS + 7.2 * MM, y, NIK_SIZE - 2, BOLD)
    digits = fit(
        spell(face.nik, field="nik"),
        field="nik",
        width=VALUES_END - LABELS - 9.2 * MM,
        height=NIK_SIZE * LEADING,
        size=NIK_SIZE,
        font=BOLD,
    )
    yield Line(digits.texts[0], LABELS + 9.2 * MM, y, digits.size, BOLD)


def _rows(face: CardFace) -> list[Row]:
    birth = f"{spell(face.birth_place, field='birth_place')}, {face.birth_date:%d-%m-%Y}"
    citizenship = spell(face.citizenship, field="citizenship")
    # A foreigner's card ends with the stay permit, everybody else's never (Law 24/2013, article 64).
    valid = "SESUAI IZIN TINGGAL TETAP" if citizenship == "WNA" else "SEUMUR HIDUP"
    return [
        Row("Nama", spell(face.name, field="name"), roomy=True),
        Row("Tempat/Tgl Lahir", birth),
        Row("Jenis Kelamin", spell(face.sex, field="sex")),
        Row("Alamat", spell(face.address, field="address"), roomy=True),
        Row("RT/RW", f"{spell(face.rt, field='rt'):0>3}/{spell(face.rw, field='rw'):0>3}", indent=True),
        Row("Kel/Desa", spell(face.village, field="village"), indent=True),
        Row("Kecamatan", spell(face.district, field="district"), indent=True),
        Row("Agama", spell(face.religion, field="religion")),
        Row("Status Perkawinan", spell(face.marital_status, field="marital_status")),
        Row("Pekerjaan", spell(face.occupation, field="occupation")),
        Row("Kewarganegaraan", citizenship),
        Row("Berlaku Hingga", valid),
    ]


def _body(face: CardFace) -> Iterator[Line]:
    rows = _rows(face)
    wide = VALUES_END - VALUES
    units = [2 if row.roomy and advances(row.value, font=REGULAR)[-1] * LEGIBLE > wide else 1 for row in rows]
    pitch = (ROWS_TOP - ROWS_BOTTOM) / sum(units)
    top = ROWS_TOP
    for row, height in zip(rows, units, strict=True):
        y = top - BASELINE * pitch
        yield Line(row.label, LABELS + (INDENT if row.indent else 0), y, LABEL_SIZE)
        yield Line(":", COLONS, y, SIZE)
        if row.label == "Jenis Kelamin":
            yield from _value(row, top=top, pitch=pitch, height=height, width=BLOOD_LABEL - VALUES - 1 * MM)
            yield from _blood(face, y=y, pitch=pitch)
        else:
            yield from _value(row, top=top, pitch=pitch, height=height, width=wide)
        top -= height * pitch


def _value(row: Row, *, top: float, pitch: float, height: int, width: float) -> Iterator[Line]:
    fitted = fit(row.value, field=row.label, width=width, height=height * pitch, size=SIZE)
    leading, first = pitch, top - BASELINE * pitch
    if len(fitted.texts) > height:  # smaller letters, more lines than rows: the block is centred instead
        leading = fitted.size * LEADING
        first = top - (height * pitch - len(fitted.texts) * leading) / 2 - 0.82 * leading
    for n, text in enumerate(fitted.texts):
        yield Line(text, VALUES, first - n * leading, fitted.size)


def _blood(face: CardFace, *, y: float, pitch: float) -> Iterator[Line]:
    blood = fit(
        spell(face.blood_type, field="blood_type") or "-",
        field="blood_type",
        width=VALUES_END - BLOOD_VALUE,
        height=pitch,
        size=SIZE,
    )
    yield Line("Gol. Darah", BLOOD_LABEL, y, LABEL_SIZE)
    yield Line(":", BLOOD_COLON, y, SIZE)
    yield Line(blood.texts[0], BLOOD_VALUE, y, blood.size)


def _issue(face: CardFace) -> Iterator[Line]:
    place = spell(face.regency, field="regency")
    for kind in REGENCY_KINDS:
        place = place.removeprefix(kind)
    for text, top, room in (
        (place, 38.6, PLACE_ROOM),
        (f"{face.issued_on:%d-%m-%Y}", 41.0, ISSUE_SIZE * LEADING),
    ):
        yield from _centred(
            text,
            field="regency",
            left=PHOTO_LEFT,
            width=PHOTO_WIDTH,
            baseline=HEIGHT - top * MM,
            height=room,
            size=ISSUE_SIZE,
        )


def _centred(
    text: str,
    *,
    field: str,
    left: float,
    width: float,
    baseline: float,
    height: float,
    size: float,
    font: str = REGULAR,
) -> Iterator[Line]:
    """The text in the middle of its box; several lines share the height around the baseline."""
    fitted = fit(text, field=field, width=width, height=height, size=size, font=font)
    leading = fitted.size * LEADING
    top = baseline + (len(fitted.texts) - 1) * leading / 2
    for n, part in enumerate(fitted.texts):
        start = left + (width - advances(part, font=font)[-1] * fitted.size) / 2
        yield Line(part, start, top - n * leading, fitted.size, font)
