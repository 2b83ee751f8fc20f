"""Who may come in by the staff door: people with an account made for them, and with a second factor."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.views.generic import RedirectView

from ledger import history


class SecondFactorAdmin(admin.ModelAdmin[Any]):
    """Who has which second factor. Its secret is nobody else's; one that is lost is deleted, and set up anew."""

    fields = readonly_fields = list_display = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Donors and applicants need no account, so nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class ToSignIn(RedirectView):
    """Django's own sign-in page knows no second factor. Who is signed in and no staff is told so, not sent around."""

    pattern_name = "account_login"
    query_string = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


def no_shortcut(request: HttpRequest, rest: str) -> HttpResponse:
    """Django leads from any row's number to its page. Ours open to whoever has the address, so nobody is led there."""
    raise PermissionDenied


ELSEWHERE = {"appeal:preview"}
"""Pages of the staff's that do not lie under /staff/."""


def doors() -> tuple[str, str]:
    """What the addresses of staff's pages begin with."""
    return reverse("admin:index"), reverse("account_login").removesuffix("login/")


class Language(LocaleMiddleware):
    """What the visitor reads; staff's pages are in English alone, and are never half in another language."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path.startswith(doors()):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE


class SecondFactorMiddleware:
    """Sends a signed-in person without a second factor to set one up before any page of the staff's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(reverse("admin:index")) and self.lacks_it(request):
            return redirect("mfa_index")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        found = request.resolver_match
        if found and found.view_name in ELSEWHERE and self.lacks_it(request):
            return redirect("mfa_index")
        return None

    def lacks_it(self, request: HttpRequest) -> bool:
        return settings.STAFF_SECOND_FACTOR and request.user.is_authenticated and not is_mfa_enabled(request.user)


class HistoryMiddleware:
    """Tells the database who is signed in under /staff/ and /accounts/, for the history that it keeps."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (request.path.startswith(doors()) and request.user.is_authenticated):
            return self.get_response(request)
        with history.acting(request.user.pk, request.META.get("REQUEST_ID", "")):
            return self.get_response(request)
