"""Import a bank statement: keep each line once, and say at once what it is where that is certain.

What names one appeal's transfer code is recorded as a gift, for a second person to confirm. What went out, or says
that it came from Stripe, is no gift. All else waits in a queue for a person.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from appeal import transfer_code
from appeal.models import Campaign
from donations import statement_camt, statement_csv
from donations.many import any_of
from donations.models import Aside, BankAccount, BankStatement, Method, OfflineGift, Payout, StatementLine
from donations.models.bank_statement import Format
from donations.models.payout import CAME_BACK
from donations.statement import Listed, keyed
from ledger.money import Money

MOST_BYTES = 10 * 1024 * 1024
BY_STRIPE = re.compile(r"\bSTRIPE\b", re.IGNORECASE)
A_DAY = timedelta(days=1)
ARRIVES_WITHIN = timedelta(days=4)  # after the day that Stripe names: weekends and holidays of banks

type Codes = dict[str, Campaign]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file."""

    statement: BankStatement
    gifts: int
    waiting: int
    aside: int

    @property
    def known(self) -> int:
        return self.statement.listed - self.statement.fresh


def bring_in(account: BankAccount, content: bytes, *, name: str, by: User) -> Outcome:
    """Take in all of a file, or, where Broken says why, nothing of it. Lines that are known already change nothing."""
    lines = keyed(read(account, content))
    with transaction.atomic():
        BankAccount.objects.select_for_update().get(pk=account.pk)  # one import at a time
        known = set(account.lines.filter(key__in=any_of(lines)).values_list("key", flat=True))
        fresh = {key: line for key, line in lines.items() if key not in known}
        statement = BankStatement.objects.create(
            account=account,
            file_name=name[:200],
            sha256=hashlib.sha256(content).hexdigest(),
            listed=len(lines),
            fresh=len(fresh),
            imported_by=by,
            imported_at=timezone.now(),
        )
        codes = {campaign.transfer_code: campaign for campaign in Campaign.objects.all()}
        kept = StatementLine.objects.bulk_create(rows(statement, fresh, codes), batch_size=1000)
        gifts = sum(recorded(line, codes, by) for line in kept)
    aside = sum(line.aside != "" for line in kept)
    return Outcome(statement, gifts=gifts, waiting=len(kept) - gifts - aside, aside=aside)


def read(account: BankAccount, content: bytes) -> Iterable[Iterable[Listed]]:
    if account.format == Format.CAMT:
        return statement_camt.read(content, account.number)
    return [statement_csv.read(content, account)]


def rows(statement: BankStatement, lines: dict[str, Listed], codes: Codes) -> Iterator[StatementLine]:
    payouts = Payouts(lines.values())
    for key, line in lines.items():
        # A donor can give what a payout brings, on its day; and our code beside Stripe's name is for a person.
        from_stripe = says_stripe(line) and not named_in(line, codes)
        yield StatementLine(
            account_id=statement.account_id,
            statement=statement,
            key=key,
            booked_on=line.booked_on,
            amount_minor=line.amount.minor,
            currency=line.amount.currency,
            given_minor=line.given.minor if line.given else None,
            given_currency=line.given.currency if line.given else "",
            text=line.text,
            reference=line.reference,
            payer=line.payer,
            bank_id=line.bank_id,
            payout=payouts.behind(line) if from_stripe else None,
            aside=aside(line, from_stripe=from_stripe),
        )


def aside(line: Listed, *, from_stripe: bool) -> str:
    if line.amount.minor <= 0:
        return Aside.DEBIT
    return Aside.PAYOUT if from_stripe else ""


def recorded(line: StatementLine, codes: Codes, by: User) -> bool:
    """Whether it is certain enough to be recorded as a gift; whoever imports it cannot confirm it."""
    named = named_in(line, codes)
    if line.aside or len(named) != 1 or says_stripe(line) or Payouts([line]).behind(line):
        return False
    campaign = codes[named.pop()]
    if campaign.currency != line.currency:
        return False
    gift = OfflineGift(
        campaign=campaign,
        method=Method.BANK_TRANSFER,
        received_on=line.booked_on,
        name=line.payer[:100],
        line=line,
    )
    gift.amount, gift.credited = line.given, line.amount
    gift.record(by=by)
    return True


def named_in(line: Listed | StatementLine, codes: Codes) -> set[str]:
    return transfer_code.found_in(f"{line.text} | {line.reference}", codes)


def says_stripe(line: Listed | StatementLine) -> bool:
    return any(BY_STRIPE.search(text) for text in (line.text, line.reference, line.payer))


class Payouts:
    """Stripe's payouts to us that can be behind these lines, each behind one of them."""

    def __init__(self, lines: Iterable[Listed | StatementLine]) -> None:
        days = [line.booked_on for line in lines] or [timezone.localdate()]
        arriving = Payout.objects.exclude(status__in=CAME_BACK).filter(
            statement_line=None, arrival_on__range=(min(days) - ARRIVES_WITHIN, max(days) + A_DAY)
        )
        self._by_amount: dict[Money, list[Payout]] = defaultdict(list)
        for payout in arriving.order_by("arrival_on", "pk"):
            self._by_amount[payout.amount].append(payout)

    def behind(self, line: Listed | StatementLine) -> Payout | None:
        """The first of this amount that Stripe said would arrive about then."""
        same = self._by_amount[line.amount]
        found = next((p for p in same if -A_DAY <= line.booked_on - p.arrival_on <= ARRIVES_WITHIN), None)
        if found:
            same.remove(found)
        return found
