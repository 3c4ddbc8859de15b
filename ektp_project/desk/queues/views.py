"""How does a clerk work off a desk: look, take a row in hands, press its button, go on?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ektp_project.desk.queues import DESKS
from ektp_project.desk.queues.deletions import deletion_list
from ektp_project.desk.queues.desk import REFUSALS, Deed, Desk
from ektp_project.desk.queues.spoiled import SHOWN, spoiled
from ektp_project.desk.words import thousands
from printing.admin import bulk as bulk_pages
from printing.services import bulk
from registry.admin.lists import COUNTED
from registry.admin.reads import record_access
from registry.models import Assignment, Office
from registry.selectors.assignments import holders, mine, taken_by_others
from registry.services import assignments

PAGE = 50  # rows at once; more is no list to work from
ASSIGN = "registry.change_assignment"
WHOSE = ("mine", "free")  # beside everybody's
KEPT = ("kind", "whose")  # of a list's address, while its rows are worked off


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the page shows it."""

    row: Any
    pk: str
    resident: Any
    cells: Any
    since: datetime
    is_late: bool
    holder: Assignment | None
    is_mine: bool
    deeds: list[Deed]


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All desks of this clerk, each with its count."""
    office, desks = _office(), [desk for desk in DESKS.values() if request.user.has_perm(desk.right)]
    rows = [(desk, _count(desk, office=office)) for desk in desks]
    context = {**admin.site.each_context(request), "title": _("Meja kerja"), "desks": rows}
    if request.user.has_perm("registry.view_blankmovement"):
        context["spoiled"] = spoiled(office=office).count
    return TemplateResponse(request, "office/desks.html", context)


@never_cache
@require_GET
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The rows of one desk, oldest first."""
    desk, now, office = _desk(request, slug), timezone.now(), _office()
    clerk = request.user.get_username()
    kind, whose = request.GET.get("kind", ""), request.GET.get("whose", "")
    rows = desk.rows(office=office)
    if kind:
        rows = desk.of_kind(rows, kind)
    rows = _whose(rows, desk, whose, clerk=clerk, now=now)
    page = list(_after(rows, desk, request.GET.get("after", "")).order_by(desk.since_field, "pk")[: PAGE + 1])
    context = {
        **admin.site.each_context(request),
        "title": desk.title,
        "desk": desk,
        "kinds": desk.kinds(office=office),
        "kind": kind,
        "whose": whose if whose in WHOSE else "",
        "lines": _lines(page[:PAGE], desk, request, now=now),
        "next": _address(slug, kind=kind, whose=whose, after=_mark(page[PAGE - 1], desk))
        if page[PAGE:]
        else "",
        "is_first": "after" not in request.GET,
        "bulk": _bulk_deed(request, desk, kind),
        "now": now,
    }
    return TemplateResponse(request, "office/desk.html", context)


@never_cache
@require_GET
def show_row(request: HttpRequest, slug: str, pk: str) -> HttpResponse:
    """One row with everything that is known, and the forms of its buttons."""
    desk, now = _desk(request, slug), timezone.now()
    row = _row(desk, pk)
    (line,) = _lines([row], desk, request, now=now, listed=False)
    record_access(request, residents=[line.resident.pk], page=f"desk {slug}")
    may_assign = request.user.has_perm(ASSIGN)
    context = {
        **admin.site.each_context(request),
        "title": f"{desk.title}: {line.resident.name}",
        "desk": desk,
        "line": line,
        "pairs": list(zip(desk.columns, line.cells, strict=True)),
        "facts": desk.facts(row, now=now),
        "forms": [(deed, deed.form() if deed.form else None) for deed in line.deeds],
        "clerks": _clerks() if may_assign else [],
        "now": now,
    }
    return TemplateResponse(request, "office/desk_row.html", context)


