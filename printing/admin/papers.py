"""Where does a clerk print a paper?

One page lists all papers; links elsewhere lead straight to one. A paper opens in the browser, which
prints it. Each asks for the right to see what stands on it, and nothing on it is kept by the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from printing.models import Box, CardRequest
from printing.paper import box, minutes, receipt, reports
from printing.selectors import papers
from registry.admin.reads import record_access
from registry.models import BlankMovement, BlankReceipt, Office
from registry.models.access import Deed
from registry.states import Place

Paper = tuple[str, bytes]  # the file's name without its ending, and the PDF
LATEST = 8  # minutes offered on the page; older ones are behind their lists

RECEIPT, MINUTES, DESTRUCTION, REPORTS, BOXES = (
    "printing.view_cardrequest",
    "registry.view_blankreceipt",
    "registry.view_blankmovement",
    "printing.view_printjob",
    "printing.view_box",
)


class DayForm(forms.Form):
    """Which day's report?"""

    on = forms.DateField(
        label=_("Tanggal"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class MonthForm(forms.Form):
    """Which month's sheet?"""

    first = forms.DateField(
        label=_("Bulan"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )


def index(request: HttpRequest) -> HttpResponse:
    """All papers that this clerk may print."""
    may = {name: request.user.has_perm(right) for name, right in _rights().items()}
    if not any(may.values()):
        raise PermissionDenied
    today = timezone.localdate()
    destroyed = BlankMovement.objects.filter(target=Place.DESTROYED).order_by("-pk")
    context = {
        **admin.site.each_context(request),
        "title": _("Cetakan"),
        "may": may,
        "day_form": DayForm(initial={"on": today}),
        "month_form": MonthForm(initial={"first": today.replace(day=1)}),
        "boxes": Box.objects.select_related("district")[:LATEST] if may["boxes"] else (),
        "deliveries": BlankReceipt.objects.select_related("movement")[:LATEST] if may["minutes"] else (),
        "destructions": destroyed[:LATEST] if may["destruction"] else (),
    }
    return TemplateResponse(request, "admin/papers.html", context)


def _rights() -> dict[str, str]:
    return {
        "receipt": RECEIPT,
        "minutes": MINUTES,
        "destruction": DESTRUCTION,
        "reports": REPORTS,
        "boxes": BOXES,
    }


def paper(right: str) -> Callable[[Callable[..., Paper]], Callable[..., HttpResponse]]:
    """A view that hands out a PDF to those who have ``right``: opened in the browser, never cached."""

    def decorate(draw: Callable[..., Paper]) -> Callable[..., HttpResponse]:
        @require_GET
        @wraps(draw)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(right):
                raise PermissionDenied
            with translation.override(settings.LANGUAGE_CODE):
                name, document = draw(request, *args, **kwargs)
            response = HttpResponse(document, content_type="application/pdf")
            response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
            add_never_cache_headers(response)
            return response

        return view

    return decorate


@paper(RECEIPT)
def receipt_strip(request: HttpRequest, pk: int) -> Paper:
    return f"resi-{pk}", receipt.strip(_receipt(request, pk))


@paper(RECEIPT)
def receipt_page(request: HttpRequest, pk: int) -> Paper:
    return f"resi-{pk}-a4", receipt.page(_receipt(request, pk))


@paper(MINUTES)
def delivery(request: HttpRequest, pk: int) -> Paper:
    delivered = get_object_or_404(BlankReceipt.objects.select_related("movement__office"), pk=pk)
    return f"penerimaan-blanko-{pk}", minutes.delivery(papers.delivery(delivered=delivered))


@paper(DESTRUCTION)
def destruction(request: HttpRequest, pk: int) -> Paper:
    books = BlankMovement.objects.select_related("office")
    destroyed = get_object_or_404(books, pk=pk, target=Place.DESTROYED)
    return f"pemusnahan-blanko-{pk}", minutes.destruction(papers.destruction(destroyed=destroyed))


@paper(REPORTS)
def daily(request: HttpRequest) -> Paper:
    on = _asked(DayForm, request)["on"]
    return f"laporan-harian-{on}", reports.daily(papers.day(office=_office(), on=on, now=timezone.now()))


@paper(REPORTS)
def monthly(request: HttpRequest) -> Paper:
    first: date = _asked(MonthForm, request)["first"]
    sheet = papers.month(office=_office(), first=first, now=timezone.now())
    return f"laporan-bulanan-{first:%Y-%m}", reports.monthly(sheet)


@paper(BOXES)
def box_label(request: HttpRequest, pk: int) -> Paper:
    return f"label-kotak-{pk}", box.label(_box(pk))


@paper(BOXES)
def box_manifest(request: HttpRequest, pk: int) -> Paper:
    asked = _box(pk)
    record_access(request, residents={card.resident for card in asked.cards}, deed=Deed.EXPORTED, page="box")
    return f"isi-kotak-{pk}", box.manifest(asked)


def _receipt(request: HttpRequest, pk: int) -> receipt.Receipt:
    asked = get_object_or_404(
        CardRequest.objects.select_related("office", "resident", "recording__district"), pk=pk
    )
    record_access(request, residents=[asked.resident_id], page="receipt")
    return papers.receipt(request=asked)


def _box(pk: int) -> box.Box:
    return papers.box(packed=get_object_or_404(Box.objects.select_related("office", "district"), pk=pk))


def _office() -> Office:
    return get_object_or_404(Office, code=settings.OFFICE_CODE)


def _asked(form: type[forms.Form], request: HttpRequest) -> dict[str, Any]:
    """What was asked for. Raises Http404 for what cannot be."""
    filled = form(request.GET)
    if not filled.is_valid():
        raise Http404
    return filled.cleaned_data


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """The addresses of all papers, each behind the login of this site."""
    pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
        "index": ("", index),
        "receipt": ("receipt/<int:pk>/", receipt_strip),
        "receipt_a4": ("receipt/<int:pk>/a4/", receipt_page),
        "delivery": ("delivery/<int:pk>/", delivery),
        "destruction": ("destruction/<int:pk>/", destruction),
        "daily": ("daily/", daily),
        "monthly": ("monthly/", monthly),
        "box_label": ("box/<int:pk>/label/", box_label),
        "box_manifest": ("box/<int:pk>/manifest/", box_manifest),
    }
    return [path(route, site.admin_view(page), name=name) for name, (route, page) in pages.items()]
