"""Is every text that people read there in both languages, and does no catalogue lag behind?

Our texts are Indonesian in the code; the English ones, and the Indonesian ones of packages that have
none, are catalogues. Both are compiled in the repository, so that nobody needs gettext's tools.
"""

from __future__ import annotations

import ast
import gettext as standard
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[3]
LOCALE = ROOT / "ektp_project" / "locale"
SOURCES = [
    file
    for app in ("ektp_project", "printing", "registry")
    for file in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in file.parts and "formats" not in file.parts
]
TEMPLATES = [
    file
    for app in ("ektp_project", "printing", "registry")
    for file in sorted((ROOT / app).rglob("templates/**/*.html"))
]
# A paper belongs to the office and a card to the nation: they are Indonesian for everybody. Made-up
# people and the simulated centre speak to nobody at a desk.
UNMARKED = (
    *("printing/paper", "printing/card", "printing/scenarios", "registry/central/simulator"),
    *("printing/api", "registry/api", "ektp_project/api"),  # its documents are English, for engineers
)

MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "pgettext", "ngettext", "ngettext_lazy"}
SPOKEN = {"label", "help_text", "verbose_name", "verbose_name_plural", "description", "empty_label"}
SPEAKERS = {"ValidationError", "message_user"}
NAMES = {"NIK", "CSV", "XLSX", "A4", "QR", "IPP", "PDF", "English", "Bahasa", "Indonesia", "KTP", "el"}
CONTEXT = "\x04"  # stands between a context and its text in a compiled catalogue
NOT_OURS = {"was,were"}  # two word endings of which the Indonesian sentence has none


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def calls(file: Path) -> Iterator[ast.Call]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def marked(file: Path) -> set[str]:
    """The texts of a file that are marked for translation."""
    found = set()
    for call in calls(file):
        if name_of(call) in MARKS and call.args:
            text = call.args[1 if name_of(call) == "pgettext" else 0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found.add(text.value)
    return found


def marked_in_template(file: Path) -> set[str]:
    """The same of a template, through Django's own translation of templates into code."""
    code = templatize(file.read_text(encoding="utf-8"), origin=str(file))
    texts = re.findall(r"\b_?n?gettext\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", code)
    texts += re.findall(r"\b_\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)", code)
    return {ast.literal_eval(text).replace("%%", "%") for text in texts if text.strip("'\"").strip()}


def catalogue(language: str) -> dict[str, str]:
    """What the compiled catalogue says, of plurals the first."""
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        held = standard.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    firsts = {
        (key[0] if isinstance(key, tuple) else key): said
        for key, said in held.items()
        if not isinstance(key, tuple) or key[1] == 0
    }
    return {key: said for key, said in firsts.items() if key}


def texts(language: str) -> set[str]:
    """The texts that the catalogue knows, in whatever context."""
    return {key.rpartition(CONTEXT)[2] for key in catalogue(language)}


def written(language: str) -> dict[str, str]:
    """What the catalogue that people edit says, read as gettext reads it; of plurals the first."""
    held, text = {}, (LOCALE / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    for block in re.split(r"\n\n+", text):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        parts: dict[str, str] = {}
        for line in lines:
            word, _blank, rest = line.partition(" ") if not line.startswith('"') else ("", "", line)
            current = word or current  # noqa: F821  (a line without a word goes on with the one before)
            parts[current] = parts.get(current, "") + ast.literal_eval(rest)
        if parts.get("msgid"):
            context = f"{parts['msgctxt']}{CONTEXT}" if "msgctxt" in parts else ""
            held[context + parts["msgid"]] = parts.get("msgstr", parts.get("msgstr[0]", ""))
    return held


class TestEnglish:
    def test_has_every_text_of_the_code(self) -> None:
        asked = {text for file in SOURCES for text in marked(file)}
        assert sorted(asked - texts("en")) == []

    def test_has_every_text_of_the_templates(self) -> None:
        asked = {text for file in TEMPLATES for text in marked_in_template(file)}
        held = {text.replace("%%", "%") for text in texts("en")}
        assert sorted(text for text in asked - held if not theirs(text)) == []

    def test_leaves_no_placeholder_out(self) -> None:
        holes = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w+\}")
        wrong = {
            text: said
            for text, said in catalogue("en").items()
            if sorted(holes.findall(text)) != sorted(holes.findall(said))
        }
        assert wrong == {}


class TestIndonesian:
    def test_of_our_own_texts_is_what_stands_in_the_code(self) -> None:
        """A package's catalogue that knew one of them would silently say something else.

        What is the same in English is a text of Django's own, in a template of its that we replace.
        """
        english = {key.rpartition(CONTEXT)[2] for key, said in catalogue("en").items() if key == said}
        with translation.override("id"):
            wrong = {text: gettext(text) for text in texts("en") - english if gettext(text) != text}
        assert wrong == {}

    def test_has_every_text_of_the_task_pages(self) -> None:
        package = find_spec("django_celery_beat")
        assert package is not None
        assert package.origin is not None
        asked = {text for file in Path(package.origin).parent.glob("*.py") for text in marked(file)}
        assert sorted(asked - texts("id") - NOT_OURS) == []


class TestCatalogues:
    @pytest.mark.parametrize("language", ["en", "id"])
    def test_are_compiled_as_they_are_written(self, language: str) -> None:
        said = {text: words for text, words in written(language).items() if words}
        assert catalogue(language) == said

    @pytest.mark.parametrize("language", ["en", "id"])
    def test_have_no_gap_and_no_guess(self, language: str) -> None:
        assert [text for text, words in written(language).items() if not words] == []
        assert "fuzzy" not in (LOCALE / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")


class TestSources:
    def test_mark_every_label_for_translation(self) -> None:
        plain = [
            f"{file.relative_to(ROOT)}:{call.lineno} {text!r}"
            for file in SOURCES
            if not str(file.relative_to(ROOT)).startswith(UNMARKED)
            for call in calls(file)
            for text in unmarked(call)
        ]
        assert plain == []

    def test_mark_every_word_of_a_template(self) -> None:
        plain = [
            f"{file.relative_to(ROOT)}: {' '.join(words)}" for file in TEMPLATES if (words := bare(file))
        ]
        assert plain == []


def theirs(text: str) -> bool:
    """A text of Django's own, which Django has in Indonesian."""
    with translation.override("id"):
        return gettext(text) != text


def unmarked(call: ast.Call) -> Iterator[str]:
    """Texts that this call says to people without a mark."""
    said = [keyword.value for keyword in call.keywords if keyword.arg in SPOKEN]
    if name_of(call) in SPEAKERS:
        said += call.args[:2]
    for value in said:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            words = set(re.findall(r"[^\W\d_]{2,}", value.value))
            if words - NAMES:
                yield value.value


def bare(file: Path) -> list[str]:
    """Words of a template that stand there for everybody, outside of any tag."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%\s*block (bodyclass|coltype) %}.*?{% endblock %}", "", text)
    text = re.sub(r"{%\s*blocktrans.*?endblocktrans(late)?\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(
        r"{#.*?#}|{%.*?%}|{{.*?}}|<(script|style|svg).*?</\1>|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL
    )
    return [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NAMES]
