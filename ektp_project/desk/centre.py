"""How does an administrator see what the throttle does, and hold it back?

One page: the sentence that says why, what stands now, every number over the last hours, the three wishes
an administrator may have, and the last changes. The open page keeps itself fresh as the first page does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from redis import RedisError

from ektp_project.desk.chart import HOURS, Curves, Series, curves
from registry.central.door import throttle
from registry.central.throttle import Snapshot
from registry.models import ThrottleChange
from registry.selectors.centre import COUNTED, Point, recent
from registry.services import throttling
from registry.services.reasons import LONGEST_REASON

LOOK, STEER = "registry.view_throttlechange", "registry.steer_throttle"
REFRESH_SECONDS = 10  # as often as the throttle takes a sample
STEP = timedelta(minutes=2)  # of the charts: 180 points
CHANGES = 10  # shown; the list has them all


class WhyForm(forms.Form):
    """Every change has a reason."""

    why = forms.CharField(label=gettext_lazy("Alasan"), max_length=LONGEST_REASON)


class CeilingForm(WhyForm):
    """How many calls at once at most; the service knows the rule."""

    ceiling = forms.IntegerField(label=gettext_lazy("Panggilan sekaligus, paling banyak"))
    field_order = ("ceiling", "why")


@dataclass(frozen=True, slots=True)
class Wish:
    """One change that an administrator may make, when it makes sense."""

    slug: str
    label: Promise
    form: type[WhyForm]
    do: Callable[..., object]
    fits: Callable[[Snapshot], bool]


WISHES = (
    Wish(
        "hentikan",
        gettext_lazy("Hentikan sementara"),
        WhyForm,
        throttling.pause,
        fits=lambda seen: not seen.paused,
    ),
    Wish(
        "lanjutkan",
        gettext_lazy("Lanjutkan"),
        WhyForm,
        throttling.resume,
        fits=lambda seen: bool(seen.paused),
    ),
    Wish(
        "batasi",
        gettext_lazy("Pasang batas tetap"),
        CeilingForm,
        throttling.set_ceiling,
        fits=lambda _seen: True,
    ),
    Wish(
        "lepas-batas",
        gettext_lazy("Lepas batas tetap"),
        WhyForm,
        throttling.lift_ceiling,
        fits=lambda seen: seen.ceiling is not None,
    ),
)


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """How the calls to the centre stand; a POST is one wish."""
    _may(request, LOOK)
    wrong: dict[str, WhyForm] = {}
    if request.method == "POST":
        _may(request, STEER)
        wish = next((one for one in WISHES if one.slug == request.POST.get("wish")), None)
        if wish is None:
            messages.error(request, _("Perubahan: pilih salah satu yang ditawarkan."))
            return HttpResponseRedirect(reverse("desk:centre"))
        form = wish.form(request.POST)
        if _done(request, wish, form):
            messages.success(request, f"{wish.label}: {form.cleaned_data['why']}")
            return HttpResponseRedirect(reverse("desk:centre"))
        wrong[wish.slug] = form
    now = timezone.now()
    context = {**admin.site.each_context(request), **_context(now=now), "title": _("Panggilan ke pusat")}
    if request.user.has_perm(STEER):
        offered = [one for one in WISHES if one.fits(context["seen"]) or one.slug in wrong]
        context["wishes"] = [
            (one, wrong.get(one.slug) or one.form(auto_id=f"{one.slug}-%s")) for one in offered
        ]
    return TemplateResponse(request, "office/centre.html", context)


@never_cache
@require_GET
def fragment(request: HttpRequest) -> HttpResponse:
    """What stands now, again, for the open page."""
    _may(request, LOOK)
    return render(request, "office/centre_now.html", _context(now=timezone.now()))


def _may(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(right):
        raise PermissionDenied


def _done(request: HttpRequest, wish: Wish, form: WhyForm) -> bool:
    """True when it is so now; else the form says which field breaks which rule."""
    form.auto_id = f"{wish.slug}-%s"
    if not form.is_valid():
        return False
    try:
        wish.do(
            throttle=throttle(),
            actor=request.user.get_username(),
            now=timezone.now(),
            **form.cleaned_data,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    except RedisError:
        messages.error(request, _("Redis tidak terjangkau: tidak ada yang diubah."))
        return False
    return True


# --- What the page shows ----------------------------------------------------------------------


def _context(*, now: datetime) -> dict[str, Any]:
    keeper = throttle()
    points = recent(keeper.history(), now=now, span=timedelta(hours=HOURS), step=STEP)
    return {
        "seen": keeper.snapshot(),
        "now": now,
        "hours": HOURS,
        "refresh_seconds": REFRESH_SECONDS,
        "plots": _plots(points, now=localtime(now)),
        "sums": [
            (label, sum(getattr(point, name) for point in points))
            for name, label in zip(COUNTED, _count_words(), strict=True)
        ],
        "changes": ThrottleChange.objects.all()[:CHANGES],
    }


def _count_words() -> tuple[str, ...]:
    """In the order of COUNTED."""
    return (_("diminta"), _("dijawab"), _("ditolak"), _("tidak dijawab"), _("percobaan"))


def _plots(points: list[Point], *, now: datetime) -> list[tuple[str, str, Curves]]:
    """Each picture with its name and its title; none when nobody asked the centre."""
    told = [
        (
            "calls",
            _("Panggilan sekaligus"),
            (
                Series("learned", _("yang dipelajari"), lambda point: point.learned),
                Series("limit", _("batas"), lambda point: point.limit),
                Series("in-flight", _("sedang berjalan"), lambda point: point.in_flight),
            ),
        ),
        ("ends", _("Per menit"), tuple(_rates())),
        (
            "latency",
            _("Jawaban pusat, milidetik"),
            (Series("latency", _("lama jawaban"), lambda point: 1000 * point.latency),),
        ),
    ]
    drawn = ((name, title, curves(points, series, now=now, step=STEP)) for name, title, series in told)
    return [(name, title, plot) for name, title, plot in drawn if plot]


def _rates() -> list[Series]:
    minutes = STEP / timedelta(minutes=1)
    return [
        Series(name.replace("_", "-"), label, lambda point, name=name: getattr(point, name) / minutes)  # type: ignore[misc]
        for name, label in zip(COUNTED, _count_words(), strict=True)
    ]
