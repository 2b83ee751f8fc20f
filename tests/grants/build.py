"""Rows for the tests of money out, each with what the test does not care about filled in."""

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count
from threading import Barrier, Thread
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from appeal.models import Campaign
from grants import bookkeeping, conflicts, reviewing, voting
from grants.models import (
    Application,
    Call,
    Choice,
    Criterion,
    FiscalHost,
    Grant,
    Initiative,
    Member,
    PayeeAccount,
    Question,
    Refused,
    Region,
    Returned,
    Review,
    Route,
    Rule,
    Tranche,
)
from ledger import chart
from ledger.journal import Draft, Line, NotEnoughFree, record
from ledger.models import Entry, Fund
from ledger.money import Money

DAY = datetime.date(2026, 11, 20)
NOW = datetime.datetime(2026, 11, 20, 9, tzinfo=datetime.UTC)
numbers = count(1)


def person(name: str = "") -> User:
    return User.objects.create_user(username=name or f"person-{next(numbers)}", is_staff=True)


def campaign(currency: str = "USD") -> Campaign:
    number = next(numbers)
    return Campaign.objects.start(
        slug=f"appeal-{number}",
        title=f"Appeal {number}",
        summary="Winter is near.",
        story="Winter is near, and the roof is thin.",
        goal_minor=10_000_00,
        currency=currency,
        opens_on=DAY,
    )


def gift(fund: Fund, minor: int) -> None:
    """Money in the bank of this fund, free to be promised."""
    amount = Money(minor, fund.currency)
    lines = (Line(chart.BANK, fund, amount), Line(chart.GIFTS, fund, -amount))
    with transaction.atomic():
        record(Draft("test_gift", str(next(numbers)), DAY, lines))


def lost_dispute(fund: Fund, minor: int) -> None:
    """A donor's bank took the gift back."""
    amount = Money(minor, fund.currency)
    lines = (Line(chart.LOST, fund, amount), Line(chart.BANK, fund, -amount))
    with transaction.atomic():
        record(Draft("test_lost", str(next(numbers)), DAY, lines))


def initiative(**fields: Any) -> Initiative:
    defaults: dict[str, Any] = {
        "name": "Hope School of Cisarua",
        "country": "ID",
        "region": Region.SOUTH_EASTERN_ASIA,
        "place": "Jalan Raya 7, Cisarua",
        "languages": ["prs", "en"],
        "email": "hope@example.org",
        "why_unregistered": "Refugees cannot register here.",
    }
    return Initiative.objects.create(**defaults | fields)


def grant(minor: int = 3_000_00, *, of: Campaign | None = None, to: Initiative | None = None, **fields: Any) -> Grant:
    """From the bank fund, unless a fund is given."""
    asked = of or campaign()
    defaults: dict[str, Any] = {
        "initiative": to or initiative(),
        "campaign": asked,
        "fund": asked.bank_fund,
        "purpose": "Winter coats for 60 children",
        "amount_minor": minor,
        "currency": asked.currency,
        "awarded_on": DAY,
    }
    return Grant.objects.create(**defaults | fields)


def planned(of: Grant | None = None, minor: int | None = None, **fields: Any) -> Tranche:
    parent = of or grant()
    defaults: dict[str, Any] = {
        "grant": parent,
        "number": parent.next_number(),
        "fund": parent.fund,
        "amount_minor": minor or parent.amount_minor,
        "currency": parent.currency,
    } | fields
    if "account" not in defaults:
        defaults["account"] = parent.initiative.accounts.last() or account(parent.initiative)
    return Tranche.objects.create(**defaults, account_mark=defaults["account"].mark)


AT_A_BANK = {
    "number": "123456789",
    "bic": "CENAIDJA",
    "bank_name": "Bank Central Asia",
    "bank_country": "ID",
    "country": "ID",
    "town": "Bogor",
}
FACTS: dict[str, dict[str, str]] = {
    Route.BANK: AT_A_BANK,
    Route.HOST: AT_A_BANK,
    Route.TRANSFER_SERVICE: {
        "provider": "Example Transfer",
        "phone": "+6281234567890",
        "country": "ID",
        "town": "Bogor",
    },
    Route.MOBILE_MONEY: {"provider": "Example Pay", "phone": "+6281234567890"},
}


def host(**fields: Any) -> FiscalHost:
    number = next(numbers)
    defaults = {"name": f"Host {number}", "country": "ID", "registration": f"R-{number}", "fee": Decimal("7.50")}
    return FiscalHost.objects.create(**defaults | fields)


