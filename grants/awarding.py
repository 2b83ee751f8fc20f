"""Offer a grant to the group behind an application, and take its answer.

The money is promised in the books at the moment it is offered, one commitment a tranche, so that nothing is offered
twice; what is declined is free again at once.
"""

import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from appeal.refusal import Refused
from grants import bookkeeping, conflicts, reporting
from grants.models import Application, Grant, GrantState, Initiative, Told, Tranche
from ledger.money import Money
from ledger.splitting import split

SAID_OF_ITSELF = (
    *("name", "public_alias", "country", "region", "place", "contact", "email", "phone"),
    *("registration", "why_unregistered"),
)


@transaction.atomic
def offer(application: Application, amount: Money, *, parts: int, by: User, on: datetime.date) -> Grant:
    """A grant to the group behind this application, its tranches promised at once."""
    call, initiative = application.call, initiative_of(application)
    if conflicts.concerns(by, call):
        raise Refused(_("You are tied to a group that applied to this call. Somebody else has to divide its money."))
    refuse_too_much(application, amount)
    grant = Grant.objects.create(
        initiative=initiative,
        campaign=call.campaign,
        fund=call.fund,
        purpose=application.purpose,
        amount_minor=amount.minor,
        currency=amount.currency,
        awarded_on=on,
        state=GrantState.OFFERED,
        application=application,
    )
    for number, minor in enumerate(filter(None, split(amount.minor, [1] * parts)), start=1):
        tranche = Tranche.objects.create(
            grant=grant, number=number, fund=grant.fund, amount_minor=minor, currency=amount.currency
        )
        bookkeeping.promise(tranche, by=by, on=on)
    application.tell(Told.AWARDED)
    return grant


def refuse_too_much(application: Application, amount: Money) -> None:
    """No group gets more than it asked for, and all of a call together no more than its ceiling."""
    call = application.call
    if amount.minor > (application.amount_minor or 0):
        words = {"asked": Money(application.amount_minor or 0, call.currency).format()}
        raise Refused(_("This group asked for %(asked)s, and gets no more than that.") % words)
    given = Grant.objects.filter(application__call=call).exclude(state=GrantState.CANCELLED)
    left = call.ceiling - Money(given.aggregate(sum=Sum("amount_minor"))["sum"] or 0, call.currency)
    if amount > left:
        words = {"ceiling": call.ceiling.format(), "left": left.format()}
        raise Refused(_("The ceiling of this call is %(ceiling)s, and %(left)s of it is left.") % words)


def initiative_of(application: Application) -> Initiative:
    """The one that staff found it to be, or a new one with what the group said of itself."""
    if application.initiative:
        return application.initiative
    languages = [application.language, *(code for code in application.languages if code != application.language)]
    facts = {name: getattr(application, name) for name in SAID_OF_ITSELF}
    initiative = Initiative.objects.create(**facts, languages=languages)
    Application.objects.filter(pk=application.pk).update(initiative=initiative)
    return initiative


@transaction.atomic
def accept(grant: Grant, *, by: str, said: str, on: datetime.date) -> None:
    """The initiative takes the grant, on the terms it has read. Twice changes nothing."""
    held = Grant.objects.select_for_update().get(pk=grant.pk)
    if held.state != GrantState.ACCEPTED:
        reporting.schedule(held, on)
        held.accept(by=by, said=said, agreement=terms(held, translation.get_language() or "en"), on=on)


@transaction.atomic
def decline(grant: Grant, *, by: str, said: str, on: datetime.date) -> None:
    """The initiative does not take it: what was promised is free again. Twice changes nothing."""
    held = Grant.objects.select_for_update().get(pk=grant.pk)
    if held.state == GrantState.CANCELLED:
        return
    if not held.is_offered:
        raise Refused(_("You have accepted this grant already. If you cannot use it, please write to us."))
    held.decline(by=by, said=said, on=on)
    for tranche in held.tranches.promised():
        bookkeeping.release(tranche, on=on)


@transaction.atomic
def cancel(grant: Grant, *, reason: str, by: User, on: datetime.date) -> None:
    """We take an offer back, or end a grant of which nothing is paid. What was promised is free; the group is told."""
    held = Grant.objects.select_for_update().get(pk=grant.pk)
    if held.tranches.sent().exists():
        raise Refused(_("Money of this grant is paid. Release the rest, and close the grant when it is reported on."))
    held.move(GrantState.CANCELLED, why_cancelled=reason, cancelled_by=by, cancelled_at=timezone.now())
    for tranche in held.tranches.promised():
        bookkeeping.release(tranche, on=on)
    if held.application:
        held.application.tell(Told.CANCELLED)


def terms(grant: Grant, language: str) -> str:
    """What both sides promise, in plain words; kept with the grant once it is accepted."""
    with translation.override(language):
        return render_to_string("grants/agreement.txt", {"grant": grant}).strip()
