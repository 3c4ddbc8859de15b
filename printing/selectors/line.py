"""At which place in line does a request stand?

The place is one more than the number of those before it: everybody of a better priority, and of the
same priority everybody with an earlier date. Whole years, months and days come from the tallies
that triggers keep; only the day of the request itself is counted row by row, over one index. So the
cost grows with the length of one day, not with the length of the line.
"""

from __future__ import annotations

from django.db import connection

from printing.models import CardRequest

# The three spans never overlap: years before this one, months of this year before this one, days of
# this month before this one. Days are those of UTC, as in the tallies.
PLACE = """
WITH me AS (
    SELECT id, office_id, priority, recorded_at, (recorded_at AT TIME ZONE 'UTC')::date AS day
    FROM printing_cardrequest WHERE id = %s AND state = 'waiting'
)
SELECT 1
  + (SELECT coalesce(sum(waiting), 0) FROM printing_waitingtally AS tally
     WHERE tally.office_id = me.office_id AND (
        (tally.priority < me.priority AND span = 'year')
        OR tally.priority = me.priority AND (
            (span = 'year' AND begins < date_trunc('year', me.day)::date)
            OR (span = 'month' AND begins >= date_trunc('year', me.day)::date
                AND begins < date_trunc('month', me.day)::date)
            OR (span = 'day' AND begins >= date_trunc('month', me.day)::date AND begins < me.day))))
  + (SELECT count(*) FROM printing_cardrequest AS other
     WHERE other.state = 'waiting' AND other.office_id = me.office_id AND other.priority = me.priority
       AND other.recorded_at >= me.day::timestamp AT TIME ZONE 'UTC'
       AND (other.recorded_at, other.id) < (me.recorded_at, me.id))
FROM me
"""


def place_in_line(*, request: CardRequest) -> int | None:
    """Exactly how many are served before this request, plus one; None when it does not wait. One query."""
    return place_of(request_id=request.pk)


def place_of(*, request_id: int) -> int | None:
    """The same for the number of a row."""
    with connection.cursor() as cursor:
        cursor.execute(PLACE, [request_id])
        row = cursor.fetchone()
    return int(row[0]) if row else None
