"""The end of a grant: what has to be there, and what is still missing."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from grants.models import Grant, GrantState, ReportState, State
from ledger.money import Money


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist."""

    words: str | Promise
    done: bool


def checklist(grant: Grant) -> list[Item]:
    """All that a grant needs before it is closed."""
    states = {State(tranche.state) for tranche in grant.tranches.all()}
    final = grant.reports.filter(final=True).first()
    settled = (
        final is not None and final.spent is not None and unspent(grant, final.spent) == Money.zero(grant.currency)
    )
    return [
        Item(
            _("the initiative has confirmed each payment, or it was released"),
            states <= {State.CONFIRMED, State.RELEASED},
        ),
        Item(_("the final report is accepted"), final is not None and final.state == ReportState.ACCEPTED),
        Item(_("what was not spent has come back"), settled),
        Item(_("a second person has confirmed what came back"), not grant.returned.waiting().exists()),
        Item(_("each variation is decided"), not grant.variations.filter(agreed=None).exists()),
    ]


def came_to(grant: Grant) -> Money:
    """What was sent, less what its fiscal hosts keep of it."""
    sent = grant.tranches.sent().select_related("evidence", "onward")
    return sum((tranche.arriving for tranche in sent), start=Money.zero(grant.currency))


def unspent(grant: Grant, spent: Money) -> Money:
    """What came to them, less what was spent and what has come back. Nothing, if they spent money of their own."""
    zero = Money.zero(grant.currency)
    back = sum((each.amount for each in grant.returned.booked()), start=zero)
    return max(came_to(grant) - back - spent, zero)


def still_to_return(grant: Grant) -> Money:
    """The most that can still be sent back, beside what is recorded."""
    zero = Money.zero(grant.currency)
    recorded = sum((each.amount for each in grant.returned.standing()), start=zero)
    return max(came_to(grant) - recorded, zero)


@transaction.atomic
def close(grant: Grant, *, by: User) -> None:
    """Refused names what is still missing."""
    held = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    if missing := [str(item.words) for item in checklist(held) if not item.done]:
        raise Refused(_now("This grant cannot be closed yet. Still to do: %(items)s.") % {"items": "; ".join(missing)})
    held.move(GrantState.CLOSED, closed_by=by, closed_at=timezone.now())
    grant.refresh_from_db()
