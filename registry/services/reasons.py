"""What is asked of a reason that somebody gives with a deed?"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST_REASON = 200  # characters: a sentence; ``why`` of the rows that keep one


def a_reason(why: str) -> str:
    """``why`` with single blanks between its words. Raises ValidationError, which names the field ``why``."""
    reason = " ".join(why.split())
    if not reason:
        raise ValidationError({"why": _("tidak boleh kosong.")})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"why": _("paling banyak %(most)d huruf.") % {"most": LONGEST_REASON}})
    return reason
