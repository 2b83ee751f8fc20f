"""To sign: a form, a mail, a button. And the links by which whoever reads that mail comes back to their signature."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from appeal.confirming import MailedLink, ShownForm, plain
from appeal.pledge.signatures import Kind, PledgeMail, Shown, Signature, SignatureState, Told
from appeal.pledge.texts import PledgeText

GOOD_FOR = timedelta(days=3)
TO_CONFIRM = MailedLink("appeal.pledge.confirm", good_for=GOOD_FOR)
OWN = MailedLink("appeal.pledge.own")
FORM = ShownForm("appeal.pledge.form")
A_DAY = timedelta(days=1)
MAILS_A_DAY = 5
"""So many can strangers have sent to an address by typing it in."""


@transaction.atomic
def ask(text: PledgeText, given: Mapping[str, Any], language: str, now: datetime) -> None:
    """A mail to the address says what is so: confirm it, or that it is signed already. Who typed it learns nothing."""
    email, kind = given["email"], Kind(given["kind"])
    if PledgeMail.objects.to_address(email, now - A_DAY).count() >= MAILS_A_DAY:
        return
    standing = Signature.objects.standing().of_address(email).filter(kind=kind).first()
    if standing:
        standing.mails.create(what=Told.ALREADY)
    else:
        unconfirmed(text, kind, given, language).mails.create(what=Told.CONFIRM)


def unconfirmed(text: PledgeText, kind: Kind, given: Mapping[str, Any], language: str) -> Signature:
    signature = Signature(
        text=text,
        kind=kind,
        shown=Shown(given["shown"]),
        language=language,
        country=given["country"],
        name=given["name"],
        contact="" if kind == Kind.PERSON else given["contact"],
        email=plain(given["email"]),
        support=given["support"],
        together=given["together"],
    )
    signature.mark_again()
    signature.save()
    return signature


def confirm(signature: Signature, now: datetime) -> Signature:
    """What stands from now on: this one, or the one of the same address and kind that stood before."""
    if signature.state != SignatureState.ASKED:
        return signature
    try:
        with transaction.atomic():
            signature.confirm(now.date())
    except IntegrityError:
        return Signature.objects.standing().of_address(signature.email).get(kind=signature.kind)
    return signature


def behind(link: MailedLink, token: str, now: datetime) -> Signature | None:
    name = link.name_in(token, now)
    return Signature.objects.select_related("text").filter(reference=name).first() if name else None


def confirm_address(signature: Signature, now: datetime) -> str:
    return settings.PUBLIC_URL + reverse("appeal:pledge-confirm", args=[TO_CONFIRM.token(signature.reference, now)])


def own_path(signature: Signature, now: datetime) -> str:
    return reverse("appeal:pledge-own", args=[OWN.token(signature.reference, now)])


@transaction.atomic
def forget(now: datetime) -> None:
    """What nobody confirmed was perhaps somebody else's address: nothing of it stays."""
    old = list(Signature.objects.forgettable(now).select_for_update(skip_locked=True).values_list("pk", flat=True))
    PledgeMail.objects.filter(signature__in=old).delete()
    Signature.objects.filter(pk__in=old).delete()
