"""What is a desk: which rows lie on it, what is said of each, and what may be done with one?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from printing.services.handovers import CannotHandOver
from printing.services.inspection import NotNow
from registry.models import Office, Resident
from registry.models.event import Subject

REFUSALS = (NotNow, CannotHandOver)  # sentences for the clerk

Text = str | Promise
Words = Mapping[str, Any]  # what a deed's form held


@dataclass(frozen=True, slots=True)
class Deed:
    """One button. With a ``form`` it stands on the page of the row, without one on the list too."""

    slug: str
    label: Text
    right: str
    do: Callable[..., object]  # (row, words, actor=, now=); raises one of REFUSALS
    form: type[forms.Form] | None = None
    fits: Callable[[Any], bool] = lambda row: True
    is_rare: bool = False  # behind a fold, so that nobody hits it in passing


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of rows of a desk, with how many there are."""

    code: str
    label: Text
    count: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing said of a row on its own page."""

    label: Text
    text: Text


class Desk(ABC):
    """One work queue, oldest first. Children say what lies on it."""

    slug: ClassVar[str]
    title: ClassVar[Text]
    question: ClassVar[Text]
    subject: ClassVar[Subject]
    right: ClassVar[str]
    columns: ClassVar[Sequence[Text]]
    deeds: ClassVar[Sequence[Deed]]
    since_field: ClassVar[str] = "state_since"
    file_label: ClassVar[Text] = ""  # of the one file this desk hands out
    bulk_deed: ClassVar[str] = ""  # of services/bulk.py: what may be done to all rows of one kind

    def is_bulk(self, kind: str) -> bool:
        """Whether the bulk deed may be done to all rows of this kind."""
        return bool(self.bulk_deed and kind)

    @abstractmethod
    def rows(self, *, office: Office) -> QuerySet[Any]:
        """Everything on the desk, in no order."""

    @abstractmethod
    def kinds(self, *, office: Office) -> list[Kind]:
        """The sorts of rows, counted in one query."""

    @abstractmethod
    def of_kind(self, rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
        """Only the rows of one sort."""

    @abstractmethod
    def resident(self, row: Any) -> Resident:
        """Whose card it is about."""

    @abstractmethod
    def cells(self, row: Any, *, now: datetime) -> Sequence[Text]:
        """What the list says, one text per column."""

    @abstractmethod
    def facts(self, row: Any, *, now: datetime) -> Sequence[Fact]:
        """What the row's own page says beside that."""

    def is_late(self, row: Any, *, now: datetime) -> bool:
        """Whether the row should have left the desk by now."""
        return False

    def since(self, row: Model) -> datetime:
        """Since when the row lies here."""
        return getattr(row, self.since_field)  # type: ignore[no-any-return]

    def deed(self, slug: str) -> Deed | None:
        """The button of this name."""
        return next((deed for deed in self.deeds if deed.slug == slug), None)


class ReasonForm(forms.Form):
    """Why: kept with the event."""

    reason = forms.CharField(label=_("Alasan"), max_length=200)
