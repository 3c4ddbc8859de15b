"""How many rows of a kind are in each state of this office?"""

from __future__ import annotations

from django.db.models import Sum

from registry.models import Office, StateTally, Subject

Counts = dict[str, dict[str, int]]  # subject → state → how many; no state without a row


def by_state(*, office: Office) -> Counts:
    """All of them, by one query over a short table."""
    rows = (
        StateTally.objects.filter(office=office)
        .order_by()
        .values_list("subject", "state")
        .annotate(count=Sum("change"))
    )
    found: Counts = {subject: {} for subject in Subject.values}
    for subject, state, count in rows:
        if count:
            found[subject][state] = count
    return found
