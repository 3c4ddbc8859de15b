"""How does an administrator hold the calls to the centre back from a shell?"""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import RedisError

from registry.central.door import throttle
from registry.services import throttling


class Command(BaseCommand):
    """Says afterwards, in one sentence, why the limit is what it is. Exits 1 without Redis."""

    help = "Hentikan, lanjutkan, atau batasi panggilan ke pusat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What shall be done, and why; nothing: only say how it stands."""
        wish = parser.add_mutually_exclusive_group()
        wish.add_argument("--pause", metavar="ALASAN", help="tidak ada panggilan baru; alasannya wajib")
        wish.add_argument("--resume", action="store_true", help="lanjutkan")
        wish.add_argument("--ceiling", type=int, metavar="N", help="paling banyak N panggilan sekaligus")
        wish.add_argument("--no-ceiling", action="store_true", help="tanpa batas tetap")
        wish.add_argument("--forget", action="store_true", help="lupakan yang dipelajari tentang pusat")
        parser.add_argument("--why", metavar="ALASAN", default="", help="alasan; wajib, kecuali pada --pause")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, and tell."""
        try:
            _do(options)
        except ValidationError as error:
            told = [f"--{name}: {rules[0]}" for name, rules in error.message_dict.items()]
            raise CommandError(" ".join(told)) from error
        except RedisError as error:
            raise CommandError(_("Redis tidak terjangkau: tidak ada yang diubah.")) from error
        self.stdout.write(throttle().snapshot().why)


def _do(options: dict[str, Any]) -> None:
    who: Any = {"throttle": throttle(), "actor": getpass.getuser(), "now": timezone.now()}
    if options["pause"] is not None:
        throttling.pause(why=options["pause"], **who)
    elif options["resume"]:
        throttling.resume(why=options["why"], **who)
    elif options["ceiling"] is not None:
        throttling.set_ceiling(ceiling=options["ceiling"], why=options["why"], **who)
    elif options["no_ceiling"]:
        throttling.lift_ceiling(why=options["why"], **who)
    elif options["forget"]:
        throttling.forget(why=options["why"], **who)
