"""Does every refusal of the ledger say what is wrong, in words for the clerk?"""

from datetime import date

import pytest

from registry.models import BlankMovement
from registry.services import blanks
from registry.states import Place

BOOKED = BlankMovement(quantity=2000, source=Place.CENTRE, target=Place.STORE, reference="receipt:BA-7")


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (
            blanks.NotEnoughBlanks(Place.STORE, 1200, 3),
            "Blanko tidak cukup (gudang): diperlukan 1.200, ada 3.",
        ),
        (
            blanks.NotAllowed(Place.CENTRE, Place.PRINTED),
            "Blanko tidak boleh dipindahkan dari “pusat” ke “tercetak” dengan cara ini.",
        ),
        (
            blanks.ReferenceReused("receipt:BA-7", BOOKED),
            "Acuan “receipt:BA-7” sudah dipakai: 2.000 blanko dari “pusat” ke “gudang”.",
        ),
        (blanks.NotReserved("x"), "Tidak ada blanko yang disiapkan dengan acuan “x”."),
        (
            blanks.MinutesReused("BA-7", 2000, date(2017, 7, 19)),
            "Berita acara “BA-7” sudah tercatat untuk 2.000 blanko, diterima 19 Juli 2017; periksa nomornya.",
        ),
        (blanks.CountReused(5, 6), "Hitung stok ini sudah dicatat: 5 blanko (buku: 6)."),
        (blanks.BadQuantity(0), "Jumlah blanko harus antara 1 dan 1.000.000, bukan 0."),
        (blanks.BadText("Alasan", 300), "Alasan wajib diisi, paling panjang 300 karakter."),
        (blanks.InFuture(date(2090, 1, 1)), "Tanggal 1 Januari 2090 belum tiba."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_refusal_is_a_sentence(refusal: blanks.LedgerRefusal, sentence: str) -> None:
    assert str(refusal) == sentence