@require_POST
def act(request: HttpRequest, slug: str, pk: str) -> HttpResponse:
    """Take, give back, assign, or do what a button says; then back to the list, or to the row."""
    desk, now, clerk = _desk(request, slug), timezone.now(), request.user.get_username()
    row = _row(desk, pk)
    here = reverse("desk:row", args=[slug, pk])
    wish = request.POST.get("deed", "")
    if wish == "take":
        _may_work(request, desk)
        if not assignments.take(subject=desk.subject, subject_id=pk, clerk=clerk, now=now):
            messages.warning(request, _held_by_another(desk, pk, now=now))
        return HttpResponseRedirect(here)
    if wish == "give-back":
        assignments.give_back(subject=desk.subject, subject_id=pk, clerk=clerk)
        return HttpResponseRedirect(_back(request, slug))
    if wish == "assign":
        _assign(request, desk, pk, now=now)
        return HttpResponseRedirect(here)
    deed = desk.deed(wish)
    if deed is None:
        raise Http404
    if not request.user.has_perm(deed.right):
        raise PermissionDenied
    return HttpResponseRedirect(
        _back(request, slug) if _do(request, desk, deed, row, pk=pk, now=now) else here
    )


@require_POST
def act_on_all(request: HttpRequest, slug: str) -> HttpResponse:
    """The desk's bulk deed to every row of one kind; a worker does it."""
    desk, kind = _desk(request, slug), request.POST.get("kind", "")
    if _bulk_deed(request, desk, kind) is None:
        raise PermissionDenied
    rows = desk.of_kind(desk.rows(office=_office()), kind)
    others = taken_by_others(subject=desk.subject, clerk=request.user.get_username(), now=timezone.now())
    words = {"reason": str(bulk.DEEDS[desk.bulk_deed].label)}
    return bulk_pages.begin(request, deed=desk.bulk_deed, rows=rows.exclude(pk__in=others), words=words)


@never_cache
@require_GET
def show_spoiled(request: HttpRequest) -> HttpResponse:
    """The spoiled cards that wait to be destroyed."""
    if not request.user.has_perm("registry.view_blankmovement"):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("Rusak, untuk dimusnahkan"),
        "spoiled": spoiled(office=_office()),
        "most": SHOWN,
        "now": timezone.now(),
    }
    return TemplateResponse(request, "office/spoiled.html", context)


@require_POST
def deletions(request: HttpRequest) -> HttpResponse:
    """The ministry's list of recordings to delete, in one click."""
    if not request.user.has_perm("registry.change_recording"):
        raise PermissionDenied
    return deletion_list(request, office=_office(), now=timezone.now())


# --- What a button does -----------------------------------------------------------------------


def _do(request: HttpRequest, desk: Desk, deed: Deed, row: Any, *, pk: str, now: datetime) -> bool:
    """True when it is done. A row in another's hands is left alone."""
    clerk = request.user.get_username()
    words: dict[str, Any] = {}
    if deed.form:
        form: forms.Form = deed.form(request.POST)
        if not form.is_valid():
            for field, errors in form.errors.items():
                label = form.fields[field].label if field in form.fields else ""
                messages.error(request, f"{label}: {' '.join(errors)}")
            return False
        words = form.cleaned_data
    if not assignments.take(subject=desk.subject, subject_id=pk, clerk=clerk, now=now):
        messages.warning(request, _held_by_another(desk, pk, now=now))
        return False
    try:
        deed.do(row, words, actor=clerk, now=now)
    except REFUSALS as refusal:
        messages.error(request, f"{desk.resident(row).name}: {refusal}")
        return False
    assignments.settle(subject=desk.subject, subject_id=pk)
    messages.success(request, f"{desk.resident(row).name}: {deed.label}.")
    return True


def _assign(request: HttpRequest, desk: Desk, pk: str, *, now: datetime) -> None:
    if not request.user.has_perm(ASSIGN):
        raise PermissionDenied
    clerk = request.POST.get("clerk", "")
    if clerk not in _clerks():
        messages.error(request, _("Pilih petugas."))
        return
    by = request.user.get_username()
    assignments.assign(subject=desk.subject, subject_id=pk, clerk=clerk, by=by, now=now)


