"""Who is the person a card is made for?"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from registry.models.sealed import SealedField
from registry.nik import mask
from registry.vault import Vault, VaultError

UNREADABLE = "•" * 16  # in the place of a NIK that no key of ours opens


def vault() -> Vault:
    """The vault of this installation."""
    return Vault(keys=settings.NIK_KEYS, index_keys=settings.NIK_INDEX_KEYS)


def index_column(version: int) -> str:
    """Where the NIK's index under this key stands: two keys that follow each other never share a column."""
    return "nik_index" if version % 2 else "nik_index_even"


class Sex(models.TextChoices):
    """As it stands on the card."""

    MALE = "L", _("laki-laki")
    FEMALE = "P", _("perempuan")


class Religion(models.TextChoices):
    """The words of the population registry (Law 24/2013; Constitutional Court 97/PUU-XIV/2016)."""

    ISLAM = "islam", "Islam"
    PROTESTANT = "kristen", "Kristen"
    CATHOLIC = "katolik", "Katolik"
    HINDU = "hindu", "Hindu"
    BUDDHIST = "buddha", "Buddha"
    CONFUCIAN = "khonghucu", "Khonghucu"
    BELIEF = "kepercayaan", "Kepercayaan terhadap Tuhan YME"


class MaritalStatus(models.TextChoices):
    """The words of the population registry."""

    SINGLE = "belum_kawin", "Belum Kawin"
    MARRIED = "kawin", "Kawin"
    DIVORCED = "cerai_hidup", "Cerai Hidup"
    WIDOWED = "cerai_mati", "Cerai Mati"


class Citizenship(models.TextChoices):
    """Foreigners with a permanent permit carry an e-KTP too (Law 24/2013, article 63)."""

    INDONESIAN = "WNI", "WNI"
    FOREIGN = "WNA", "WNA"


class BloodType(models.TextChoices):
    """Unknown is printed as a dash."""

    A = "A", "A"
    B = "B", "B"
    AB = "AB", "AB"
    O = "O", "O"  # noqa: E741
    UNKNOWN = "-", "-"


class ResidentQuerySet(models.QuerySet["Resident"]):
    """Residents are found by NIK through the blind index only."""

    def with_nik(self, digits: str) -> Self:
        """The resident of this NIK (16 digits), if there is one."""
        return self.with_niks([digits])

    def with_niks(self, all_digits: Iterable[str]) -> Self:
        """The residents of these NIKs, each found by whichever live key they are indexed under."""
        safe, wanted = vault(), list(all_digits)
        found = models.Q(pk__in=[])
        for version in safe.index_keys:
            values = [safe.index(digits, version=version) for digits in wanted]
            found |= models.Q(**{f"{index_column(version)}__in": values})
        return self.filter(found)


