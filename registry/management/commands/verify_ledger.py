"""Can anybody be shown that the books of the blanks are right?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from registry.services.proof import Proof, verify
from registry.states import Place


class Command(BaseCommand):
    """Exits 0 when every rule holds, 1 with the first bad row and its rule."""

    help = "Buktikan buku blanko: rantai segel, saldo, penerimaan, hitung stok."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A hash that was noted elsewhere proves that the chain is still the same one."""
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="HASH",
            help="hash segel yang dicatat di luar mesin ini; boleh berulang",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify, and print what was proved."""
        proof = verify(anchors=[anchor.strip().lower() for anchor in options["anchor"]])
        self._print(proof)
        if proof.fault:
            self.stderr.write(self.style.ERROR(f"{proof.fault.rule}: {proof.fault.row}"))
            self.stderr.write(self.style.ERROR(proof.fault.sentence))
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS(_("Buku blanko terbukti benar.")))

    def _print(self, proof: Proof) -> None:
        self.stdout.write(
            _("%(movements)s mutasi, %(sealed)s di antaranya dalam %(seals)s segel.")
            % {
                "movements": number_format(proof.movements),
                "sealed": number_format(proof.sealed),
                "seals": number_format(proof.seals),
            }
        )
        for office, places in proof.balances.items():
            held = ", ".join(
                f"{place.label} {number_format(places[place])}" for place in Place if places.get(place)
            )
            self.stdout.write(f"{office}: {held}")
        if proof.sealed_at:
            self.stdout.write(
                _("Segel terbaru %(time)s: %(hash)s")
                % {"time": f"{localtime(proof.sealed_at):%Y-%m-%d %H:%M}", "hash": proof.head}
            )
            self.stdout.write(_("Catat hash itu di luar mesin ini, dan periksa kelak dengan --anchor."))
