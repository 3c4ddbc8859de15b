"""How does a list of people come in from the command line?

Exit status: 0 when every row was usable, 1 when rows were refused (the good ones are in), 2 when the
file cannot be used at all.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from printing.models import ImportBatch
from printing.models.imports import ImportState
from printing.services import imports
from registry.models import Office

ACTOR = "system:import"
SHOWN = 20  # problems printed; --rejects has all rows
REJECTED, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Bring a list of recordings in (CSV or XLSX, English or Indonesian column names). "
        "Exit status: 0 = every row usable, 1 = some rows refused, the others brought in, 2 = file unusable."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--office", default=settings.OFFICE_CODE, metavar="CODE", help="default: %(default)s"
        )
        parser.add_argument("--preview", action="store_true", help="say what would happen; write nothing")
        parser.add_argument("--rejects", type=Path, metavar="OUT.csv", help="write the refused rows there")

    def handle(self, *args: Any, file: Path, preview: bool, rejects: Path | None, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(
                _("Kantor %(code)s belum ada.") % {"code": options["office"]}, returncode=UNUSABLE
            )
        try:
            with file.open("rb") as opened:
                rejected = self._bring_in(opened, file, office=office, preview=preview, rejects=rejects)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}", returncode=UNUSABLE) from error
        except imports.Unreadable as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if rejected:
            sys.exit(REJECTED)

    def _bring_in(
        self, opened: BinaryIO, file: Path, *, office: Office, preview: bool, rejects: Path | None
    ) -> int:
        found = imports.look(file=opened, office=office, now=timezone.now())
        for problem in found.problems[:SHOWN]:
            self.stderr.write(f"{problem.line}: {problem.column}: {problem.rule}: {problem.sentence}")
        if len(found.problems) > SHOWN:
            self.stderr.write(_("… dan %(more)d lagi.") % {"more": len(found.problems) - SHOWN})
        if rejects is not None:
            lines = imports.rejected_rows(file=opened, lines=found.rejected_lines)
            rejects.write_text("".join(lines), encoding="utf-8", newline="")
        if preview:
            self._say(found.rows, found.new, found.known, found.second, found.rejected, found.warnings)
            return found.rejected
        batch = imports.keep(
            file=opened, file_name=file.name, found=found, office=office, actor=ACTOR, now=timezone.now()
        )
        imports.run(batch=imports.confirm(batch=batch, now=timezone.now()), told=self._progress)
        batch.refresh_from_db()
        if batch.state != ImportState.DONE:
            raise CommandError(
                batch.failure or _("Impor belum selesai; pekerja melanjutkannya."), returncode=UNUSABLE
            )
        self._say(batch.rows, batch.accepted, batch.known, batch.exceptions, batch.rejected, batch.warnings)
        return batch.rejected

    def _progress(self, batch: ImportBatch) -> None:
        if self.stderr.isatty():
            is_last = batch.rows_done >= batch.rows
            self.stderr.write(f"\r{batch.rows_done}/{batch.rows}", str, ending="\n" if is_last else "")

    def _say(self, rows: int, new: int, known: int, second: int, rejected: int, warnings: int) -> None:
        self.stdout.write(
            _(
                "%(rows)d baris: %(new)d baru, %(known)d sudah ada, %(second)d perekaman kedua, "
                "%(rejected)d ditolak, %(warnings)d peringatan."
            )
            % {
                "rows": rows,
                "new": new,
                "known": known,
                "second": second,
                "rejected": rejected,
                "warnings": warnings,
            }
        )