class Resident(models.Model):
    """A person with a NIK, and everything that stands on the card."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    nik_sealed = SealedField(_("NIK (tersandi)"), max_length=64, editable=False, bond="_bond")
    # Each filled while a key of its version is live; that at least one is, in every row, is a constraint
    # which the rotation moves (registry/services/index_keys.py).
    nik_index = models.BinaryField(_("indeks NIK"), max_length=33, null=True, unique=True, editable=False)
    nik_index_even = models.BinaryField(
        _("indeks NIK (kunci genap)"), max_length=33, null=True, editable=False
    )
    family_card_sealed = SealedField(
        _("nomor kartu keluarga (tersandi)"),
        max_length=64,
        null=True,
        editable=False,
        bond="family_card_bond",
    )  # what a resident at a kiosk must know beside the NIK
    name = models.CharField(_("nama"), max_length=100)
    birth_place = models.CharField(_("tempat lahir"), max_length=60)
    birth_date = models.DateField(_("tanggal lahir"))
    sex = models.CharField(_("jenis kelamin"), max_length=1, choices=Sex)
    address = models.CharField(_("alamat"), max_length=200)
    rt = models.CharField(_("RT"), max_length=3, validators=[RegexValidator(r"^\d{1,3}$")])
    rw = models.CharField(_("RW"), max_length=3, validators=[RegexValidator(r"^\d{1,3}$")])
    village = models.CharField(_("desa/kelurahan"), max_length=60)
    district = models.ForeignKey(
        "registry.District", on_delete=models.PROTECT, related_name="residents", verbose_name=_("kecamatan")
    )
    religion = models.CharField(_("agama"), max_length=12, choices=Religion)
    marital_status = models.CharField(_("status perkawinan"), max_length=12, choices=MaritalStatus)
    occupation = models.CharField(_("pekerjaan"), max_length=60)
    citizenship = models.CharField(
        _("kewarganegaraan"), max_length=3, choices=Citizenship, default=Citizenship.INDONESIAN
    )
    blood_type = models.CharField(
        _("golongan darah"), max_length=2, choices=BloodType, default=BloodType.UNKNOWN
    )
    created_at = models.DateTimeField(_("dicatat"), auto_now_add=True)
    updated_at = models.DateTimeField(_("diubah"), auto_now=True)

    objects = ResidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("penduduk")
        verbose_name_plural = _("penduduk")
        ordering = ["name"]
        permissions = [("reveal_nik", _("Boleh membuka NIK"))]
        constraints = [
            models.UniqueConstraint(
                fields=["nik_index_even"],
                condition=models.Q(nik_index_even__isnull=False),
                name="resident_one_per_even_index",
            )
        ]
        # Upper, because that is how "contains, whatever the case" asks.
        indexes = [
            models.Index(fields=["name", "id"], name="resident_by_name"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="resident_name_part"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.masked_nik})"

    @classmethod
    def with_sealed_nik(cls, *, nik: str, **fields: Any) -> Resident:
        """A new resident, not yet saved, whose NIK (16 digits) is sealed to its row."""
        pk = uuid.uuid4()
        return cls(id=pk, **sealed_nik(pk, nik), **fields)

    @property
    def indexes(self) -> list[bytes]:
        """What this resident's NIK is found by."""
        return [bytes(index) for index in (self.nik_index, self.nik_index_even) if index is not None]

    def learn_family_card(self, digits: str) -> None:
        """Seal the number (16 digits) to this row, which is not saved."""
        self.family_card_sealed = sealed_family_card(self.pk, digits)

    def is_of_family_card(self, digits: str) -> bool:
        """Whether this is the number that is known; never when none is, or when no key of ours opens it."""
        if self.family_card_sealed is None:
            return False
        try:
            known = vault().open(bytes(self.family_card_sealed), bound_to=self.family_card_bond)
        except VaultError:
            return False
        return hmac.compare_digest(known.encode(), digits.encode())

    @property
    def nik(self) -> str:
        """The NIK in clear: for the centre and the card, never for a log."""
        return vault().open(bytes(self.nik_sealed), bound_to=self._bond)

    @property
    def masked_nik(self) -> str:
        """The NIK as it may be shown; nothing of one that cannot be opened, so that lists still show."""
        try:
            return mask(self.nik)
        except VaultError:
            return UNREADABLE

    @property
    def _bond(self) -> str:
        return _nik_bond(self.pk)

    @property
    def family_card_bond(self) -> str:
        """What the family card number is sealed to."""
        return _family_card_bond(self.pk)


def sealed_nik(pk: uuid.UUID, digits: str) -> dict[str, bytes | None]:
    """The columns of a NIK (16 digits) in the row of this resident."""
    safe = vault()
    indexes = {index_column(version): safe.index(digits, version=version) for version in safe.index_keys}
    sealed = safe.seal(digits, bound_to=_nik_bond(pk))
    return {"nik_sealed": sealed, "nik_index": None, "nik_index_even": None, **indexes}


def sealed_family_card(pk: uuid.UUID, digits: str) -> bytes:
    """The column of a family card number (16 digits) in the row of this resident."""
    return vault().seal(digits, bound_to=_family_card_bond(pk))


def _nik_bond(pk: uuid.UUID) -> str:
    return f"registry_resident.nik:{pk}"


def _family_card_bond(pk: uuid.UUID) -> str:
    return f"registry_resident.family_card:{pk}"
