"""Do our rows, the centre's books and the ledger of blanks agree? ``manage.py match_centre``"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from printing.batches import match_centre
from printing.models import Finding
from registry.models import Office


class Command(BaseCommand):
    """Exit status 1 when something differs."""

    help = "Cocokkan catatan kantor, pusat, dan buku blanko."

    def handle(self, *args: Any, **options: Any) -> None:
        office = Office.objects.get(code=settings.OFFICE_CODE)
        run = match_centre(office=office)
        if not run.centre_heard:
            self.stderr.write(_("Pusat tidak menjawab: hanya buku blanko yang dicocokkan."))
        findings = list(Finding.objects.filter(office=office, resolved_at__isnull=True))
        for finding in findings:
            about = finding.about
            self.stdout.write(f"{about.label}: {finding.subject} ({finding.detail})")
            self.stdout.write(f"  {about.owner}: {about.remedy}")
        if findings:
            raise CommandError(_("%(count)d selisih terbuka.") % {"count": len(findings)})
        self.stdout.write(_("Tidak ada selisih; %(count)d perintah cetak cocok.") % {"count": run.commands})
