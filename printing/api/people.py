"""Which facts may be asked for about a person, and how are they checked before anything is looked up?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from printing.receipt import parse_receipt
from printing.selectors import lookup
from printing.selectors.lookup import Found
from printing.services.applications import Claimed
from registry import nik
from registry.api.manners.fields import Day, Pattern, Strict, Text
from registry.api.manners.problems import NothingFound

DIGITS = r"^[0-9]{16}$"
RULES: Mapping[str, Any] = {
    nik.NikError.LENGTH: _("NIK terdiri atas 16 angka."),
    nik.NikError.DIGITS: _("NIK hanya terdiri atas angka."),
    nik.NikError.DAY: _("Tanggal lahir dalam NIK tidak mungkin."),
    nik.NikError.DATE: _("Tanggal lahir dalam NIK tidak mungkin."),
    nik.NikError.SERIAL: _("Nomor urut dalam NIK tidak mungkin."),
}


class NikField(Pattern):
    """A NIK of 16 digits; what is wrong with it is said, the number itself is not repeated."""

    default_error_messages = {"invalid": RULES[nik.NikError.LENGTH]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(DIGITS, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        found = super().run_validation(data)
        try:
            nik.parse(found)
        except nik.InvalidNik as error:
            raise serializers.ValidationError(RULES[error.rule], code=error.rule.value) from None
        return found


class FamilyCardField(Pattern):
    """The number of a family card: 16 digits."""

    default_error_messages = {"invalid": _("Nomor kartu keluarga terdiri atas 16 angka.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(DIGITS, **kwargs)


class ReceiptField(Text):
    """A receipt number, forgiving case and dashes; a slip is found by its check symbol."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=17, max_length=40, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return parse_receipt(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="check") from None


class Target(Strict):
    """A receipt number, or the three facts of a person. Never both."""

    receipt = ReceiptField(required=False)
    nik = NikField(required=False)
    birth_date = Day(required=False)
    family_card_number = FamilyCardField(required=False)

    THREE = ("nik", "birth_date", "family_card_number")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in self.THREE if name in attrs]
        if "receipt" in attrs and given:
            raise serializers.ValidationError(
                {name: [_("Isi nomor resi saja, atau ketiga data diri saja.")] for name in given}
            )
        if "receipt" not in attrs and len(given) < len(self.THREE):
            missing = [name for name in self.THREE if name not in attrs]
            fields = missing if given else ["receipt"]
            raise serializers.ValidationError(
                {
                    name: [_("Isi nomor resi, atau NIK, tanggal lahir dan nomor kartu keluarga.")]
                    for name in fields
                }
            )
        return attrs


def target_of(sent: Mapping[str, Any]) -> str:
    """What questions about one person are counted under."""
    return str(sent.get("receipt") or sent["nik"])


def find(sent: Mapping[str, Any]) -> Found:
    """What the target means. Raises NothingFound: unknown and wrong alike."""
    found: Found | None
    if "receipt" in sent:
        found = lookup.by_receipt(receipt=sent["receipt"])
    else:
        who = claimed(sent)
        found = lookup.by_person(nik=who.nik, birth_date=who.birth_date, family_card=who.family_card)
    if found is None:
        raise NothingFound
    return found


def claimed(sent: Mapping[str, Any]) -> Claimed:
    """The three facts."""
    return Claimed(sent["nik"], sent["birth_date"], sent["family_card_number"])
