"""Is a deed done to many rows once each, whoever stops it, dies in it, or runs it twice?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from printing.models import BulkJob, CardRequest
from printing.models.bulk import BulkState
from printing.services import bulk, requests
from registry.models import Event, Office
from tests import factories
from tests.factories import ACTOR, NOW

WORDS = {"hold_reason": "policy", "reason": "pemadaman listrik"}


@pytest.fixture
def line(office: Office) -> list[CardRequest]:
    """Sixty people in line, more than one chunk."""
    return factories.waiting(office, *range(1, 61))


@pytest.fixture
def job(office: Office, line: list[CardRequest]) -> BulkJob:
    """All of them are to be held."""
    return bulk.begin(
        office=office, deed="hold", rows=CardRequest.objects.all(), words=WORDS, actor="sari", now=NOW
    )


def run(job: BulkJob, *, until: timedelta | None = None) -> bool:
    end = None if until is None else NOW + until
    finished = bulk.run(job=job, clock=lambda: NOW, until=end)
    job.refresh_from_db()
    return finished


def held() -> int:
    return CardRequest.objects.filter(state="held").count()


class TestRun:
    def test_does_the_deed_to_every_row_in_the_clerks_name(self, job: BulkJob) -> None:
        assert run(job)
        assert (job.state, job.done, job.skipped, job.left) == (BulkState.DONE, 60, 0, 0)
        assert held() == 60
        event = Event.objects.latest("id")
        assert (event.actor, event.why) == ("sari", "pemadaman listrik")

    def test_says_of_each_row_that_was_skipped_why(self, job: BulkJob, line: list[CardRequest]) -> None:
        requests.cancel(request=line[7], reason="pindah", actor=ACTOR, now=NOW)
        run(job)
        assert (job.done, job.skipped) == (59, 1)
        skipped = job.rows.get(outcome="skipped")
        assert skipped.label == line[7].receipt
        assert "dibatalkan" in skipped.why

    def test_goes_on_where_it_was_when_its_time_was_up(self, job: BulkJob) -> None:
        assert not run(job, until=timedelta(0))
        assert 0 < job.done < 60
        assert bulk.stale(office=job.office, now=NOW) == [job]
        assert run(job)
        assert job.done == held() == 60

    def test_survives_a_worker_that_dies_in_the_middle(
        self, job: BulkJob, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deeds = dict(bulk.DEEDS)
        hold: Callable[..., object] = deeds["hold"].do
        seen: list[str] = []

        def dies(row: CardRequest, *args: object, **kwargs: object) -> None:
            hold(row, *args, **kwargs)
            seen.append(row.receipt)
            if len(seen) == 20:
                raise MemoryError

        monkeypatch.setattr(
            bulk, "DEEDS", {"hold": bulk.BulkDeed("", "", deeds["hold"].rows, "receipt", dies)}
        )
        with pytest.raises(MemoryError):
            run(job)
        monkeypatch.setattr(bulk, "DEEDS", deeds)
        job.refresh_from_db()
        assert job.done == held() == 19  # the twentieth was rolled back with its mark
        assert bulk.stale(office=job.office, now=NOW) == []
        later = NOW + bulk.LEASE + timedelta(seconds=1)
        assert bulk.stale(office=job.office, now=later) == [job]
        assert bulk.run(job=job, clock=lambda: later)
        job.refresh_from_db()
        assert (job.done, job.skipped) == (60, 0)

    def test_is_left_alone_by_a_second_worker(self, job: BulkJob) -> None:
        BulkJob.objects.update(claimed_until=NOW + timedelta(seconds=60))
        assert run(job)
        assert held() == 0


class TestStop:
    def test_leaves_the_rows_whose_turn_has_not_come(self, job: BulkJob) -> None:
        run(job, until=timedelta(0))
        assert bulk.stop(job=job, actor="budi", now=NOW)
        assert run(job)
        assert job.state == BulkState.STOPPED
        assert job.stopped_by == "budi"
        assert job.done == held() < 60

    def test_comes_too_late_for_what_is_done(self, job: BulkJob) -> None:
        run(job)
        assert not bulk.stop(job=job, actor="budi", now=NOW)
        job.refresh_from_db()
        assert job.state == BulkState.DONE


class TestPages:
    def test_an_action_on_many_rows_begins_a_job_and_shows_it(
        self, admin_client: Client, office: Office
    ) -> None:
        factories.waiting(office, *range(1, 112))
        answer = admin_client.post(
            reverse("admin:printing_cardrequest_changelist"),
            {
                "action": "hold",
                "select_across": "1",
                "_selected_action": [CardRequest.objects.latest("id").pk],
                "index": "0",
                "hold_reason": "policy",
                "reason": "x",
            },
        )
        job = BulkJob.objects.get()
        assert answer.headers["Location"] == reverse("admin:printing_bulkjob_change", args=[job.pk])
        assert (job.total, job.actor) == (111, "admin")

    def test_show_the_bar_the_end_and_what_was_skipped(
        self, admin_client: Client, job: BulkJob, line: list[CardRequest]
    ) -> None:
        page, bar, file = (
            reverse(f"admin:printing_bulkjob_{name}", args=[job.pk])
            for name in ("change", "progress", "skipped")
        )
        assert "X-Fresh" not in admin_client.get(bar).headers
        assert "0 dari 60" in admin_client.get(page).content.decode()
        requests.cancel(request=line[7], reason="pindah", actor=ACTOR, now=NOW)
        run(job)
        assert admin_client.get(bar).headers["X-Fresh"] == "done"
        assert line[7].receipt in admin_client.get(page).content.decode()
        text = b"".join(admin_client.get(file).streaming_content).decode()  # type: ignore[attr-defined]
        assert line[7].receipt in text

    def test_stop_a_job(self, admin_client: Client, job: BulkJob) -> None:
        admin_client.post(reverse("admin:printing_bulkjob_stop", args=[job.pk]))
        job.refresh_from_db()
        assert job.state == BulkState.STOPPED
