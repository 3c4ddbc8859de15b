"""How do numbers, moments and the centre's words read on a page?"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def thousands(number: int | None) -> str:
    """``12.000``; a dash for what is not known."""
    return "—" if number is None else number_format(number, 0, force_grouping=True)


@register.filter
def unlocalized(number: int | float) -> str:
    """For attributes that machines read."""
    return str(number)


@register.filter
def clock(moment: datetime | None, now: datetime) -> str:
    """The hour today, with the date on any other day."""
    if moment is None:
        return "—"
    same_day = localtime(moment).date() == localtime(now).date()
    return date_format(localtime(moment), "H.i" if same_day else "j F Y H.i")


@register.filter
def ago(moment: datetime | None, now: datetime) -> str:
    """How long since, in the largest unit that fits; never for what has not been."""
    if moment is None:
        return _("belum pernah")
    return lasted(now - moment) + " " + _("lalu")


@register.filter
def lasted(span: timedelta) -> str:
    """``3 hari``, ``4 jam``, ``12 menit``, ``5 detik``: one unit is enough at a glance."""
    seconds = max(0, int(span.total_seconds()))
    if seconds >= 2 * 365 * 86400:
        years = seconds // (365 * 86400)
        return ngettext("%(count)d tahun", "%(count)d tahun", years) % {"count": years}
    if seconds >= 2 * 86400:
        return ngettext("%(count)d hari", "%(count)d hari", seconds // 86400) % {"count": seconds // 86400}
    if seconds >= 2 * 3600:
        return ngettext("%(count)d jam", "%(count)d jam", seconds // 3600) % {"count": seconds // 3600}
    if seconds >= 120:
        return ngettext("%(count)d menit", "%(count)d menit", seconds // 60) % {"count": seconds // 60}
    return ngettext("%(count)d detik", "%(count)d detik", seconds) % {"count": seconds}


@register.filter
def centre_word(state: str) -> str:
    """What the throttle's word means to a clerk; an unknown word as it is."""
    words = {
        "searching": _("mencari"),
        "holding": _("tetap"),
        "yielding": _("mengalah"),
        "returning": _("kembali"),
        "listening": _("menunggu jawaban"),
        "waiting": _("diminta menunggu"),
        "outage": _("tidak menjawab"),
        "closed": _("tutup"),
        "paused": _("dihentikan sementara"),
        "no-redis": _("tidak diketahui"),
    }
    return words.get(state, state)


@register.filter
def gate_word(name: str) -> str:
    """What limits the output, in a clerk's word; an unknown name as it is."""
    words = {
        "none": _("tidak ada"),
        "restored": _("pemulihan cadangan"),
        "people": _("jam giliran"),
        "blanks": _("blanko"),
        "ribbon/film": _("pita atau film"),
        "printers": _("printer"),
        "central-command": _("perintah cetak pusat"),
        "central-speed": _("kecepatan pusat"),
        "central-hours": _("jam buka pusat"),
    }
    return words.get(name, name)


@register.filter
def actor_word(actor: str) -> str:
    """A person by the login; the machinery as such."""
    return _("sistem") if actor.startswith("system") else actor


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long it has been so: ``3 hari``."""
    return lasted(now - moment)
