"""Which doors of allauth are open? Not sign-up, not e-mail, not the forgotten password: a person helps."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from axes.decorators import axes_dispatch, axes_form_invalid
from django.http import Http404, HttpRequest
from django.urls import include, path
from django.utils.decorators import method_decorator


@method_decorator(axes_dispatch, name="dispatch")
@method_decorator(axes_form_invalid, name="form_invalid")
class SignIn(views.LoginView):  # type: ignore[misc]
    """allauth's sign-in behind axes' lock (axes' recipe for allauth)."""


def closed(request: HttpRequest, **_names: Any) -> None:
    """allauth wants this address to exist."""
    raise Http404


urlpatterns = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", views.password_change, name="account_change_password"),
    path("signup/", closed, name="account_signup"),
    path("factors/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
