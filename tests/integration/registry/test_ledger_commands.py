"""What does somebody at the terminal read, and which exit code does a script see?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registry.models import BlankBalance, BlankReceipt, LedgerSeal, Office
from registry.selectors.blanks import in_store
from registry.services import blanks, seals
from registry.states import Place

NOW = datetime(2017, 11, 28, 1, 0, tzinfo=UTC)


def run(*words: str) -> str:
    """What the command wrote."""
    out = StringIO()
    call_command(*words, stdout=out, stderr=out, no_color=True)
    return out.getvalue()


class TestReceiveBlanks:
    def test_takes_in_a_delivery(self, office: Office) -> None:
        said = run("receive_blanks", "2000", "--minutes", "BA-1", "--on", "2017-07-19")
        assert said.strip() == "2.000 blanko diterima (BA-1). Gudang sekarang: 2.000."
        assert BlankReceipt.objects.get().received_on == date(2017, 7, 19)

    def test_says_that_the_delivery_is_already_there(self, office: Office) -> None:
        for _twice in range(2):
            said = run("receive_blanks", "2000", "--minutes", "BA-1")
        assert said.strip() == "Berita acara BA-1 sudah tercatat (2.000 blanko). Gudang sekarang: 2.000."
        assert in_store(office=office) == 2000

    def test_takes_another_office_by_its_code(self, office: Office, other_office: Office) -> None:
        run("receive_blanks", "5", "--minutes", "BA-1", "--office", "21.71")
        assert (in_store(office=office), in_store(office=other_office)) == (0, 5)

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["0", "--minutes", "BA-2"], "Jumlah blanko harus antara 1 dan 1.000.000, bukan 0."),
            (["-5", "--minutes", "BA-2"], "Jumlah blanko harus antara 1 dan 1.000.000, bukan -5."),
            (["1000001", "--minutes", "BA-2"], "bukan 1.000.001."),
            (["9" * 5000, "--minutes", "BA-2"], "bukan bilangan bulat"),
            (["dua", "--minutes", "BA-2"], "Jumlah “dua” bukan bilangan bulat"),
            (["2.000", "--minutes", "BA-2"], "tulis angkanya saja, misalnya 2000."),
            (["٣", "--minutes", "BA-2"], "bukan bilangan bulat"),
            (["", "--minutes", "BA-2"], "bukan bilangan bulat"),
            (["5", "--minutes", " "], "Nomor berita acara wajib diisi"),
            (["5", "--minutes", "x" * 61], "paling panjang 60 karakter"),
            (["6", "--minutes", "BA-1"], "Berita acara “BA-1” sudah tercatat untuk 5 blanko"),
            (["5", "--minutes", "BA-2", "--on", "2199-01-01"], "Tanggal 1 Januari 2199 belum tiba."),
            (["5", "--minutes", "BA-2", "--on", "19/7/2017"], "tulis seperti 2017-07-19."),
            (["5", "--minutes", "BA-2", "--office", "99.99"], "Kantor “99.99” tidak ada."),
        ],
    )
    def test_answers_a_slip_with_a_sentence(self, office: Office, words: list[str], sentence: str) -> None:
        run("receive_blanks", "5", "--minutes", "BA-1")
        with pytest.raises(CommandError, match=r".") as refused:
            run("receive_blanks", *words)
        assert sentence in str(refused.value)
        assert in_store(office=office) == 5


class TestVerifyLedger:
    @pytest.fixture(autouse=True)
    def books(self, office: Office) -> None:
        blanks.receive(
            office=office,
            quantity=10,
            minutes="BA-1",
            received_on=date(2017, 11, 28),
            now=NOW,
            actor="rina",
        )
        seals.seal(now=NOW)

    def test_says_what_was_proved_and_which_hash_to_note(self) -> None:
        said = run("verify_ledger")
        assert "1 mutasi, 1 di antaranya dalam 1 segel." in said
        assert "21.02: pusat -10, gudang 10" in said
        assert LedgerSeal.objects.get().hash in said
        assert "Buku blanko terbukti benar." in said

    def test_accepts_a_hash_that_was_noted(self) -> None:
        assert "terbukti benar" in run("verify_ledger", "--anchor", LedgerSeal.objects.get().hash.upper())

    def test_exits_with_1_and_names_the_first_bad_row(self, office: Office) -> None:
        BlankBalance.objects.filter(office=office, place=Place.STORE).update(quantity=11)
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("verify_ledger", stdout=out, stderr=out, no_color=True)
        assert ended.value.code == 1
        assert "balances: 21.02 gudang\nSaldo tertulis 11, jumlah mutasinya 10." in out.getvalue()
        assert "terbukti benar" not in out.getvalue()

    def test_exits_with_1_when_the_noted_hash_is_missing(self) -> None:
        with pytest.raises(SystemExit) as ended:
            run("verify_ledger", "--anchor", "ab" * 32)
        assert ended.value.code == 1
