"""How does a clerk pack cards for a subdistrict, and say that the box has left or arrived?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from printing.models import Box
from printing.models.box import Fate
from printing.receipt import parse_receipt
from printing.services import boxes
from printing.services.inspection import NotNow
from registry.admin.base import each
from registry.admin.blanks import BookingAdmin, BookingForm, office_field
from registry.admin.reads import record_access

SHOWN = ["number", "district", "count", "contents", "packed_at", "packed_by"]
SHOWN += ["sent_at", "sent_by", "received_at", "received_by", "papers"]


class PackForm(BookingForm):
    """For which subdistrict? Which cards go in, the service says."""

    office = office_field()

    class Meta:
        model = Box
        fields = ["office", "district"]

    def book(self, cleaned: dict[str, Any]) -> Box:
        try:
            return boxes.pack(
                office=cleaned["office"],
                district=cleaned["district"],
                actor=self.actor,
                now=timezone.now(),
            )
        except NotNow as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class ContentsForm(forms.Form):
    """What a person does with a box that lies open before them."""

    TAKE_OUT, UNPACK, SEND = "take-out", "unpack", "send"
    ALL_THERE, TICKED_THERE = "all-there", "ticked-there"

    wish = forms.ChoiceField(
        choices=[(wish, wish) for wish in (TAKE_OUT, UNPACK, SEND, ALL_THERE, TICKED_THERE)]
    )
    surplus = forms.CharField(
        label=_("Kartu lain yang ada di kotak"),
        help_text=_("Nomor resinya, satu baris satu kartu."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def clean_surplus(self) -> set[str]:
        try:
            return {parse_receipt(line) for line in self.cleaned_data["surplus"].splitlines() if line.strip()}
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def do(self, box: Box, *, ticked: set[int], actor: str) -> str:
        """Do it; returns the sentence that says so. Raises NotNow."""
        wish, now = self.cleaned_data["wish"], timezone.now()
        if wish in (self.TAKE_OUT, self.UNPACK):
            which = ticked if wish == self.TAKE_OUT else None
            count = boxes.take_out(box=box, requests=which, actor=actor, now=now)
            said = ngettext("%(count)d kartu dikeluarkan.", "%(count)d kartu dikeluarkan.", count)
            return said % {"count": count}
        if wish == self.SEND:
            boxes.send(box=box, actor=actor, now=now)
            return gettext("Kotak dikirim.")
        missing = boxes.receive(
            box=box,
            actor=actor,
            now=now,
            arrived=None if wish == self.ALL_THERE else ticked,
            surplus=self.cleaned_data["surplus"],
        )
        if not missing:
            return gettext("Kotak diterima, isinya lengkap.")
        said = ngettext(
            "Kotak diterima; %(count)d kartu tidak ada dan sedang dicari.",
            "Kotak diterima; %(count)d kartu tidak ada dan sedang dicari.",
            len(missing),
        )
        return said % {"count": len(missing)}


@admin.register(Box)
class BoxPage(BookingAdmin):
    """Boxes of cards, the latest first, with their papers."""

    form = PackForm
    list_display = [
        "number",
        "district",
        "count",
        "packed_at",
        "packed_by",
        "sent_at",
        "received_at",
        "contents",
        "papers",
    ]
    list_filter = ["district"]
    search_fields = ["number"]
    date_hierarchy = "packed_at"
    list_select_related = ["district"]
    actions = ["send", "receive"]

    def get_fields(self, request: HttpRequest, obj: Box | None = None) -> list[str]:
        return SHOWN if obj else PackForm.Meta.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Box]:
        inside = Count("cards", filter=~Q(cards__fate=Fate.TAKEN_OUT))
        return super().get_queryset(request).annotate(count=inside)

    @admin.display(description=_("kartu"))
    def count(self, box: Box) -> int:
        return box.count  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=_("isi"))
    def contents(self, box: Box) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:printing_box_contents", args=[box.pk]), _("Lihat isi")
        )

    @admin.display(description=_("cetakan"))
    def papers(self, box: Box) -> str:
        return format_html(
            '<a href="{}" target="_blank">{}</a> · <a href="{}" target="_blank">{}</a>',
            reverse("papers:box_label", args=[box.pk]),
            _("Label"),
            reverse("papers:box_manifest", args=[box.pk]),
            _("Daftar isi"),
        )

    @admin.action(description=_("Kotak dikirim"), permissions=["carry"])
    def send(self, request: HttpRequest, queryset: QuerySet[Box]) -> None:
        self._each(request, queryset, boxes.send)

    @admin.action(description=_("Kotak diterima, isinya lengkap"), permissions=["carry"])
    def receive(self, request: HttpRequest, queryset: QuerySet[Box]) -> None:
        self._each(request, queryset, boxes.receive)

    # --- What is in a box ---------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.contents_view)
        return [path("<int:pk>/isi/", page, name="printing_box_contents"), *super().get_urls()]

    def contents_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every card of a box; a POST takes cards out, sends the box, or says what arrived."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        box = get_object_or_404(Box.objects.select_related("district"), pk=pk)
        form = ContentsForm(request.POST or None)
        if request.method == "POST":
            if not self.has_carry_permission(request):
                raise PermissionDenied
            if form.is_valid() and self._done(request, box, form):
                return HttpResponseRedirect(reverse("admin:printing_box_contents", args=[pk]))
        cards = box.cards.select_related("request__resident").order_by(
            "request__resident__village", "request__resident__name", "request"
        )
        record_access(request, residents={card.request.resident_id for card in cards}, page="box")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Isi kotak %(number)s") % {"number": box.number},
            "opts": self.opts,
            "box": box,
            "cards": cards,
            "travelling": sum(card.travels for card in cards),
            "ticked": set(request.POST.getlist("cards")),
            "form": form,
            "may_carry": self.has_carry_permission(request),
        }
        return TemplateResponse(request, "admin/printing/box/contents.html", context)

    def _done(self, request: HttpRequest, box: Box, form: ContentsForm) -> bool:
        ticked = {int(pk) for pk in request.POST.getlist("cards") if pk.isdecimal()}
        try:
            said = form.do(box, ticked=ticked, actor=request.user.get_username())
        except NotNow as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return False
        self.message_user(request, said, messages.SUCCESS)
        return True

    def has_carry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.change_box")

    def _each(self, request: HttpRequest, queryset: QuerySet[Box], deed: Any) -> None:
        actor = request.user.get_username()
        done, refused = each(
            queryset, lambda box: deed(box=box, actor=actor, now=timezone.now()), refusals=(NotNow,)
        )
        self.report(request, done=done, refused=refused)
