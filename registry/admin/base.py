"""What do all admin pages of the office have in common?

One module to import from, so that another skin is one change away. Nothing here decides anything:
every action is read, call, answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from registry.admin.export import Exports
from registry.admin.lists import CountingPaginator


class OfficeAdmin(Exports, admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists that stay fast with a million rows, and that can be taken along."""

    show_full_result_count = False
    paginator = CountingPaginator
    list_per_page = 50

    def report(self, request: HttpRequest, *, done: int, refused: Iterable[str]) -> None:
        """Tell the clerk how many rows were done, and of each other one why not."""
        if done:
            self.message_user(request, _("Selesai: %(count)d baris.") % {"count": done}, messages.SUCCESS)
        for sentence in refused:
            self.message_user(request, sentence, messages.ERROR)


class ReadOnlyAdmin(OfficeAdmin):
    """Rows that only the services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def each(
    rows: Iterable[Any], deed: Callable[[Any], object], *, refusals: tuple[type[Exception], ...]
) -> tuple[int, list[str]]:
    """Do ``deed`` for every row; returns how many were done and a sentence for each refusal."""
    done, refused = 0, []
    for row in rows:
        try:
            deed(row)
        except refusals as error:
            refused.append(f"{row}: {error}")
        else:
            done += 1
    return done, refused
