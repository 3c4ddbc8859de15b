"""The work queues of the office: one module a desk, one page for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from ektp_project.desk.queues.desk import Desk
from ektp_project.desk.queues.doubts import Doubts
from ektp_project.desk.queues.exceptions import Exceptions
from ektp_project.desk.queues.held import Held
from ektp_project.desk.queues.pickup import Pickup, Unclaimed

DESKS: Mapping[str, Desk] = {
    desk.slug: desk for desk in (Exceptions(), Doubts(), Held(), Pickup(), Unclaimed())
}
