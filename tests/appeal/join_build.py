"""Requests to join to look at in tests."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.utils import timezone

from appeal.joining import asking, letters
from appeal.joining.forms import CONSENTS
from appeal.joining.requests import JoinRequest, JoinState, Kind
from tests.appeal.build import sql

numbers = count(1)


def person() -> User:
    return User.objects.create_user(f"answerer-{next(numbers)}", is_staff=True)


def given(**changes: Any) -> dict[str, Any]:
    """What a person types into the form."""
    return {
        "name": "Zohra Amiri",
        "contact": "",
        "country": "MY",
        "email": f"zohra{next(numbers)}@example.org",
        "words": "I taught physics for nine years.",
    } | changes


def asked(kind: Kind = Kind.REFUGEE, language: str = "en", **changes: Any) -> JoinRequest:
    """Typed in, and not confirmed."""
    asking.ask(kind, given(**changes), str(CONSENTS[kind]), language, timezone.now())
    return JoinRequest.objects.latest("pk")


def new(**changes: Any) -> JoinRequest:
    return asking.confirm(asked(**changes), timezone.now())


def joined(**changes: Any) -> JoinRequest:
    made = new(**changes)
    made.welcome(by=person())
    return made


def declined(reason: str = "We have no group near you yet.", *, days: int = 0, **changes: Any) -> JoinRequest:
    """So many days ago, which no verb can say."""
    made = new(**changes)
    made.decline(reason, by=person())
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        JoinRequest.objects.filter(pk=made.pk).update(answered_at=timezone.now() - timedelta(days=days))
    made.refresh_from_db()
    return made


def erased(**changes: Any) -> JoinRequest:
    made = joined(**changes)
    made.erase(timezone.localdate())
    return made


def own(request: JoinRequest) -> str:
    return asking.own_path(request, timezone.now())


def form(kind: Kind = Kind.REFUGEE, *, seconds: int = 30, **changes: Any) -> dict[str, Any]:
    """As a browser sends it, so long after it was shown."""
    shown_at = timezone.now() - timedelta(seconds=seconds)
    return given(**changes) | {"agreed": "on", "token": asking.FORM.token(kind, shown_at)} | changes


def mails() -> list[str]:
    """The bodies of what is sent when the worker looks."""
    mail.outbox.clear()
    letters.mail_all(timezone.now())
    return [str(each.body) for each in mail.outbox]


def state(request: JoinRequest) -> JoinState:
    request.refresh_from_db()
    return JoinState(request.state)
