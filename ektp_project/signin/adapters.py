"""How does allauth fit the office: no sign-up, sealed secrets, and words that axes and clerks understand?"""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.models.resident import vault
from registry.services.rotation import FACTOR_BOND


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors are sealed with the keys that seal NIKs: outside the database."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(vault().seal(text, bound_to=FACTOR_BOND)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return vault().open(base64.b64decode(encrypted_text), bound_to=FACTOR_BOND)


class SignInForm(LoginForm):  # type: ignore[misc]
    """allauth's form, which also tells axes whose password was tried (axes' recipe for allauth)."""

    def user_credentials(self) -> dict[str, Any]:
        credentials: dict[str, Any] = super().user_credentials()
        credentials["login"] = credentials.get("email") or credentials.get("username")
        return credentials


class KeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A security key under a name; allauth's form calls it “Name” in every language."""

    name = forms.CharField(
        label=_("Nama kunci"), max_length=100, help_text=_("Misalnya warnanya, atau di mana ia disimpan.")
    )
