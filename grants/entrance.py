"""How a group comes back to its application without an account: by a code on paper, or a link in a mail.

The browser remembers it for two hours. If that ends while somebody is still writing, the page asks for the code and
carries along what was typed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from grants.models import Application

SESSION = "application"
VISIT = timedelta(hours=2)
CODE = "resume_code"
OURS = {CODE, "csrfmiddlewaretoken"}


def enter(session: SessionBase, application: Application, now: datetime) -> None:
    """For two hours after its last page this browser may write in this application."""
    session.cycle_key()
    remember(session, application, now)


def remember(session: SessionBase, application: Application, now: datetime) -> None:
    session[SESSION] = {"reference": application.reference, "until": (now + VISIT).timestamp()}


def leave(session: SessionBase) -> None:
    session.pop(SESSION, None)


def reference_in(session: SessionBase, now: datetime) -> str:
    """Which application this browser may write in; empty where none."""
    visit: dict[str, Any] = session.get(SESSION) or {}
    return str(visit["reference"]) if visit and visit["until"] > now.timestamp() else ""


def link_to(application: Application) -> str:
    return settings.PUBLIC_URL + reverse("grants:resume-by-link", args=[application.code])


def of_own[**P](
    view: Callable[Concatenate[HttpRequest, Application, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """For the visitor's own application. Another one is not found; who sends words without a code is asked for it."""

    @never_cache
    @wraps(view)
    def entrance(request: HttpRequest, reference: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        now = timezone.now()
        own = reference_in(request.session, now)
        if own != reference:
            if (application := by_code(request, reference, now)) is None:
                if own and request.method != "POST":
                    raise Http404
                return ask_for_code(request)
            enter(request.session, application, now)
        else:
            application = Application.objects.resumable(now).filter(reference=reference).first()
            if application is None:
                raise Http404
            remember(request.session, application, now)
        return view(request, application, *args, **kwargs)

    return entrance


def by_code(request: HttpRequest, reference: str, now: datetime) -> Application | None:
    """The application of this address, if its own code came with what was typed."""
    found = Application.objects.with_code(request.POST.get(CODE, ""), now)
    return found if found and found.reference == reference else None


def ask_for_code(request: HttpRequest) -> HttpResponse:
    """The same for every address, so that it tells nobody which of them exist. What was typed comes along."""
    carried = [(name, value) for name, values in request.POST.lists() if name not in OURS for value in values]
    wrong = bool(request.POST.get(CODE))
    return render(request, "grants/code.html", {"carried": carried, "wrong": wrong}, status=422 if wrong else 403)
