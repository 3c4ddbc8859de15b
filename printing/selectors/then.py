"""How many requests stood in which state at a moment that has passed?

Nothing is stored for it: what is now, less what moved since, is what was then. So the paper of today
costs one count, and the paper of last month one pass over the events since.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db.models import BigIntegerField, Count, F, OuterRef, Subquery
from django.db.models.functions import Cast

from printing.models import CardRequest
from registry.models import Event, Office
from registry.models.event import Subject

Key = tuple[int, str]  # subdistrict, state


def states_by_district(*, office: Office, moment: datetime) -> Counter[Key]:
    """(subdistrict, state) → requests that stood there just before ``moment``. Two queries."""
    here = CardRequest.objects.filter(office=office)
    now = here.order_by().values_list("recording__district_id", "state").annotate(count=Count("pk"))
    there: Counter[Key] = Counter({(district, state): count for district, state, count in now})
    district_of = here.filter(pk=Cast(OuterRef("subject_id"), BigIntegerField()))
    since = (
        Event.objects.filter(subject=Subject.REQUEST, at__gte=moment)
        .exclude(source=F("target"))
        .annotate(district=Subquery(district_of.values("recording__district_id")))
        .filter(district__isnull=False)
        .order_by()
        .values_list("district", "source", "target")
        .annotate(count=Count("pk"))
    )
    for district, source, target, count in since:
        there[district, target] -= count
        if source:
            there[district, source] += count
    return there
