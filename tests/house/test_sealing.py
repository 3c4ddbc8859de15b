"""Does every key rotation know of everything that a key is needed for?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models import BinaryField, Field, Model

from registry.models.sealed import CodeDigestField, SealedField
from registry.services.rotation import columns

ROOT = Path(__file__).resolve().parents[2]
OURS = ("registry", "printing", "ektp_project")
# Bytes that no key of the vault made. A new column is sealed, the digest of a code, or has its reason here.
KEYLESS = {
    "registry.DeviceKey.digest": "SHA-256 of 256 random bits",
    "registry.StoredAnswer.fingerprint": "SHA-256 of a request",
    "registry.LedgerSeal.fingerprints": "of movements of blanks",
    "registry.Resident.nik_index": "services/index_keys.py moves it",
    "registry.Resident.nik_index_even": "services/index_keys.py moves it",
}
# Who seals, and what takes it along.
SEALERS = {
    "registry/models/resident.py": "SealedField",
    "registry/services/webhooks.py": "SealedField",
    "registry/api/manners/once.py": "SealedField",
    "printing/services/applications.py": "SealedField",
    "registry/services/biometrics.py": "rotate_files",
    "ektp_project/signin/adapters.py": "rotate_factors",
    "registry/services/sealed_files.py": "a backup is replaced by the next one",
    "registry/services/rotation.py": "the rotation itself",
    "registry/vault.py": "the vault itself",
}


def binary_fields() -> Iterator[tuple[type[Model], Field[object, object]]]:
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.local_concrete_fields:
                if isinstance(field, BinaryField):
                    yield model, field


def seals(file: Path) -> bool:
    calls = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
    words = {keyword.arg for call in calls if _is_seal(call.func) for keyword in call.keywords}
    return "bound_to" in words


def _is_seal(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr in {"seal", "seal_bytes"}


class TestColumns:
    def test_hold_nothing_sealed_or_keyed_that_no_rotation_knows(self) -> None:
        unknown = {
            f"{model._meta.label}.{field.name}"
            for model, field in binary_fields()
            if not isinstance(field, SealedField | CodeDigestField)
        }
        assert unknown == KEYLESS.keys()

    def test_say_what_a_value_is_sealed_to(self) -> None:
        silent = [one for one in columns() if not isinstance(getattr(one.model, one.bond, None), property)]
        assert list(map(str, silent)) == []

    def test_of_codes_have_an_end(self) -> None:
        endless = [
            model._meta.label
            for model, field in binary_fields()
            if isinstance(field, CodeDigestField)
            and not {"used_at", "expires_at"} <= {other.name for other in model._meta.fields}
        ]
        assert endless == []


class TestCode:
    def test_seals_only_where_a_rotation_follows(self) -> None:
        files = (file for app in OURS for file in (ROOT / app).rglob("*.py"))
        assert {str(file.relative_to(ROOT)) for file in files if seals(file)} - SEALERS.keys() == set()
