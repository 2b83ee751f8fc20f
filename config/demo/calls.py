"""Calls, applications and panels of the demonstration, told by the rooms' own verbs. Everybody in them is invented."""

import datetime
import time
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from appeal.models import Campaign
from config.demo import afterwards, story, telling
from donations import bookkeeping
from donations.models import Method, OfflineGift
from grants import conflicts, dividing, reviewing, voting
from grants.allocation import Method as Way
from grants.models import Application, Call, Choice, Criterion, Grant, Kind, Member, Question, Review, Rule
from ledger.money import Money

READERS = ("amina", "htet", "yusuf")
QUESTIONS = (
    ("What is happening where you are, and what do people need most?", 200),
    ("What will you do with the money?", 250),
    ("Who decides in your group, and how do the people you help take part?", 150),
)
CRITERIA = (
    ("Need", 40, "No need beyond everyday life", "Many lack something basic", "Lives or health are in danger now"),
    ("Close to the people", 35, "Decided by outsiders", "People are asked", "Those it is for decide themselves"),
    ("Can be done", 25, "Unclear how", "A plan with gaps", "A clear plan, and people who can do it"),
)
RULES = (
    ("Is your group led by people who had to flee?", True, "This money is for groups led by refugees themselves."),
    ("Are you a government body or a company?", False, "This money is not for governments or companies."),
)


@dataclass(frozen=True)
class Group:
    name: str
    alias: str
    country: str
    language: str
    contact: str
    asks: int
    purpose: str
    answers: tuple[str, str, str]
    extra: dict[str, Any] = field(default_factory=dict)


GROUPS = (
    Group(
        "Ninth Lane Kitchen", "a kitchen run by women", "TH", "en", "kitchen@example.org", 1_200_00,
        "Cooking gas, rice and lentils for one month",
        (
            "The river took the market. Two hundred families eat once a day.",
            "We cook one warm meal a day for the children and the old, in three yards.",
            "Twelve of us meet each Friday. Whoever eats with us may speak and vote.",
        ),
    ),
    Group(
        "Blue Door School", "a school in a living room", "MY", "en", "school@example.org", 900_00,
        "Books, mats and bus fares for sixty children",
        (
            "Our children may not go to school here. The flood took our books.",
            "We buy books and mats, and pay bus fares so that the girls come safely.",
            "Parents choose the teachers. The older pupils sit in our meetings.",
        ),
    ),
    Group(
        "انجمن چراغ", "a clinic of refugee lawyers", "ID", "fa", "lamp@example.org", 1_500_00,
        "Papers for families who lost theirs in the flood",
        (
            "بسیاری از خانواده‌ها مدارک خود را در سیل از دست داده‌اند.",
            "ما برای هر خانواده وقت می‌گیریم، همراهشان می‌رویم و ترجمه می‌کنیم.",
            "شش وکیل پناهنده با هم تصمیم می‌گیرند و هر ماه از مردم می‌پرسیم.",
        ),
        {"phone": "+62 812 5550 1234"},
    ),
)  # fmt: skip


def publish(campaign: Campaign, slug: str, title: str, closes_in: datetime.timedelta, **facts: Any) -> Call:
    """A call for the appeal's bank fund, open since an hour ago; found again at the next start."""
    if call := Call.objects.filter(slug=slug).first():
        return call
    now, lead = timezone.now(), story.person("committee")
    call = Call.objects.create(
        slug=slug,
        title=title,
        summary="Small grants for groups that help in the flooded settlements, from those who gave by bank transfer.",
        guidance="You know best what is needed. Write as you speak.\n\nYou can write in parts: everything is saved.",
        campaign=campaign,
        fund=campaign.bank_fund,
        currency=campaign.currency,
        ceiling_minor=facts.pop("ceiling_minor", 3_000_00),
        most_minor=1_500_00,
        languages=["en", "fa", "prs", "my"],
        opens=now - datetime.timedelta(hours=1),
        closes=now + closes_in,
        time_zone="Asia/Bangkok",
        prepared_by=lead,
        **facts,
    )
    for number, (text, words) in enumerate(QUESTIONS, start=1):
        Question.objects.create(call=call, number=number, text=text, most_words=words)
    for number, (name, weight, none, some, full) in enumerate(CRITERIA, start=1):
        Criterion.objects.create(call=call, number=number, name=name, weight=weight, none=none, some=some, full=full)
    for number, (question, wanted, reason) in enumerate(RULES, start=1):
        Rule.objects.create(call=call, number=number, question=question, wanted=wanted, reason=reason)
    call.publish(by=lead)
    return call


