"""``manage.py hand_over RECEIPT``: give a card to its owner from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from printing.models import CardRequest
from printing.models.handover import MatchResult
from printing.receipt import parse_receipt
from printing.services.handovers import CannotHandOver, hand_over


class Command(BaseCommand):
    """The hand-over of one card, by its receipt number."""

    help = "Records that a card was handed over to its owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("receipt", help="receipt number; case, spaces and dashes do not matter")
        parser.add_argument("--collector", default="", help="who took it; the resident when left out")
        parser.add_argument("--match", choices=MatchResult.values, default=MatchResult.MATCHED)
        parser.add_argument("--actor", default="command-line", help="who handed it over")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            receipt = parse_receipt(options["receipt"])
        except ValueError as error:
            raise CommandError(f"RECEIPT: {error}") from error
        request = CardRequest.objects.select_related("resident").filter(receipt=receipt).first()
        if request is None:
            raise CommandError(f"RECEIPT: no request has the number {receipt}.")
        try:
            given = hand_over(
                request=request,
                collector=options["collector"] or request.resident.name,
                match=MatchResult(options["match"]),
                actor=options["actor"],
                now=timezone.now(),
            )
        except CannotHandOver as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{receipt}: handed over {timezone.localtime(given.at):%Y-%m-%d %H:%M}.")
