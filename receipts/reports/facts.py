"""The facts of one transparency report: frozen, out of one snapshot of the books, and shown alike in every form.

Amounts are those of the ledger to the cent. A count below ten is `None`: “fewer than 10”.
A grant is shown as far as `grants.publication` and `grants.register` let it, and days are months. Of what is withheld
there is only what the books have anyway: the sum of all grants.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from django.conf import settings
from django.urls import reverse

from grants.models import Publication
from grants.publication import PublicGrant
from ledger.money import Money
from receipts.reports import periods
from receipts.statement import BooksDisagree, FundStatement, Period, total

FEWER_THAN = 10
SCHEMA = 1

Count = int | None


def counted(number: int) -> Count:
    return None if number < FEWER_THAN else number


class Directness(StrEnum):
    """How many organisations stood between us and the initiative. `UNTOLD` could point to a group that is withheld."""

    DIRECT = "direct"
    ONE = "one"
    MORE = "more"
    UNTOLD = "untold"


class Bearer(StrEnum):
    """Whose money a fee was taken from."""

    GIFTS = "gifts"
    GENERAL = "general"


class Trouble(StrEnum):
    REFUNDED = "refunded"
    LOST = "lost"
    RETURNED = "returned"
    RELEASED = "released"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class IncomeLine:
    """Gifts of a month that came one way in one currency: what was given, and what it came to in the books.

    `way` is a `donations.models.Method`, or `other` for money that was explained afterwards. A gift that is taken out
    of the books again counts against the month of that.
    """

    month: date
    way: str
    gifts: Count
    given: Money
    booked: Money


@dataclass(frozen=True, slots=True)
class Fee:
    """`kind` is an account of the chart: fees (of the payment company), dispute_fees or bank_fees."""

    kind: str
    borne_by: Bearer
    amount: Money


@dataclass(frozen=True, slots=True)
class Payment:
    """What a grant was paid in a month, less what came back of it."""

    month: date
    route: Directness
    amount: Money


@dataclass(frozen=True, slots=True)
class Number:
    """What an initiative counted or estimated; `measure` is a `grants.models.Measure`."""

    measure: str
    number: int
    estimate: bool


@dataclass(frozen=True, slots=True)
class ReportGrant:
    """A line of the register. Promised is as of the last day, paid is what was paid in the period.

    `level` is what its initiative had agreed to. A level that tells no purpose tells no months, ways or numbers either:
    `payments` and `outcomes` are empty then, whatever was paid.
    """

    grant: PublicGrant
    campaign: str
    level: str
    promised: Money
    paid: Money
    payments: tuple[Payment, ...] = ()
    outcomes: tuple[Number, ...] = ()

    @property
    def route(self) -> Directness | None:
        """The longest way that a payment of it took; None where that is not told, or nothing was paid."""
        ways = {payment.route for payment in self.payments}
        return next((way for way in (Directness.MORE, Directness.ONE, Directness.DIRECT) if way in ways), None)

    @property
    def hosted(self) -> bool | None:
        """Whether a fiscal host received it for the initiative; None where that is not told."""
        return None if self.route is None else self.route != Directness.DIRECT


@dataclass(frozen=True, slots=True)
class Way:
    route: Directness
    paid: Money


@dataclass(frozen=True, slots=True)
class DecidedCall:
    """An open call that was decided in the period."""

    title: str
    slug: str
    campaign: str
    month: date
    ceiling: Money
    quorum: int
    received: Count
    eligible: Count
    funded: Count


@dataclass(frozen=True, slots=True)
class Mishap:
    """What went wrong, how often and how much money it was about; no amount for what is about none."""

    kind: Trouble
    count: Count
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a version changed from the one before it. Nobody's where a protection was lowered: `withheld` then."""

    version: int
    month: date
    words: str
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class OpenBooks:
    """The log's last checkpoint when the books were read: whatever it covers cannot have changed since."""

    origin: str
    size: int
    root: str
    day: date


