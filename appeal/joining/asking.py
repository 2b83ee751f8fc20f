"""To ask to join: a form, a mail, a button. Whoever asked may always read what we hold of them, and erase it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from appeal.confirming import MailedLink, ShownForm, plain
from appeal.joining.requests import PERSONAL, JoinMail, JoinRequest, JoinState, Kind, Told

GOOD_FOR = timedelta(days=3)
TO_CONFIRM = MailedLink("appeal.joining.confirm", good_for=GOOD_FOR)
OWN = MailedLink("appeal.joining.own")
FORM = ShownForm("appeal.joining.form")
A_DAY = timedelta(days=1)
MAILS_A_DAY = 5
"""So many can strangers have sent to an address by typing it in."""
AT_ONCE = 500


@transaction.atomic
def ask(kind: Kind, given: Mapping[str, Any], consent: str, language: str, now: datetime) -> None:
    """A mail to the address says what is so: confirm it, or that it is known already. Who typed it learns nothing."""
    email = plain(given["email"])
    if JoinMail.objects.to_address(email, now - A_DAY).count() >= MAILS_A_DAY:
        return
    if standing := JoinRequest.objects.standing().of_address(email).filter(kind=kind).first():
        standing.mails.create(what=Told.ALREADY)
        return
    request = JoinRequest(
        kind=kind,
        language=language,
        country=given["country"],
        name=given["name"],
        contact=given.get("contact", ""),
        email=email,
        words=given["words"],
        consent=consent,
    )
    request.mark_again()
    request.save()
    request.mails.create(what=Told.CONFIRM)


def confirm(request: JoinRequest, now: datetime) -> JoinRequest:
    """What stands from now on: this one, or the one of the same address and kind that stood before."""
    if request.state != JoinState.ASKED:
        return request
    try:
        with transaction.atomic():
            request.confirm(now.date())
    except IntegrityError:
        return JoinRequest.objects.standing().of_address(request.email).get(kind=request.kind)
    return request


def behind(link: MailedLink, token: str, now: datetime) -> JoinRequest | None:
    name = link.name_in(token, now)
    return JoinRequest.objects.filter(reference=name).first() if name else None


def confirm_address(request: JoinRequest, now: datetime) -> str:
    return settings.PUBLIC_URL + reverse("appeal:join-confirm", args=[TO_CONFIRM.token(request.reference, now)])


def own_path(request: JoinRequest, now: datetime) -> str:
    return reverse("appeal:join-own", args=[OWN.token(request.reference, now)])


def all_we_hold(request: JoinRequest) -> dict[str, Any]:
    """Every value of its row that is about whoever asked, and when each mail to them went."""
    whole = ("reference", "kind", "state", *PERSONAL, "created_at", "confirmed_on", "answered_at", "erased_on")
    mails = request.mails.order_by("pk").values("what", "created_at", "mailed_at")
    return {name: getattr(request, name) for name in whole if name != "email_mark"} | {"mails": list(mails)}


@transaction.atomic
def forget(now: datetime) -> None:
    """What nobody confirmed was perhaps somebody else's address; what was declined is not needed for long."""
    unconfirmed = JoinRequest.objects.unconfirmed_for_long(now).select_for_update(skip_locked=True)
    old = list(unconfirmed.values_list("pk", flat=True)[:AT_ONCE])
    JoinMail.objects.filter(request__in=old).delete()
    JoinRequest.objects.filter(pk__in=old).delete()
    for request in JoinRequest.objects.declined_for_long(now).select_for_update(skip_locked=True)[:AT_ONCE]:
        request.erase(now.date())