def account(of: Initiative | None = None, **fields: Any) -> PayeeAccount:
    """At a bank, unless another way or only details are given."""
    structured = {} if "details" in fields else FACTS[fields.get("route", Route.BANK)]
    defaults: dict[str, Any] = {"payee": "Zahra Ahmadi", **structured}
    return PayeeAccount.objects.record(of or initiative(), by=person(), **defaults | fields)


def another_account(tranche: Tranche) -> PayeeAccount:
    """Of the same initiative, so that it waits."""
    return account(tranche.grant.initiative, payee="Somebody Else", number="987650042", bank_name="Another bank")


def waited(account: PayeeAccount) -> PayeeAccount:
    """The 48 hours are over, which no verb and no program can say."""
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        sql("UPDATE grants_payeeaccount SET payable_from = now() - interval '1 minute' WHERE id = %s", account.pk)
    account.refresh_from_db()
    return account


def promised(*, by: User | None = None, **fields: Any) -> Tranche:
    """Promised from a fund that held just enough."""
    tranche = planned(**fields)
    gift(tranche.fund, tranche.amount_minor)
    bookkeeping.promise(tranche, by=by or person(), on=DAY)
    return tranche


def approved(*, by: User | None = None, **fields: Any) -> Tranche:
    tranche = promised(**fields)
    tranche.approve(by=by or person(), seen=tranche.fingerprint)
    return tranche


def sent(**fields: Any) -> Tranche:
    tranche = approved(**fields)
    pay(tranche)
    return tranche


EVIDENCE: dict[str, dict[str, Any]] = {
    Route.BANK: {},
    Route.HOST: {},
    Route.TRANSFER_SERVICE: {
        "provider": "Example Transfer",
        "licence": "MSB-1",
        "rate": Decimal(15_850),
        "received_by": "Karim Noori",
        "acknowledgement": "Signed the paper at the counter.",
        "why_no_bank": "No bank there opens an account for refugees.",
    },
    Route.MOBILE_MONEY: {"provider": "Example Pay"},
}


def pay(tranche: Tranche, *, wire_fee: int = 18_00, by: User | None = None, **shown: Any) -> None:
    fee = Money(wire_fee, tranche.currency)
    evidence = EVIDENCE[tranche.account.route if tranche.account else Route.BANK] | shown
    bookkeeping.pay(tranche, by=by or person(), sent_on=DAY, bank_reference="FT-2026-77", wire_fee=fee, **evidence)


def planned_by(route: Route, **fields: Any) -> Tranche:
    """To an account of this way."""
    parent = grant(**fields)
    by = {"host": host()} if route == Route.HOST else {}
    return planned(parent, account=account(parent.initiative, route=route, **by))


def approved_by_all(tranche: Tranche) -> Tranche:
    """Promised, and approved by as many as it needs."""
    gift(tranche.fund, tranche.amount_minor)
    bookkeeping.promise(tranche, by=person(), on=DAY)
    for _ in range(tranche.approvals_needed):
        tranche.approve(by=person(), seen=tranche.fingerprint)
    return tranche


def returned(grant: Grant, minor: int = 120_00, *, reference: str = "", by: User | None = None) -> Returned:
    """Unspent money that one person has recorded."""
    reference = reference or f"IN-{next(numbers)}"
    amount = Money(minor, grant.currency)
    return Returned.objects.record(grant, amount, on=DAY, bank_reference=reference, by=by or person())


def failed() -> Tranche:
    tranche = sent()
    bookkeeping.take_back(tranche, on=DAY)
    return tranche


def lines(entry: Entry | None) -> set[tuple[str, str, int]]:
    """(fund code, account, amount) of each posting."""
    assert entry
    return {(p.fund.code, p.account_id, p.amount) for p in entry.postings.select_related("fund")}