def apply(call: Call, group: Group) -> Application:
    """As its pages would write it."""
    answers = {rule: rule.wanted for rule in call.rules.all()}
    application = Application.objects.begin(call, group.country, answers, group.language)
    for question, text in zip(call.questions.all(), group.answers, strict=True):
        application.answer(question, text)
    application.save_facts(
        name=group.name,
        public_alias=group.alias,
        languages=[group.language, "en"],
        why_unregistered="Refugees cannot register an organisation here.",
        contact="A. N. Other",
        email=group.contact,
        amount_minor=group.asks,
        purpose=group.purpose,
        **group.extra,
    )
    application.submit(timezone.now())
    return application


def wait_until_over(call: Call) -> None:
    """The call's own clock decides; nothing is read before."""
    time.sleep(max(0.0, (call.last_moment - timezone.now()).total_seconds()) + 0.1)


def seat(call: Call) -> list[Member]:
    """Three who read and vote, one of whom has the telephone number of a group that applies; the lead reads too."""
    lead = story.person("committee")
    conflicts.tie(story.person(READERS[2]), Kind.PHONE, "+62 812 5550 1234", by=lead)
    conflicts.join(call, lead, by=lead, may_read=True, may_vote=False)
    return [conflicts.join(call, story.person(name), by=lead, may_read=True, may_vote=True) for name in READERS]


def screen(call: Call) -> None:
    lead = story.person("committee")
    for application in call.applications.to_screen():
        reviewing.screen(application, eligible=True, by=lead)


def read(call: Call) -> list[Review]:
    """Every reader who was given an application scores it; each a little differently."""
    reviewing.assign(call, by=story.person("committee"))
    reviews = list(Review.objects.filter(application__call=call).order_by("pk"))
    criteria = list(call.criteria.all())
    for review in reviews:
        number = [group.name for group in GROUPS].index(review.application.name)
        points = [5 - (number + place) % 3 for place in range(len(criteria))]
        review.write({one: (given, "We know this work.") for one, given in zip(criteria, points, strict=True)})
        review.submit(timezone.now())
    return reviews


def vote(call: Call, members: list[Member]) -> None:
    """Everyone who may votes yes; the panel gives its reason for each."""
    lead = story.person("committee")
    for application in call.applications.eligible():
        voting.write_reason(application, "Close to the people, and a plan that can be done.", by=lead)
    voting.open_vote(call, by=lead)
    for application in call.applications.eligible():
        for member in members:
            if not application.recusals.filter(member=member).exists():
                voting.cast(application, member.person, Choice.YES)
    voting.close(call, by=lead)


def money_by_transfer(campaign: Campaign, amount: Money) -> None:
    """Recorded by one person, confirmed by another."""
    gift = OfflineGift(
        campaign=campaign,
        method=Method.BANK_TRANSFER,
        received_on=timezone.localdate(),
        name="Haven Street Congregation",
        email="haven@example.org",
        evidence="Bank statement, line 7.",
    )
    gift.amount = gift.credited = amount
    gift.record(by=story.person("treasurer"))
    bookkeeping.receive(gift, by=story.person("approver"))


def tell(campaign: Campaign) -> None:
    """One call that is open, one that is being read, and one whose grants are offered, the first of them done."""
    telling.tell(campaign)
    publish(campaign, "winter", "Winter fund", datetime.timedelta(days=20))
    if Call.objects.filter(slug="repairs").exists():
        return
    money_by_transfer(campaign, Money(4_000_00, "USD"))
    soon = datetime.timedelta(seconds=4)
    reading = publish(campaign, "first-aid", "First aid after the flood", soon, grace=0)
    done = publish(campaign, "repairs", "Repairs before the rain", soon, grace=0)
    for call in (reading, done):
        for group in GROUPS:
            apply(call, group)
    wait_until_over(done)
    for call in (reading, done):
        reviewing.begin(call, timezone.now(), by=story.person("committee"))
    members = seat(done)
    screen(done)
    read(done)
    vote(done, members)
    divide(done, Way.SCALED)
    afterwards.tell(Grant.objects.get(initiative__name=GROUPS[0].name))
    for name in READERS:
        conflicts.join(reading, story.person(name), by=story.person("committee"), may_read=True, may_vote=True)


def divide(call: Call, way: Way) -> None:
    by: User = story.person("treasurer")
    dividing.allocate(call, way, parts=1, reason="Each group can begin at once.", by=by, on=timezone.localdate())
