"""Where a gift is: its fee, what went back, what was granted to whom, what waits. Read from the books, kept nowhere.

It is a convention, for money has no names: of each fund, what was settled first is paid out first. A gift counts with
what stayed of it, and a grant with what it kept, each in the place where it came into the books.

- A fee is the gift's own and comes off first, but for what the general fund covers of it when a gift goes back.
- A refund, a lost dispute or a debit that comes back makes the gift smaller from the beginning; what had been granted
  of it moves to the next in line. While a bank still asks, the gift is whole.
- Where more went back than had come, as when a rate has changed, the fund bears the rest: a cost, at the gift's place.
- A payment that its bank sends back was never paid. What an initiative returns unspent comes off the last of its
  payments, and waits again.
- Costs of a fund are paid in their turn, as grants are. Money from the general fund, and gifts that are nobody's here,
  stand in line with the gifts.
- The card fund and the bank fund of a campaign are two lines.

So, of each fund and to the cent: what a gift brought is its fee, what went back, what is granted and what waits, less
what others bore; and what its gifts gave to a grant is what the grant kept, unless more was paid than stayed.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection

from ledger import chart
from ledger.models import Fund

# What happens to a gift after it has its place: the entries of these kinds are found by their movement's number.
LATER = ("stripe_refund", "stripe_dispute", "stripe_bounced", "stripe_cleared", "stripe_explained")
OUT = ("payment", "cost")
HELD = (*chart.ASSETS, *chart.LIABILITIES, chart.GRANTS, chart.GRANTS_RETURNED)

# A `home` is the entry that gave a gift its place in the line; any other entry is its own. What the fund holds and what
# it has granted is what a home brought it in the end; the line is long by what each home put in. Few take out, and few
# are changed later: those are looked at one by one, and the million others are summed up between the homes asked for.
READ_LINE = """
    WITH later AS MATERIALIZED (
        SELECT entry.id AS entry_id, gift.entry_id AS home
        FROM ledger_entry AS entry
        JOIN donations_balancetransaction AS movement ON movement.stripe_id = entry.source
        JOIN donations_donation AS gift ON gift.id = movement.donation_id
        WHERE entry.kind = ANY(%(later)s) AND gift.entry_id <> entry.id
        UNION ALL
        SELECT entry.id, gift.entry_id
        FROM ledger_entry AS entry
        JOIN donations_dispute AS dispute ON dispute.stripe_id = regexp_replace(entry.source, '-[0-9]+$', '')
        JOIN donations_donation AS gift ON gift.id = dispute.donation_id
        WHERE entry.kind = 'dispute_lost' AND gift.entry_id IS NOT NULL
        UNION ALL
        SELECT id, reverses_id FROM ledger_entry WHERE kind = 'offline_gift.reversed'
    ), changed AS MATERIALIZED (
        SELECT coalesce(later.home, posting.entry_id) AS home, later.entry_id, posting.amount
        FROM ledger_posting AS posting LEFT JOIN later USING (entry_id)
        WHERE posting.fund_id = %(fund)s AND posting.account_id = ANY(%(held)s) AND posting.entry_id = ANY(ARRAY(
            SELECT entry_id FROM ledger_posting
            WHERE fund_id = %(fund)s AND account_id = ANY(%(held)s) AND amount < 0 AND account_id <> 'gifts'
            UNION SELECT entry_id FROM later
            UNION SELECT home FROM later
        ))
    ), cost AS MATERIALIZED (
        SELECT home, -sum(amount) AS amount FROM changed GROUP BY 1 HAVING sum(amount) < 0
    ), stretch AS (
        SELECT width_bucket(entry_id, %(homes)s::bigint[]) AS number, sum(amount) AS length
        FROM ledger_posting WHERE fund_id = %(fund)s AND account_id = ANY(%(held)s) GROUP BY 1
        UNION ALL
        SELECT width_bucket(entry_id, %(homes)s::bigint[]), -amount FROM changed WHERE entry_id IS NOT NULL
        UNION ALL
        SELECT width_bucket(home, %(homes)s::bigint[]), amount FROM changed WHERE entry_id IS NOT NULL
        UNION ALL
        SELECT width_bucket(home, %(homes)s::bigint[]), amount FROM cost
    ), own AS (
        SELECT coalesce(later.home, posting.entry_id) AS home,
               coalesce(-sum(amount) FILTER (WHERE account_id = 'gifts'), 0)::bigint AS came,
               coalesce(sum(amount) FILTER (WHERE account_id IN ('refunds', 'lost')), 0)::bigint AS back,
               coalesce(sum(amount) FILTER (WHERE account_id = ANY(%(held)s)), 0)::bigint AS stayed
        FROM ledger_posting AS posting LEFT JOIN later USING (entry_id)
        WHERE posting.fund_id = %(fund)s AND posting.entry_id IN (
            SELECT unnest(%(homes)s::bigint[]) UNION SELECT entry_id FROM later WHERE home = ANY(%(homes)s)
        )
        GROUP BY 1
    ), unspent AS (
        SELECT returned.grant_id, -sum(posting.amount) AS amount
        FROM grants_returned AS returned
        JOIN grants_grant AS one ON one.id = returned.grant_id
        JOIN ledger_entry AS entry
          ON (entry.kind, entry.source) = ('unspent_returned', one.reference || '-' || returned.id)
        JOIN ledger_posting AS posting ON posting.entry_id = entry.id
        WHERE posting.fund_id = %(fund)s AND posting.account_id = 'grants_returned'
        GROUP BY 1
    ), payment AS (
        SELECT tranche.grant_id, tranche.payment_entry_id AS entry_id, sum(posting.amount) AS amount
        FROM grants_tranche AS tranche
        JOIN ledger_posting AS posting ON posting.entry_id IN (tranche.payment_entry_id, tranche.return_entry_id)
        WHERE posting.fund_id = %(fund)s AND posting.account_id = 'grants'
        GROUP BY 1, 2
    ), paid AS (
        SELECT grant_id, entry_id, amount,
               sum(amount) OVER (PARTITION BY grant_id)
               - sum(amount) OVER (PARTITION BY grant_id ORDER BY entry_id ROWS UNBOUNDED PRECEDING) AS later
        FROM payment
    ), kept AS (
        SELECT paid.grant_id, paid.entry_id,
               least(paid.amount, greatest(0, paid.amount + paid.later - coalesce(unspent.amount, 0)))::bigint AS amount
        FROM paid LEFT JOIN unspent USING (grant_id)
    )
    SELECT 'stretch', number::bigint, NULL::bigint, sum(length)::bigint, 0::bigint, 0::bigint FROM stretch GROUP BY 2
    UNION ALL
    SELECT 'cost', home, NULL, amount::bigint, 0, 0 FROM cost
    UNION ALL
    SELECT 'gift', home, NULL, came, back, stayed FROM own
    UNION ALL
    SELECT 'payment', entry_id, grant_id, amount, 0, 0 FROM kept WHERE amount > 0
