"""Texts of the pledge and signatures to look at in tests."""

import re
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.utils import timezone

from appeal.pledge import letters, signing
from appeal.pledge.signatures import Kind, Shown, Signature, SignatureState
from appeal.pledge.suggestion import TEXT
from appeal.pledge.texts import PledgeText
from tests.appeal.build import sql

numbers = count(1)
SIGN = "/pledge/sign/"


def person() -> User:
    return User.objects.create_user(f"pledger-{next(numbers)}", is_staff=True)


def draft(**changes: Any) -> PledgeText:
    return PledgeText.objects.create(**{**TEXT, "prepared_by": person(), **changes})


def text(**changes: Any) -> PledgeText:
    """Published."""
    made = draft(**changes)
    made.publish(by=person())
    return made


def current() -> PledgeText:
    return PledgeText.objects.for_reader("en") or text()


def given(**changes: Any) -> dict[str, Any]:
    """What a person types into the form."""
    return {
        "kind": Kind.PERSON.value,
        "name": "Leila Noori",
        "contact": "",
        "country": "TH",
        "email": f"leila{next(numbers)}@example.org",
        "support": "",
        "together": "We teach each other's children.",
        "shown": Shown.HIDDEN.value,
    } | changes


def asked(**changes: Any) -> Signature:
    """Typed in, and not confirmed."""
    signing.ask(current(), given(**changes), "en", timezone.now())
    return Signature.objects.latest("pk")


def confirmed(**changes: Any) -> Signature:
    return signing.confirm(asked(**changes), timezone.now())


def accepted(**changes: Any) -> Signature:
    made = confirmed(**changes)
    made.accept(by=person())
    return made


def listed(**changes: Any) -> Signature:
    return accepted(**{"shown": Shown.WORDS.value} | changes)


def old(signature: Signature, days: int) -> Signature:
    """As if it had been confirmed so many days ago, which the database lets nobody write later."""
    earlier = timezone.localdate() - timedelta(days=days)
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        Signature.objects.filter(pk=signature.pk).update(signed_on=earlier)
    signature.refresh_from_db()
    return signature


def own(signature: Signature) -> str:
    return signing.own_path(signature, timezone.now())


def form(of: PledgeText | None = None, *, seconds: int = 30, **changes: Any) -> dict[str, Any]:
    """As a browser sends it, so long after it was shown."""
    shown_at = timezone.now() - timedelta(seconds=seconds)
    return given(**changes) | {"token": signing.FORM.token(str((of or current()).pk), shown_at)}


def mails() -> list[str]:
    """The bodies of what is sent when the worker looks."""
    mail.outbox.clear()
    letters.mail_all(timezone.now())
    return [str(each.body) for each in mail.outbox]


def link_in(body: str) -> str:
    [address] = re.findall(r"^http\S+$", body, re.MULTILINE)
    return str(urlsplit(address).path)


def state(signature: Signature) -> SignatureState:
    signature.refresh_from_db()
    return SignatureState(signature.state)
