"""Did the interface change without its committed schema saying so?

After a change: ``make schema``, and read the difference as its users would: only ever added to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from registry.api.manners.view import ApiView

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
OPEN = {"/api/v1/board", "/api/v1/device-enrolments"}


def generated() -> Any:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return yaml.safe_load(OpenApiYamlRenderer().render(schema, renderer_context={}))


class TestSchema:
    def test_is_the_committed_one(self) -> None:
        assert generated() == yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))

    def test_is_valid_openapi(self) -> None:
        validate_schema(generated())

    def test_asks_for_a_key_everywhere_but_at_two_doors(self) -> None:
        paths = generated()["paths"]

        unguarded = {
            path
            for path, operations in paths.items()
            for operation in operations.values()
            if {"device": []} not in operation.get("security", [])
        }

        assert unguarded == OPEN

    def test_asks_for_an_idempotency_key_on_every_write_with_an_effect(self) -> None:
        without = {
            path
            for path, operations in generated()["paths"].items()
            if "post" in operations
            and not any(
                each["name"] == "Idempotency-Key" for each in operations["post"].get("parameters", [])
            )
        }

        # A question has no effect; a one-time code is its own key.
        assert without == {"/api/v1/status-lookups", "/api/v1/device-enrolments"}


def test_every_address_has_the_manners() -> None:
    resolver = get_resolver("ektp_project.api")
    views = [pattern.callback for pattern in resolver.url_patterns]

    classes = [view.cls for view in views if hasattr(view, "cls")]

    assert len(classes) == len(views)
    assert [view for view in classes if not issubclass(view, ApiView)] == []
