"""How does an administrator hold the calls to the centre back, and let them go on?"""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from redis import RedisError

from registry.central.door import throttle


class Command(BaseCommand):
    """Says afterwards, in one sentence, why the limit is what it is. Exits 1 without Redis."""

    help = "Hentikan, lanjutkan, atau batasi panggilan ke pusat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What shall be done; nothing: only say how it stands."""
        wish = parser.add_mutually_exclusive_group()
        wish.add_argument("--pause", metavar="ALASAN", help="tidak ada panggilan baru; alasannya wajib")
        wish.add_argument("--resume", action="store_true", help="lanjutkan")
        wish.add_argument("--ceiling", type=int, metavar="N", help="paling banyak N panggilan sekaligus")
        wish.add_argument("--no-ceiling", action="store_true", help="tanpa batas tetap")
        wish.add_argument("--forget", action="store_true", help="lupakan yang dipelajari tentang pusat")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, and tell."""
        try:
            self._do(options)
        except RedisError as error:
            raise CommandError(_("Redis tidak terjangkau: tidak ada yang diubah.")) from error
        self.stdout.write(throttle().snapshot().why)

    def _do(self, options: dict[str, Any]) -> None:
        if options["pause"] is not None:
            if not options["pause"].strip():
                raise CommandError(_("--pause: alasan tidak boleh kosong."))
            throttle().pause(reason=options["pause"].strip(), actor=getpass.getuser())
        elif options["resume"]:
            throttle().resume()
        elif options["ceiling"] is not None:
            if options["ceiling"] < 1:
                raise CommandError(_("--ceiling: paling sedikit 1; untuk berhenti pakai --pause."))
            throttle().set_ceiling(options["ceiling"])
        elif options["no_ceiling"]:
            throttle().set_ceiling(None)
        elif options["forget"]:
            throttle().forget()
