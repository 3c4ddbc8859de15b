"""Do the stairs of time go up?

Each step outlasts the one before it, or work would be handed to somebody else while it is still
being done: HTTP call < permit lease < claim < broker's visibility timeout.
"""

from datetime import timedelta

from django.conf import settings

from ektp_project.embedded.child import STOP_SECONDS
from ektp_project.farewell import FAREWELL_SECONDS
from ektp_project.schedules import STANDBY_SECONDS
from printing.bells import LEASE
from printing.printers.base import PATIENCE
from printing.services.prints import SENDING_LOOK
from printing.tasks import LOOP_SECONDS


def test_each_step_outlasts_the_one_before() -> None:
    stairs = [
        settings.CENTRAL_TIMEOUT,
        settings.PERMIT_LEASE_SECONDS,
        settings.CLAIM_LEASE.total_seconds(),
        settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"],
    ]
    assert stairs == sorted(set(stairs))


def test_a_loop_and_its_last_call_end_before_its_signature_and_its_claims() -> None:
    longest_turn = LOOP_SECONDS + settings.CENTRAL_TIMEOUT
    assert longest_turn < settings.CLAIM_LEASE.total_seconds()
    assert longest_turn < LEASE.total_seconds()


def test_a_printed_card_is_settled_before_its_claim_passes() -> None:
    assert timedelta(seconds=PATIENCE) < settings.PRINT_LEASE
    assert SENDING_LOOK < settings.PRINT_LEASE


def test_beat_ends_by_itself_before_it_is_killed() -> None:
    last_try = settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] + STANDBY_SECONDS
    assert last_try < FAREWELL_SECONDS < STOP_SECONDS
