"""Which numbers does a monitoring system read? State gauges straight from SQL, so they survive restarts."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from printing.selectors.status import Status, status
from registry.central.door import throttle
from registry.models import Office


class OfficeCollector:
    """The office's numbers at the moment they are asked for. No personal data, no names of people."""

    def collect(self) -> Iterator[Metric]:
        office = Office.objects.filter(code=settings.OFFICE_CODE).first()
        if office is None:
            return
        now = timezone.now()
        current = status(office=office, throttle=throttle().snapshot(), now=now)
        yield from _states(current)
        yield from _throttle(current)
        beats = GaugeMetricFamily(
            "ektp_heartbeat_age_seconds", "Age of the last sign of life.", labels=["part"]
        )
        for name, at in current.heartbeats.items():
            beats.add_metric([name], (now - at).total_seconds())
        yield beats
        yield GaugeMetricFamily(
            "ektp_shift_open", "1 while a shift is open.", value=float(current.shift_open)
        )
        gate = GaugeMetricFamily("ektp_gate", "The gate that holds the line now.", labels=["name"])
        gate.add_metric([current.gate.name], 1)
        yield gate


def _states(current: Status) -> Iterator[Metric]:
    for name, label, counts in (
        ("ektp_recordings", "state", current.recordings),
        ("ektp_card_requests", "state", current.requests),
        ("ektp_card_requests_held", "reason", current.held),
        ("ektp_print_authorizations", "state", current.authorizations),
        ("ektp_print_jobs", "state", current.jobs),
        ("ektp_blank_cards", "kind", current.blanks),
    ):
        family = GaugeMetricFamily(name, f"Rows by {label}.", labels=[label])
        for value, count in counts.items():
            family.add_metric([value], count)
        yield family


def _throttle(current: Status) -> Iterator[Metric]:
    seen = current.throttle
    yield GaugeMetricFamily("ektp_central_limit", "Calls that may be in flight.", value=seen.limit)
    yield GaugeMetricFamily("ektp_central_inflight", "Calls in flight.", value=seen.in_flight)
    calls = CounterMetricFamily("ektp_central_requests", "Calls by outcome.", labels=["outcome"])
    for outcome in ("offered", "served", "refused", "timed_out"):
        calls.add_metric([outcome], getattr(seen, outcome))
    yield calls


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text. Publish it on an inner address only."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(OfficeCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