@dataclass(frozen=True, slots=True)
class TransparencyReport:
    """All that one version of a report says. A BooksDisagree stops one that does not follow from the books."""

    version: int
    period: Period
    as_of: date
    language: str
    text: str
    statement: FundStatement
    """Its register is empty: the grants are here."""
    income: tuple[IncomeLine, ...]
    fees: tuple[Fee, ...]
    grants: tuple[ReportGrant, ...]
    directness: tuple[Way, ...]
    decisions: tuple[DecidedCall, ...]
    mishaps: tuple[Mishap, ...]
    corrections: tuple[Correction, ...] = ()
    open_books: OpenBooks | None = None
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        self._agree("gifts", total((line.booked for line in self.income), self.currency), self.statement.gifts)
        self._agree("ways", total((way.paid for way in self.directness), self.currency), self.statement.paid)
        self._agree("refunds", self.trouble(Trouble.REFUNDED), self.statement.refunds)
        self._agree("losses", self.trouble(Trouble.LOST), self.statement.lost)
        self._agree("fees", self.costs_of(Bearer.GIFTS, *self._general_too()), self.statement.costs)
        for line in self.grants:
            if line.payments:
                paid = total((payment.amount for payment in line.payments), self.currency)
                self._agree(line.grant.reference, paid, line.paid)

    def _agree(self, what: str, said: Money, booked: Money) -> None:
        if said != booked:
            raise BooksDisagree(f"{self.key}: {what} come to {said}, and the books have {booked}.")

    def _general_too(self) -> tuple[Bearer, ...]:
        """The statement of all funds has the general fund's costs in it, a campaign's has not."""
        return () if self.slug else (Bearer.GENERAL,)

    @property
    def currency(self) -> str:
        return self.statement.currency

    @property
    def title(self) -> str:
        return self.statement.campaign

    @property
    def slug(self) -> str:
        """Of its campaign; empty where it is about all funds."""
        return self.statement.slug

    @property
    def key(self) -> str:
        """Unique to this version, and part of its files' names: `winter-2026-q3-v1`."""
        return f"{self.about}-{periods.name(self.period)}-v{self.version}"

    @property
    def about(self) -> str:
        """The campaign's slug, or what stands in its place for all funds."""
        return self.slug or f"all-{self.currency.lower()}"

    @property
    def url(self) -> str:
        """The whole address of its page: it is printed."""
        return settings.PUBLIC_URL + reverse("receipts:report", args=[self.about, periods.name(self.period)])

    @property
    def is_over(self) -> bool:
        """Whether the period was over when the books were read."""
        return self.period.until < self.as_of

    @property
    def withheld_promised(self) -> Money:
        return self.statement.promised - total((line.promised for line in self.grants), self.currency)

    @property
    def withheld_paid(self) -> Money:
        return self.statement.paid - total((line.paid for line in self.grants), self.currency)

    @property
    def outcomes(self) -> tuple[Number, ...]:
        """Added up over the grants that tell them; an estimate if any part of it is one."""
        sums: dict[str, Number] = {}
        for number in (number for line in self.grants for number in line.outcomes):
            last = sums.get(number.measure, Number(number.measure, 0, False))
            estimate = last.estimate or number.estimate
            sums[number.measure] = Number(number.measure, last.number + number.number, estimate)
        return tuple(sums.values())

    @property
    def months(self) -> tuple[tuple[date, Money], ...]:
        """What was given in each month that had gifts."""
        return tuple(sorted(sums_by((line.month, line.booked) for line in self.income).items()))

    def trouble(self, kind: Trouble) -> Money:
        return total((each.amount for each in self.mishaps if each.kind == kind and each.amount), self.currency)

    def costs_of(self, *bearers: Bearer) -> Money:
        return total((fee.amount for fee in self.fees if fee.borne_by in bearers), self.currency)

    def said_again(self, *, version: int, corrections: tuple[Correction, ...]) -> "TransparencyReport":
        return replace(self, version=version, corrections=corrections)


TELLS_WORK = (Publication.FULL, Publication.NAME_WITHHELD)
"""The levels at which months of payment, ways and numbers are told."""


def sums_by[Key](parts: Iterable[tuple[Key, Money]]) -> dict[Key, Money]:
    sums: dict[Key, Money] = {}
    for key, amount in parts:
        sums[key] = sums[key] + amount if key in sums else amount
    return sums


def grouped[Key, Value](pairs: Iterable[tuple[Key, Value]]) -> dict[Key, tuple[Value, ...]]:
    groups: dict[Key, list[Value]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