"""


class Lot(NamedTuple):
    """A stretch of a line: what a gift put in, or what a payment took out. `start` is what came before it."""

    start: int
    end: int


class Payment(NamedTuple):
    """Money that left the fund, in the order of the books; a cost is to no grant."""

    entry: int
    grant: int | None
    amount: int


class Gift(NamedTuple):
    """What a gift brought its fund, what of it went back or was lost, and what stayed in the end, in its place."""

    entry: int
    came: int
    back: int
    stayed: int
    start: int

    @property
    def lot(self) -> Lot:
        return Lot(self.start, self.start + max(self.stayed, 0))


@dataclass(frozen=True, slots=True)
class Trace:
    """Minor units of the fund's currency: came = back + fee + granted + costs + waits − borne."""

    entry: int
    came: int
    back: int
    fee: int
    borne: int
    granted: Mapping[int, int]
    costs: int
    waits: int


def traces(fund: Fund, entries: Collection[int]) -> dict[int, Trace]:
    """Each of these gifts of the fund, by its entry."""
    gifts, payments = read_line(fund, sorted(entries)) if entries else ((), ())
    return {trace.entry: trace for trace in trace_all(gifts, payments)}


def trace_all(gifts: Iterable[Gift], payments: Sequence[Payment]) -> list[Trace]:
    """What of each gift went where: the payments that lie over its stretch of the line."""
    ends = list(accumulate(payment.amount for payment in payments))
    return [_trace(gift, payments, ends) for gift in gifts]


def _trace(gift: Gift, payments: Sequence[Payment], ends: Sequence[int]) -> Trace:
    shares = _shares(gift.lot, payments, ends)
    costs = shares.pop(None, 0)
    granted = {grant: share for grant, share in shares.items() if grant is not None}
    return Trace(
        entry=gift.entry,
        came=gift.came,
        back=gift.back,
        fee=gift.came - gift.back - gift.stayed,
        borne=max(-gift.stayed, 0),
        granted=granted,
        costs=costs,
        waits=max(gift.stayed, 0) - costs - sum(granted.values()),
    )


def _shares(lot: Lot, payments: Sequence[Payment], ends: Sequence[int]) -> dict[int | None, int]:
    shares: dict[int | None, int] = {}
    for number in range(bisect_right(ends, lot.start), len(payments)):
        payment, end = payments[number], ends[number]
        if end - payment.amount >= lot.end:
            break
        share = min(end, lot.end) - max(end - payment.amount, lot.start)
        if share > 0:
            shares[payment.grant] = shares.get(payment.grant, 0) + share
    return shares


def read_line(fund: Fund, entries: Sequence[int]) -> tuple[list[Gift], list[Payment]]:
    """These gifts at their places, and all payments in their order, out of one look at the books."""
    asked: dict[str, Any] = {"fund": fund.pk, "homes": list(entries), "held": list(HELD), "later": list(LATER)}
    with connection.cursor() as cursor:
        cursor.execute(READ_LINE, asked)
        rows = cursor.fetchall()
    lengths = {stretch: length for kind, stretch, _, length, *_rest in rows if kind == "stretch"}
    before = list(accumulate(lengths.get(stretch, 0) for stretch in range(len(entries))))
    start = dict(zip(entries, before, strict=True))
    gifts = [
        Gift(entry, came, back, stayed, start[entry]) for kind, entry, _, came, back, stayed in rows if kind == "gift"
    ]
    payments = [Payment(entry, grant, amount) for kind, entry, grant, amount, *_rest in rows if kind in OUT]
    return gifts, sorted(payments, key=attrgetter("entry"))
