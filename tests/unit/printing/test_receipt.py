"""Is a receipt number hard to guess and easy to read back?"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.receipt import ALPHABET, new_receipt, parse_receipt


class TestNewReceipt:
    def test_is_short_grouped_and_never_the_same(self) -> None:
        receipts = {new_receipt() for _number in range(1000)}

        assert len(receipts) == 1000
        assert all(
            re.fullmatch(rf"([{ALPHABET}]{{4}}-){{4}}[{ALPHABET}]", receipt) and len(receipt) <= 24
            for receipt in receipts
        )


class TestParseReceipt:
    def test_reads_back_what_was_given_out(self) -> None:
        receipt = new_receipt()

        assert parse_receipt(receipt) == receipt

    def test_forgives_case_spaces_dashes_and_letters_that_look_like_digits(self) -> None:
        receipt = new_receipt()
        while not {"0", "1"} <= set(receipt):
            receipt = new_receipt()

        typed = receipt.lower().replace("0", "o").replace("1", "l", 1).replace("1", "i").replace("-", " – ")

        assert parse_receipt(f" {typed} ") == receipt

    @given(position=st.integers(0, 16), other=st.sampled_from(ALPHABET))
    def test_finds_every_wrong_symbol(self, position: int, other: str) -> None:
        symbols = new_receipt().replace("-", "")
        if symbols[position] == other:
            return

        with pytest.raises(ValueError, match="salah ketik"):
            parse_receipt(symbols[:position] + other + symbols[position + 1 :])

    @given(position=st.integers(0, 14))
    def test_finds_two_that_were_swapped(self, position: int) -> None:
        symbols = new_receipt().replace("-", "")
        first, second = symbols[position : position + 2]
        if first == second:
            return

        with pytest.raises(ValueError, match="salah ketik"):
            parse_receipt(symbols[:position] + second + first + symbols[position + 2 :])

    @pytest.mark.parametrize("text", ["", "123", "ABCD-EFGH-JKMN-PQRS-TV", "U" * 17, "é" * 17])
    def test_says_what_is_wrong_with_anything_else(self, text: str) -> None:
        with pytest.raises(ValueError, match="Nomor resi"):
            parse_receipt(text)
