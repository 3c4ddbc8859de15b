"""Where is every blank card, and how did it get there?

No blank has a state; there are only movements between places, and a balance is their sum. The
running balances are kept by a trigger on the movements themselves, so that no code can forget
them, and a check constraint refuses what is not there. Movements are sealed in hash-chained
batches; nothing is ever edited.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.append_only import APPEND_ONLY
from registry.states import BLANK_MOVES, OUTSIDE, Place

SETTLED = ":settled"  # the reservation R is ended by the one movement called R:settled

# The store's row is the office's turnstile: every movement locks it before any other row, so that
# two transactions with several movements each cannot wait for each other. registry/services/ledger.py
# locks in the same order.
KEEP_BALANCES = """
    INSERT INTO registry_blankbalance (office_id, place, quantity)
    SELECT DISTINCT office_id, place, 0 FROM (
        SELECT office_id, source AS place FROM new_rows UNION SELECT office_id, target FROM new_rows
    ) AS places ORDER BY office_id, place
    ON CONFLICT (office_id, place) DO NOTHING;
    PERFORM 1 FROM registry_blankbalance AS balance
    WHERE EXISTS (
        SELECT 1 FROM new_rows
        WHERE new_rows.office_id = balance.office_id
        AND balance.place IN ('store', new_rows.source, new_rows.target)
    ) ORDER BY office_id, place <> 'store', place FOR UPDATE;
    UPDATE registry_blankbalance AS balance SET quantity = balance.quantity + delta.quantity
    FROM (
        SELECT office_id, place, sum(quantity) AS quantity FROM (
            SELECT office_id, source AS place, -quantity AS quantity FROM new_rows
            UNION ALL SELECT office_id, target, quantity FROM new_rows
        ) AS sides GROUP BY office_id, place
    ) AS delta
    WHERE balance.office_id = delta.office_id AND balance.place = delta.place;
    RETURN NULL;
"""


class BlankMovement(models.Model):
    """``quantity`` blanks went from ``source`` to ``target``. ``reference`` makes it happen once."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("kantor"),
        db_index=False,
    )
    at = models.DateTimeField(_("waktu"))
    quantity = models.PositiveIntegerField(_("jumlah"))
    source = models.CharField(_("dari"), max_length=10, choices=Place)
    target = models.CharField(_("ke"), max_length=10, choices=Place)
    reference = models.CharField(_("acuan"), max_length=80, unique=True)
    why = models.CharField(_("alasan"), max_length=300, blank=True)
    actor = models.CharField(_("oleh"), max_length=150)

    class Meta:
        verbose_name = _("mutasi blanko")
        verbose_name_plural = _("mutasi blanko")
        ordering = ["id"]
        indexes = [models.Index(fields=["office", "at"], name="blankmovement_office_at")]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="blankmovement_some"),
            models.CheckConstraint(
                condition=models.Q(
                    *(models.Q(source=source, target=target) for source, target in sorted(BLANK_MOVES)),
                    _connector=models.Q.OR,
                ),
                name="blankmovement_allowed",
            ),
            # A reservation is one blank, and one movement of a name of its own ends it: the unique
            # reference lets it end once.
            models.CheckConstraint(
                condition=models.Q(quantity=1)
                | ~models.Q(source=Place.RESERVED) & ~models.Q(target=Place.RESERVED),
                name="blankmovement_reserved_singly",
            ),
            models.CheckConstraint(
                condition=~models.Q(source=Place.RESERVED) | models.Q(reference__endswith=SETTLED),
                name="blankmovement_settled_by_name",
            ),
        ]
        triggers = [
            *APPEND_ONLY,
            pgtrigger.Trigger(
                name="keep_balances",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func=KEEP_BALANCES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.source} → {self.target} ({self.reference})"


class BlankBalance(models.Model):
    """How many blanks are in one place now; kept by the trigger, never written by code."""

    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="balances",
        verbose_name=_("kantor"),
        db_index=False,
    )
    place = models.CharField(_("tempat"), max_length=10, choices=Place)
    quantity = models.BigIntegerField(_("jumlah"), default=0)

    class Meta:
        verbose_name = _("saldo blanko")
        verbose_name_plural = _("saldo blanko")
        ordering = ["office", "place"]
        constraints = [
            models.UniqueConstraint(fields=["office", "place"], name="blankbalance_one"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0) | models.Q(place__in=sorted(OUTSIDE)),
                name="blankbalance_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_place_display()}: {self.quantity}"


class BlankReceipt(models.Model):
    """A delivery from the centre, with the number of its minutes (berita acara)."""

    movement = models.OneToOneField(
        BlankMovement,
        on_delete=models.PROTECT,
        related_name="receipt",
        verbose_name=_("mutasi"),
    )
    minutes = models.CharField(_("nomor berita acara"), max_length=60, unique=True)
    received_on = models.DateField(_("tanggal diterima"))

    class Meta:
        verbose_name = _("penerimaan blanko")
        verbose_name_plural = _("penerimaan blanko")
        ordering = ["-received_on", "-id"]
        triggers = [*APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.minutes}: {self.movement.quantity}"


class StockCount(models.Model):
    """What somebody counted in the store, beside what the books said at that moment."""

    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="stock_counts",
        verbose_name=_("kantor"),
    )
    reference = models.CharField(_("acuan"), max_length=80, unique=True)
    counted_at = models.DateTimeField(_("dihitung"))
    counted = models.PositiveIntegerField(_("hasil hitung"))
    booked = models.PositiveIntegerField(_("menurut buku"))
    movement = models.OneToOneField(
        BlankMovement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stock_count",
        verbose_name=_("mutasi selisih"),
    )
    note = models.CharField(_("catatan"), max_length=300, blank=True)
    actor = models.CharField(_("oleh"), max_length=150)

    class Meta:
        verbose_name = _("hitung stok")
        verbose_name_plural = _("hitung stok")
        ordering = ["-counted_at"]
        triggers = [*APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.counted} / {self.booked}"

    @property
    def difference(self) -> int:
        """Counted less booked."""
        return self.counted - self.booked


class LedgerSeal(models.Model):
    """A run of movements closed under a hash that includes the hash of the run before it.

    The run is every movement after ``last_id`` of the seal before, up to ``last_id``: a row that is
    slipped into a gap of the numbers is seen too. ``fingerprints`` names a bad row when the hash
    does not agree; it proves nothing by itself.
    """

    first_id = models.BigIntegerField(_("mutasi pertama"))
    last_id = models.BigIntegerField(_("mutasi terakhir"), unique=True)
    count = models.PositiveIntegerField(_("banyaknya"))
    previous_hash = models.CharField(_("hash sebelumnya"), max_length=64, unique=True)  # no fork
    hash = models.CharField(_("hash"), max_length=64, unique=True)
    fingerprints = models.BinaryField(_("sidik"), default=bytes)  # 16 bytes a movement, see seals.py
    sealed_at = models.DateTimeField(_("disegel"))

    class Meta:
        verbose_name = _("segel buku blanko")
        verbose_name_plural = _("segel buku blanko")
        ordering = ["id"]
        triggers = [*APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id} {self.hash[:12]}"