def _held_by_another(desk: Desk, pk: str, *, now: datetime) -> str:
    holder = holders(subject=desk.subject, ids=[pk], now=now).get(pk)
    return _("Sedang dikerjakan %(clerk)s.") % {"clerk": holder.clerk if holder else "—"}


def _may_work(request: HttpRequest, desk: Desk) -> None:
    if not any(request.user.has_perm(deed.right) for deed in desk.deeds):
        raise PermissionDenied


def _bulk_deed(request: HttpRequest, desk: Desk, kind: str) -> bulk.BulkDeed | None:
    deed = bulk.DEEDS.get(desk.bulk_deed) if desk.is_bulk(kind) else None
    return deed if deed and request.user.has_perm(deed.right) else None


def _clerks() -> list[str]:
    active = User.objects.filter(is_active=True, is_staff=True).order_by("username")
    return list(active.values_list("username", flat=True))


# --- Rows -------------------------------------------------------------------------------------


def _lines(
    page: list[Any], desk: Desk, request: HttpRequest, *, now: datetime, listed: bool = True
) -> list[Line]:
    held = holders(subject=desk.subject, ids=[str(row.pk) for row in page], now=now)
    clerk = request.user.get_username()
    may = [deed for deed in desk.deeds if request.user.has_perm(deed.right)]
    lines = []
    for row in page:
        holder = held.get(str(row.pk))
        is_mine = holder is not None and holder.clerk == clerk
        deeds = [deed for deed in may if deed.fits(row) and (holder is None or is_mine)]
        lines.append(
            Line(
                row=row,
                pk=str(row.pk),
                resident=desk.resident(row),
                cells=desk.cells(row, now=now),
                since=desk.since(row),
                is_late=desk.is_late(row, now=now),
                holder=holder,
                is_mine=is_mine,
                deeds=[deed for deed in deeds if not (listed and (deed.form or deed.is_rare))],
            )
        )
    return lines


def _count(desk: Desk, *, office: Office) -> str:
    """How many, as far as anybody will work off this year."""
    count = desk.rows(office=office).order_by()[: COUNTED + 1].count()
    return f"{thousands(COUNTED)}+" if count > COUNTED else thousands(count)


def _whose(rows: QuerySet[Any], desk: Desk, whose: str, *, clerk: str, now: datetime) -> QuerySet[Any]:
    if whose == "mine":
        return rows.filter(pk__in=mine(subject=desk.subject, clerk=clerk, now=now))
    if whose == "free":
        return rows.exclude(pk__in=taken_by_others(subject=desk.subject, clerk=clerk, now=now))
    return rows


def _after(rows: QuerySet[Any], desk: Desk, mark: str) -> QuerySet[Any]:
    """The rows behind ``mark``, so that the hundredth page costs what the first does."""
    moment, _sep, pk = mark.partition("~")
    at = parse_datetime(moment) if pk else None
    if at is None:
        return rows
    field = desk.since_field
    try:
        return rows.filter(Q(**{f"{field}__gte": at}), Q(**{f"{field}__gt": at}) | Q(pk__gt=pk))
    except (ValueError, ValidationError) as error:
        raise Http404 from error


def _mark(row: Any, desk: Desk) -> str:
    return f"{desk.since(row).isoformat()}~{row.pk}"


def _row(desk: Desk, pk: str) -> Any:
    try:
        return get_object_or_404(desk.rows(office=_office()), pk=pk)
    except (ValueError, ValidationError) as error:
        raise Http404 from error


def _desk(request: HttpRequest, slug: str) -> Desk:
    desk = DESKS.get(slug)
    if desk is None:
        raise Http404
    if not request.user.has_perm(desk.right):
        raise PermissionDenied
    return desk


def _office() -> Office:
    return get_object_or_404(Office, code=settings.OFFICE_CODE)


def _address(slug: str, **query: str) -> str:
    given = {name: value for name, value in query.items() if value}
    return reverse("desk:queue", args=[slug]) + (f"?{urlencode(given)}" if given else "")


def _back(request: HttpRequest, slug: str) -> str:
    return _address(slug, **{name: request.POST.get(name, "") for name in KEPT})
