"""What a donor is told of where their gifts are: the traces of the books, in words that put nobody in danger.

A grant that may not be shown is part of one sum. Of the sum, a donor could learn what one group got, so it stands alone
only where several groups share it; else it is one sum with what waits. Whether it does is the same for all donors of a
campaign and for each of their gifts, so that nothing follows from holding two pages beside each other. What a page then
tells is no more than the fund statement does: what was paid to groups without a name, and by what day.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from appeal.models import Campaign
from donations.models import Donation, Match
from donations.models.donation import Method
from grants.models import Grant
from grants.publication import PublicGrant
from grants.register import FEWEST, crowds, rolled_up
from ledger.models import Fund
from ledger.money import Money
from receipts.statement import place_of
from receipts.tracing import Trace, traces


class Share(NamedTuple):
    """What of the gifts a grant was given that may be shown."""

    grant: PublicGrant
    amount: Money

    @property
    def where(self) -> str:
        return place_of(self.grant)


class OnTop(NamedTuple):
    """What a funder, shown as it agreed, promised for the gifts: no part of them, and of nothing in the books."""

    funder: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Gifts to one campaign, in its currency: came = back + fee + costs + shares + unnamed + waits."""

    campaign: Campaign
    as_of: datetime.date
    many: bool
    converted: bool
    came: Money
    back: Money
    fee: Money
    costs: Money
    shares: tuple[Share, ...]
    unnamed: Money
    waits: Money
    several_unnamed: bool
    on_top: tuple[OnTop, ...]

    @property
    def unnamed_or_waiting(self) -> Money:
        return self.unnamed + self.waits


def whereabouts(gifts: Sequence[Donation], today: datetime.date) -> Whereabouts:
    """Of gifts that are in the books, all to one campaign."""
    campaign = gifts[0].campaign
    found = [trace for fund, entries in by_fund(gifts) for trace in traces(fund, entries).values()]
    granted = Counter[int]()
    for trace in found:
        granted.update(trace.granted)
    shares = shares_of(campaign, granted, today)
    came, back, fee, costs, waits = (Money(total, campaign.currency) for total in totals(found))
    unnamed = Money(granted.total(), campaign.currency)
    for share in shares:
        unnamed -= share.amount
    return Whereabouts(
        campaign=campaign,
        as_of=today,
        many=len(gifts) > 1,
        converted=any(gift.currency != campaign.currency for gift in gifts),
        came=came,
        back=back,
        fee=fee,
        costs=costs,
        shares=shares,
        unnamed=unnamed,
        waits=waits,
        several_unnamed=unnamed_initiatives(campaign, today) not in range(1, FEWEST),
        on_top=promised_on_top(gifts),
    )


def promised_on_top(gifts: Sequence[Donation]) -> tuple[OnTop, ...]:
    """By each pot that matched one of these gifts, the first one first."""
    pots: dict[int, OnTop] = {}
    for match in Match.objects.standing().filter(donation__in=gifts).select_related("pot").order_by("pk"):
        so_far = pots.get(match.pot_id, OnTop(match.pot.shown_as, Money.zero(match.pot.currency)))
        pots[match.pot_id] = so_far._replace(amount=so_far.amount + match.amount)
    return tuple(pots.values())


def by_fund(gifts: Sequence[Donation]) -> list[tuple[Fund, list[int]]]:
    def by_card(gift: Donation) -> bool:
        return gift.method == Method.CARD

    return [
        (
            gifts[0].campaign.card_fund if card else gifts[0].campaign.bank_fund,
            [gift.entry_id for gift in group if gift.entry_id],
        )
        for card, group in groupby(sorted(gifts, key=by_card), key=by_card)
    ]


def totals(found: Collection[Trace]) -> tuple[int, ...]:
    rows = [(trace.came, trace.back, trace.fee, trace.costs - trace.borne, trace.waits) for trace in found]
    return tuple(sum(column) for column in zip(*rows, strict=True))


def shares_of(campaign: Campaign, granted: Counter[int], today: datetime.date) -> tuple[Share, ...]:
    """Those that may be shown, the latest month first."""
    crowded = crowds([campaign.pk], today)
    grants = Grant.objects.shown(today).filter(pk__in=granted).select_related("initiative").order_by("reference")
    shares = [
        Share(shown, Money(granted[grant.pk], campaign.currency))
        for grant in grants
        if (shown := rolled_up(grant, crowded))
    ]
    return tuple(sorted(shares, key=lambda share: share.grant.month, reverse=True))


def unnamed_initiatives(campaign: Campaign, today: datetime.date) -> int:
    """How many were paid from this campaign and are no line of the register."""
    shown = Grant.objects.shown(today).of(campaign)
    paid = Grant.objects.of(campaign).filter(tranches__payment_entry__isnull=False, tranches__return_entry=None)
    return paid.exclude(pk__in=shown).order_by().values("initiative").distinct().count()
