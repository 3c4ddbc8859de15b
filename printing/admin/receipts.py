"""How does a clerk find a row by its receipt number?"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from printing.receipt import parse_receipt
from registry.admin.residents import ByNikOrName


class ByReceipt(ByNikOrName):
    """Search that takes a whole receipt number too, however it is typed. ``receipt_path`` leads to it."""

    receipt_path = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            receipt = parse_receipt(search_term)
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(**{self.receipt_path: receipt}), False
