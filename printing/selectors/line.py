"""At which place in line does a request stand?

The place is one more than the number of those before it: everybody of a better priority, and of the
same priority everybody with an earlier date. Whole years, months and days come from the tallies
that triggers keep; only the day of the request itself is counted row by row, over one index. So the
cost grows with the length of one day, not with the length of the line.
"""

from __future__ import annotations

from printing.models import CardRequest
from registry.postgresql.prepared import ask

# Of the row ``me`` of printing_cardrequest. The three spans never overlap: years before this one, months
# of this year before this one, days of this month before this one. Days are those of UTC, as in the tallies.
PLACE = """
CASE WHEN me.state = 'waiting' THEN 1
  + (SELECT coalesce(sum(waiting), 0)
     FROM (SELECT (me.recorded_at AT TIME ZONE 'UTC')::date AS day) AS my
     JOIN printing_waitingtally AS tally ON tally.office_id = me.office_id AND (
        (tally.priority < me.priority AND span = 'year')
        OR tally.priority = me.priority AND (
            (span = 'year' AND begins < date_trunc('year', my.day)::date)
            OR (span = 'month' AND begins >= date_trunc('year', my.day)::date
                AND begins < date_trunc('month', my.day)::date)
            OR (span = 'day' AND begins >= date_trunc('month', my.day)::date AND begins < my.day))))
  + (SELECT count(*) FROM printing_cardrequest AS other
     WHERE other.state = 'waiting' AND other.office_id = me.office_id AND other.priority = me.priority
       AND other.recorded_at >= date_trunc('day', me.recorded_at, 'UTC')
       AND (other.recorded_at, other.id) < (me.recorded_at, me.id))
END
"""
PLACE_OF = f"SELECT {PLACE} FROM printing_cardrequest AS me WHERE me.id = %s"  # noqa: S608 (no value of anybody's)


def place_in_line(*, request: CardRequest) -> int | None:
    """Exactly how many are served before this request, plus one; None when it does not wait. One query."""
    return place_of(request_id=request.pk)


def place_of(*, request_id: int) -> int | None:
    """The same for the number of a row."""
    row = ask(PLACE_OF, [request_id])
    return None if row is None or row[0] is None else int(row[0])