def sql(statement: str, *values: str | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def at_once(deeds: Sequence[Callable[[], object]]) -> list[str]:
    """Every deed in a thread of its own, at the same moment; the refusals, as sentences."""
    start, refusals = Barrier(len(deeds)), []

    def run(deed: Callable[[], object]) -> None:
        try:
            start.wait()
            deed()
        except (Refused, NotEnoughFree) as refusal:
            refusals.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


def call(*, published: bool = True, questions: int = 2, **fields: Any) -> Call:
    """Open since yesterday and for a week, with two criteria of 60 and 40 and one rule."""
    asked = fields.pop("campaign", None) or campaign()
    now = timezone.now()
    defaults: dict[str, Any] = {
        "slug": f"call-{next(numbers)}",
        "title": "Winter fund",
        "summary": "Small grants for the cold months.",
        "guidance": "Tell us what you need, in your own words.",
        "campaign": asked,
        "fund": asked.bank_fund,
        "currency": asked.currency,
        "ceiling_minor": 10_000_00,
        "most_minor": 5_000_00,
        "languages": ["en", "prs"],
        "opens": now - datetime.timedelta(days=1),
        "closes": now + datetime.timedelta(days=7),
        "time_zone": "Asia/Bangkok",
        "prepared_by": person(),
    }
    made = Call.objects.create(**defaults | fields)
    for number in range(1, questions + 1):
        Question.objects.create(call=made, number=number, text=f"What will you do, part {number}?")
    criteria = [("Need", 60), ("Led by the people it is for", 40)]
    for number, (name, weight) in enumerate(criteria, start=1):
        Criterion.objects.create(
            call=made, number=number, name=name, weight=weight, none="Not at all", some="In part", full="Wholly"
        )
    Rule.objects.create(
        call=made,
        number=1,
        question="Is your group led by refugees?",
        reason="This fund is for groups led by refugees.",
    )
    if published:
        made.publish(by=person())
    return made


def over(call: Call) -> Call:
    """Its last moment was a minute ago, which no verb and no program can say."""
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        sql(
            "UPDATE grants_call SET opens = now() - interval '9 days',"
            " closes = now() - make_interval(mins => grace + 1) WHERE id = %s",
            call.pk,
        )
    call.refresh_from_db()
    return call


GROUP: dict[str, Any] = {
    "name": "Lamplight Legal Clinic",
    "region": Region.SOUTH_EASTERN_ASIA,
    "languages": ["prs", "en"],
    "why_unregistered": "Refugees cannot register here.",
    "contact": "Zahra Ahmadi",
    "email": "clinic@example.org",
    "purpose": "Blankets for sixty families",
}


def draft(to: Call | None = None, **fields: Any) -> Application:
    """With all that is asked, so that it could be sent."""
    asked = to or call()
    made = Application.objects.begin(asked, "ID", {rule: rule.wanted for rule in asked.rules.all()}, "en")
    for question in asked.questions.all():
        made.answer(question, "We cook for the families on the ninth lane.")
    made.save_facts(**GROUP | {"amount_minor": 1_200_00} | fields)
    return made


def submitted(to: Call | None = None, **fields: Any) -> Application:
    made = draft(to, **fields)
    made.submit(timezone.now())
    return made


def in_review(count: int = 1, **fields: Any) -> list[Application]:
    """Sent by groups of different names and addresses to one call that is over, and found eligible."""
    asked = fields.pop("call", None) or call(**fields)
    sent = [
        submitted(asked, name=f"Group {number}", email=f"group-{number}@example.org", phone=f"+62 812 0000 {number:04}")
        for number in range(1, count + 1)
    ]
    over(asked).begin_reading(timezone.now())
    for application in sent:
        application.screen(eligible=True, by=person())
    return sent


# The panel


def member(of: Call, name: str = "", *, may_read: bool = True, may_vote: bool = True) -> Member:
    return conflicts.join(of, person(name), by=of.prepared_by, may_read=may_read, may_vote=may_vote)


def assigned(application: Application, to: Member) -> Review:
    return reviewing.assign_to(application, to, by=application.call.prepared_by)


def scored(review: Review, *points: int) -> Review:
    """Each criterion has its points, or all have the one that is given, and a reason."""
    criteria = list(review.application.call.criteria.all())
    each = points if len(points) == len(criteria) else points * len(criteria)
    review.write({criterion: (given, "We know this work.") for criterion, given in zip(criteria, each, strict=True)})
    return review


def read(application: Application, by: Member, *points: int) -> Review:
    """Assigned, scored (4 of 5, unless said otherwise) and submitted."""
    review = scored(assigned(application, by), *points or (4,))
    review.submit(timezone.now())
    return review


def in_vote(count: int = 1, members: int = 3, **fields: Any) -> tuple[list[Application], list[Member]]:
    """Read by the first two members of a panel, with a reason each, and open to the vote of all."""
    applications = in_review(count, **fields)
    call = applications[0].call
    panel = [member(call) for _ in range(members)]
    for application in applications:
        for reader in panel[: call.readers]:
            read(application, reader)
        voting.write_reason(application, "Close to the people, and careful with money.", by=call.prepared_by)
    voting.open_vote(call, by=call.prepared_by)
    return [Application.objects.get(pk=one.pk) for one in applications], panel


def voted(application: Application, yes: list[Member], no: list[Member] | None = None) -> None:
    for choice, members in ((Choice.YES, yes), (Choice.NO, no or [])):
        for each in members:
            voting.cast(application, each.person, choice)


def decided(count: int = 1, **fields: Any) -> list[Application]:
    """Voted for by a whole panel of three."""
    applications, panel = in_vote(count, **fields)
    for application in applications:
        voted(application, yes=panel)
    voting.close(applications[0].call, by=panel[0].person)
    return [Application.objects.get(pk=one.pk) for one in applications]
