"""How does the table of counts stay short?"""

from __future__ import annotations

from django.db import connection

# One statement, so that whoever counts meanwhile sees either the many or the one, never both and never
# neither. Two folds at once take different rows.
FOLD = """
    WITH gone AS (
        DELETE FROM registry_statetally
        WHERE id IN (SELECT id FROM registry_statetally FOR UPDATE SKIP LOCKED)
        RETURNING office_id, subject, state, change
    )
    INSERT INTO registry_statetally (office_id, subject, state, change)
    SELECT office_id, subject, state, sum(change) FROM gone GROUP BY 1, 2, 3 HAVING sum(change) <> 0
"""


def fold() -> None:
    """One row for each office, subject and state instead of one for each statement."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
