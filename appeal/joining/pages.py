"""The pages to join: what it means, a form, a mailed link that confirms it, and one's own page to see and erase it."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from appeal.behind_a_link import of_own, private
from appeal.confirming import Unfit
from appeal.countries import names_of
from appeal.joining import asking
from appeal.joining.forms import CONSENTS, TITLES, JoinForm
from appeal.joining.requests import DECLINED_STAYS, JoinRequest, JoinState, Kind
from appeal.refusal import Refused
from appeal.throttle import is_flood

REQUESTS_AN_HOUR = 200
"""From one internet connection, which a camp or an office may share."""
AN_HOUR = 3600
READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@conditional_page
@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """The ways to join, and what becomes of what one writes."""
    response = render(request, "appeal/joining/join.html", {"declined_days": DECLINED_STAYS.days})
    patch_cache_control(response, no_cache=True)
    return response


@never_cache
@READ_OR_SEND
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in Kind:
        raise Http404
    wanted = Kind(kind)
    form = JoinForm(request.POST if request.method == "POST" else None, kind=wanted)
    if not form.is_valid():
        return ask_page(request, wanted, form, status=422 if form.errors else 200)
    now = timezone.now()
    try:
        fits = asking.FORM.about(form.cleaned_data["token"], now) == wanted
    except Unfit:
        fits = False
    if not fits:
        form.add_error(None, _("Please look at it once more, and send it again."))
        return ask_page(request, wanted, form, status=422)
    if is_flood(request, "joining", REQUESTS_AN_HOUR, AN_HOUR):
        form.add_error(None, _("Very many forms came from your connection. Please try again in an hour."))
        return ask_page(request, wanted, form, status=429)
    asking.ask(wanted, form.cleaned_data, str(CONSENTS[wanted]), get_language() or "en", now)
    return redirect("appeal:join-asked")


def ask_page(request: HttpRequest, kind: Kind, form: JoinForm, status: int = 200) -> HttpResponse:
    page = {"form": form, "title": TITLES[kind], "kind": kind, "token": asking.FORM.token(kind, timezone.now())}
    return render(request, "appeal/joining/ask.html", page, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """The same for every address."""
    return render(request, "appeal/joining/asked.html", {"days": asking.GOOD_FOR.days})


@never_cache
@READ_OR_SEND
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """To look changes nothing, for programs that look through mail do so; the button agrees."""
    now = timezone.now()
    found = asking.behind(asking.TO_CONFIRM, token, now)
    if found is None:
        return private(render(request, "appeal/joining/spent.html", {"days": asking.GOOD_FOR.days}, status=410))
    if request.method == "POST" or found.state != JoinState.ASKED:
        return redirect(asking.own_path(asking.confirm(found, now), now))
    return private(render(request, "appeal/joining/confirm.html", facts(found)))


def facts(asked: JoinRequest) -> dict[str, Any]:
    return {"asked": asked, "country": names_of([asked.country])}


def of_token(token: str) -> JoinRequest | None:
    """One that nobody confirmed has no page."""
    found = asking.behind(asking.OWN, token, timezone.now())
    return found if found and found.state != JoinState.ASKED else None


@require_safe
@of_own(of_token)
def own(request: HttpRequest, asked: JoinRequest) -> HttpResponse:
    """How it stands, and all that we hold."""
    page = facts(asked) | {"token": asking.OWN.token(asked.reference, timezone.now())}
    return render(request, "appeal/joining/own.html", page)


@require_safe
@of_own(of_token)
def own_data(request: HttpRequest, asked: JoinRequest) -> HttpResponse:
    """All that we hold, as a file that any program reads."""
    with translation.override("en"):
        response = JsonResponse(asking.all_we_hold(asked), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = f'attachment; filename="{asked.reference}.json"'
    return response


@READ_OR_SEND
@of_own(of_token)
def erase(request: HttpRequest, asked: JoinRequest) -> HttpResponse:
    """A page that asks whether it is meant, and a button that does it."""
    own = asking.own_path(asked, timezone.now())
    if request.method == "POST":
        with suppress(Refused):  # by another tab, a moment ago
            asked.erase(timezone.localdate())
    if asked.is_erased:
        return redirect(own)
    return render(request, "appeal/joining/erase.html", {"asked": asked, "own": own})
