"""Does a card show everything it must, within its edges, whatever the person is called?"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from printing.card import CardFace, draw_card
from printing.card.fonts import BOLD, REGULAR
from printing.card.layout import HEIGHT, PHOTO_LEFT, SMALLEST, VALUES, VALUES_END, WIDTH, lay_out
from printing.card.wording import LATIN, PLAIN, Unprintable, spell

FACE = CardFace(
    nik="2102014107900001",
    name="Siti Aminah binti Abdul Rahman",
    birth_place="Tanjung Balai Karimun",
    birth_date=date(1990, 7, 1),
    sex="perempuan",
    blood_type="O",
    address="Jl. Pelabuhan No. 12",
    rt="2",
    rw="5",
    village="Tanjung Balai Kota",
    district="Karimun",
    religion="Islam",
    marital_status="Belum Kawin",
    occupation="Pelajar/Mahasiswa",
    citizenship="WNI",
    province="Kepulauan Riau",
    regency="Kabupaten Karimun",
    issued_on=date(2017, 11, 28),
)
# The longest that the registry's columns take.
LONGEST = replace(
    FACE,
    name=("Raden Ajeng Kusumaningtyas Wulandari " * 3)[:100],
    birth_place=("Kampung Sungai Pasir Meral " * 3)[:60],
    address=("Perumahan Griya Permai Indah Blok AA Nomor 123 Lantai 4 " * 4)[:200],
    village=("Wonosari Sumberrejo Tengah " * 3)[:60],
    district=("Kundur Barat Seberang Tengah " * 4)[:100],
    occupation=("Karyawan Badan Usaha Milik Daerah " * 2)[:60],
    province=("Nusa Tenggara Kepulauan Timur " * 4)[:100],
    regency=("Kabupaten Kepulauan Siau Tagulandang Biaro " * 3)[:100],
)
LABELS = (
    "Nama",
    "Tempat/Tgl Lahir",
    "Jenis Kelamin",
    "Gol. Darah",
    "Alamat",
    "RT/RW",
    "Kel/Desa",
    "Kecamatan",
    "Agama",
    "Status Perkawinan",
    "Pekerjaan",
    "Kewarganegaraan",
    "Berlaku Hingga",
)
MOST_MILLISECONDS = 2.0  # two hundred cards a second on half of one core


def pages(face: CardFace) -> PdfReader:
    return PdfReader(BytesIO(draw_card(face=face)), strict=True)


@cache
def front(face: CardFace) -> str:
    return pages(face).pages[0].extract_text()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


class TestDrawCard:
    def test_gives_two_pages_of_card_size(self) -> None:
        sizes = [(page.mediabox.width, page.mediabox.height) for page in pages(FACE).pages]
        assert [(round(float(w) / 72 * 25.4, 2), round(float(h) / 72 * 25.4, 2)) for w, h in sizes] == [
            (85.60, 53.98)
        ] * 2

    @pytest.mark.parametrize("label", LABELS)
    def test_shows_every_label(self, label: str) -> None:
        assert label in front(FACE)

    @pytest.mark.parametrize(
        "words",
        [
            "PROVINSI KEPULAUAN RIAU",
            "KABUPATEN KARIMUN",
            "2102014107900001",
            "SITI AMINAH BINTI ABDUL RAHMAN",
            "TANJUNG BALAI KARIMUN, 01-07-1990",
            "PEREMPUAN",
            "JL. PELABUHAN NO. 12",
            "002/005",
            "TANJUNG BALAI KOTA",
            "ISLAM",
            "BELUM KAWIN",
            "PELAJAR/MAHASISWA",
            "WNI",
            "SEUMUR HIDUP",
            "28-11-2017",
        ],
    )
    def test_shows_every_value(self, words: str) -> None:
        assert words in front(FACE)

    def test_says_on_both_sides_that_it_is_a_specimen(self) -> None:
        for page in pages(FACE).pages:
            text = page.extract_text()
            assert "CONTOH" in text
            assert "SPECIMEN" in text
            assert "BUKAN DOKUMEN RESMI" in text

    def test_is_the_same_for_the_same_face(self) -> None:
        assert draw_card(face=FACE) == draw_card(face=replace(FACE))

    def test_differs_for_another_face(self) -> None:
        assert draw_card(face=FACE) != draw_card(face=replace(FACE, blood_type="AB"))

    def test_embeds_its_fonts(self) -> None:
        fonts = pages(FACE).pages[0]["/Resources"]["/Font"]
        embedded = [font for font in fonts.values() if "/FontDescriptor" in font.get_object()]
        assert len(embedded) == 2
        assert all("/FontFile2" in font.get_object()["/FontDescriptor"] for font in embedded)

    def test_has_a_table_of_offsets_that_a_strict_reader_accepts(self) -> None:
        for face in (FACE, replace(FACE, name="Théodora")):
            data = draw_card(face=face)
            for line in re.findall(rb"(\d{10}) 00000 n", data):
                assert re.match(rb"\d+ 0 obj", data[int(line) :])

    def test_keeps_every_letter_of_the_longest_texts(self) -> None:
        text = squeezed(front(LONGEST))
        for value in (LONGEST.name, LONGEST.address, LONGEST.village, LONGEST.district, LONGEST.occupation):
            assert squeezed(value.upper()) in text

    def test_takes_little_time(self) -> None:
        draw_card(face=FACE)
        best = min(self._milliseconds() for _attempt in range(20))  # the best: others share the machine
        assert best < MOST_MILLISECONDS

    @staticmethod
    def _milliseconds() -> float:
        started = time.thread_time()
        draw_card(face=LONGEST)
        return (time.thread_time() - started) * 1000

    def test_names_the_field_and_not_the_person_when_it_cannot_draw(self) -> None:
        with pytest.raises(Unprintable) as error:
            draw_card(face=replace(FACE, name="山田"))
        assert "name" in str(error.value)
        assert "山" not in str(error.value)

    def test_repr_of_a_face_shows_no_person(self) -> None:
        assert FACE.nik not in repr(FACE)
        assert FACE.name not in repr(FACE)

    def test_a_foreigner_s_card_ends_with_the_stay_permit(self) -> None:
        assert "SEUMUR HIDUP" not in front(replace(FACE, citizenship="WNA"))


class TestTypographicVariants:
    @pytest.mark.parametrize(
        ("typed", "drawn"),
        [
            ("Ma’ruf", "MA'RUF"),
            ("O'Neil", "O'NEIL"),
            ("José", "JOSÉ"),
            ("Jose\u0301", "JOSÉ"),
            ("Đorđe", "ÐORÐE"),
            ("Ḥasan", "HASAN"),
            ("Groß", "GROSS"),
            ("Nur\u00a0 Aini\n", "NUR AINI"),
            ("Al–Farabi", "AL-FARABI"),
            ("", ""),
        ],
    )
    def test_are_drawn_in_letters_that_the_font_has(self, typed: str, drawn: str) -> None:
        assert spell(typed, field="name") == drawn
        assert squeezed(drawn) in squeezed(front(replace(FACE, name=typed)))

    @pytest.mark.parametrize("typed", ["محمد", "Ивана", "王", "Siti 😀"])
    def test_a_script_that_is_not_latin_is_an_error(self, typed: str) -> None:
        with pytest.raises(Unprintable):
            spell(typed, field="name")

    def test_every_letter_that_is_offered_is_in_both_fonts(self) -> None:
        for font in (REGULAR, BOLD):
            glyphs = pdfmetrics.getFont(font).face.charToGlyph
            assert all(ord(letter) in glyphs for letter in PLAIN + LATIN)


texts = st.text(st.sampled_from(PLAIN + LATIN + "abcxyzéß"), max_size=60)


class TestLayOut:
    @pytest.mark.parametrize("face", [FACE, LONGEST, replace(FACE, name="W" * 100, address="W" * 200)])
    def test_keeps_everything_within_its_place(self, face: CardFace) -> None:
        self._is_tidy(face)

    @settings(max_examples=60, deadline=None)
    @given(name=texts, address=texts, village=texts, occupation=texts, place=texts)
    def test_keeps_any_text_within_its_place(
        self, name: str, address: str, village: str, occupation: str, place: str
    ) -> None:
        face = replace(
            FACE, name=name, address=address * 3, village=village, occupation=occupation, birth_place=place
        )
        self._is_tidy(face)
        assert squeezed(spell(address * 3, field="address")) in squeezed(
            "".join(line.text for line in lay_out(face=face))
        )

    @staticmethod
    def _is_tidy(face: CardFace) -> None:
        lines = lay_out(face=face)
        for line in lines:
            assert line.size >= SMALLEST - 1e-6
            assert line.x > 0
            assert line.x + line.width < WIDTH
            assert 3.6 / 25.4 * 72 < line.y < HEIGHT - line.size * 0.7  # above the red band, below the edge
        values = [line for line in lines if abs(line.x - VALUES) < 0.01]
        assert all(line.x + line.width <= VALUES_END + 0.01 < PHOTO_LEFT for line in values)
        for upper, lower in pairwise(values):
            assert upper.y - lower.y >= 0.95 * lower.size  # capitals are 0.73 high: nothing touches

    def test_gives_a_long_name_a_second_row_rather_than_tiny_letters(self) -> None:
        long = replace(FACE, name="Raden Ajeng Kusumaningtyas Wulandari Prameswari")
        sizes = [line.size for line in lay_out(face=long) if line.text.startswith("RADEN")]
        assert sizes == [pytest.approx(5.6)]

    def test_refuses_what_no_eye_could_read(self) -> None:
        with pytest.raises(Unprintable):
            lay_out(face=replace(FACE, address="W" * 2000))

    def test_breaks_a_word_that_is_wider_than_the_card(self) -> None:
        lines = lay_out(face=replace(FACE, name="A" * 100))
        assert "".join(line.text for line in lines if set(line.text) == {"A"}) == "A" * 100
