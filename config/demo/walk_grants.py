"""Money out, once: a call, applications, a panel with a recusal, awards, two ways of paying, a report, the end."""

import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from appeal.models import Campaign
from appeal.stories import StoryPhoto
from config.demo import afterwards, calls, story, telling
from config.demo.walking import Walk, patiently, require
from grants import awarding, bookkeeping, closing, dividing, reviewing
from grants.allocation import Method
from grants.models import (
    Application,
    Call,
    Grant,
    GrantState,
    Message,
    PayeeAccount,
    Recusal,
    Report,
    Returned,
    State,
    Told,
)
from ledger import chart
from ledger.money import Money

STRANGER = calls.Group(
    "Riverside Trading", "a company", "TH", "en", "trade@example.org", 1_000_00,
    "A warehouse", ("We sell rice.", "We would build a warehouse.", "The owner decides."),
)  # fmt: skip
TIME_TO_WRITE = datetime.timedelta(seconds=15)


def go(walk: Walk, campaign: Campaign) -> None:
    fund = campaign.bank_fund
    calls.money_by_transfer(campaign, Money(4_000_00, "USD"))
    walk.step(
        "A gift by bank transfer, recorded by one person and confirmed by another",
        f"{fund.name}: {free(campaign)} free",
    )
    call = calls.publish(campaign, "walk", "Winter fund", TIME_TO_WRITE, grace=0, readers=3)
    walk.step("A call is published", f"ceiling {call.ceiling.format()}, at most {call.most.format()} for one group")
    turned_away(walk, call)
    apply(walk, call)
    read_and_decide(walk, call)
    grants = divide(walk, call)
    for grant in grants:
        accept(walk, grant)
    by_bank, by_host, given_back = grants
    pay(walk, by_bank, story.account_of(by_bank.initiative), "by bank transfer")
    pay(walk, by_host, story.account_at_a_host(by_host.initiative), "through a fiscal host")
    cancel(walk, given_back)
    report(walk, by_bank)
    account_for(walk, by_host)
    tell(walk, campaign)


def free(campaign: Campaign) -> str:
    return campaign.bank_fund.free().format()


def turned_away(walk: Walk, call: Call) -> None:
    """Whoever cannot apply learns it before the long form."""
    page = walk.send(reverse("grants:start", args=[call.slug]), {"country": "TH", "rule_1": "no", "rule_2": "no"}).text
    require("groups led by refugees themselves" in page, "somebody who may not apply learns why")
    walk.step("Somebody who may not apply learns why, before the long form")


def apply(walk: Walk, call: Call) -> None:
    """One group goes through the pages, and comes back by its code; the others are there already."""
    group, start = calls.GROUPS[0], reverse("grants:start", args=[call.slug])
    walk.send(start, {"country": group.country, "rule_1": "yes", "rule_2": "no"})
    application = Application.objects.latest("pk")
    for name, fields in pages(group).items():
        walk.send(reverse("grants:application-page", args=[application.reference, name]), fields | {"save": "on"})
    walk.web.cookies.clear()
    walk.send(reverse("grants:resume-by-link", args=[application.code]), {})
    sent = walk.send(reverse("grants:application-check", args=[application.reference]), {}).text
    require("We have your application" in sent, "the application is sent")
    for other in (*calls.GROUPS[1:], STRANGER):
        calls.apply(call, other)
    figures = f"{call.applications.sent().count()} sent; the first by its pages, taken up again by its code"
    walk.step("Groups apply, without an account", figures)


def pages(group: calls.Group) -> dict[str, dict[str, str | list[str]]]:
    answers: dict[str, dict[str, str | list[str]]] = {
        f"question-{number}": {"text": text} for number, text in enumerate(group.answers, start=1)
    }
    fixed: dict[str, dict[str, str | list[str]]] = {
        "how": {"language": "en", "mode": "written"},
        "group": {"name": group.name, "languages": ["en", "my"], "why_unregistered": "Refugees cannot register here."},
        "contact": {"contact": "A. N. Other", "email": group.contact},
        "money": {"amount": str(group.asks // 100), "amount_currency": "USD", "purpose": group.purpose},
    }
    return fixed | answers


def read_and_decide(walk: Walk, call: Call) -> None:
    lead = story.person("committee")
    calls.wait_until_over(call)
    reviewing.begin(call, timezone.now(), by=lead)
    stranger = next(one for one in call.applications.to_screen() if one.name == STRANGER.name)
    reviewing.screen(stranger, eligible=False, by=lead, why="This money is not for companies.")
    members = calls.seat(call)
    calls.screen(call)
    aside = Recusal.objects.filter(member__call=call).count()
    require(aside == 1, "one member of the panel stands aside")
    walk.step(
        "It is over: screened, and compared with the panel", "1 not eligible, and told why", f"{aside} recusal found"
    )
    reviews = calls.read(call)
    walk.step("Each application is read", f"{len(reviews)} reviews, blind until one's own is in")
    calls.vote(call, members)
    results = [f"{one.reference}: {one.decision.yes} of {one.decision.eligible} for it, rank {one.decision.rank}"
               for one in call.applications.eligible().order_by("decision__rank")]  # fmt: skip
    walk.step("The panel votes, sealed until the close", *results)


def divide(walk: Walk, call: Call) -> list[Grant]:
    ways = dividing.plans(call)
    figures = [f"{plan.method.label}: {', '.join(share.given.format() for share in plan.shares)}" for plan in ways]
    calls.divide(call, Method.SCALED)
    grants = list(Grant.objects.filter(application__call=call).order_by("-amount_minor"))
    together = sum((grant.amount for grant in grants), start=Money.zero("USD"))
    require(together == call.ceiling, "the grants come to the ceiling, to the cent")
    walk.step(
        "Three ways to divide the money; the second is taken",
        *figures,
        f"promised {together.format()}, free {free(call.campaign)}",
    )
    return grants


def accept(walk: Walk, grant: Grant) -> None:
    for _ in patiently("the award to be mailed"):
        if Message.objects.filter(application=grant.application, what=Told.AWARDED, mailed_at__isnull=False).exists():
            break
    letter = walk.get(reverse("receipts:award-letter", args=[grant.key])).content
    require(letter.startswith(b"%PDF"), "the award letter is a PDF")
    walk.send(grant.get_absolute_url(), {"by": "A. N. Other", "said": "", "answer": "accept"})
    grant.refresh_from_db()
    require(grant.state == GrantState.ACCEPTED, "the initiative accepts by its link")
    walk.step("An award letter, accepted by its link", f"{grant.amount.format()}, letter of {len(letter):,} bytes")


def pay(walk: Walk, grant: Grant, account: PayeeAccount, way: str) -> None:
    """One proposes where to, another approves, the bank sends, and the initiative says that it came."""
    tranche = afterwards.pay(grant, account)
    walk.send(tranche.get_absolute_url(), {})
    tranche.refresh_from_db()
    require(tranche.state == State.CONFIRMED, "the initiative confirms that the money came")
    walk.step(f"Paid {way}, and confirmed by the initiative's link", f"{tranche.amount.format()}, wire fee $2.50")


def cancel(walk: Walk, grant: Grant) -> None:
    """It turns out that this group cannot use it: the money is free again."""
    before = grant.fund.free()
    treasurer = story.person("treasurer")
    awarding.cancel(grant, reason="The lease of the room fell through.", by=treasurer, on=timezone.localdate())
    require(grant.fund.free() == before + grant.amount, "what is released is free again")
    walk.step("One group cannot use its grant after all", f"{grant.amount.format()} is free again")


def report(walk: Walk, grant: Grant) -> None:
    """What they did, what they spent, what came back; then nothing is left to do."""
    made, spent = Report.objects.get(grant=grant), grant.amount - Money(50_00, "USD")
    told: dict[str, str | list[str]] = {
        "text": "We cooked a warm meal a day for a month. Two of the older girls now keep the books.",
        "mode": "written",
        "people": "240",
        "children": "150",
        "children_estimate": "on",
        "meals": "6200",
        "spent": f"{spent.decimal}",
        "shown": "on",
        "consent_of": "A. N. Other",
        "do": "send",
    }
    pots = afterwards.picture()
    shows = {"do": "add", "description": "Three pots on a fire, seen from above.", "agreed": "on"}
    walk.send(f"{made.get_absolute_url()}photos/", shows, files={"file": (pots.name, pots.content)})
    walk.send(made.get_absolute_url(), told)
    made.refresh_from_db()
    afterwards.show(made, "A warm meal a day", {photo.key: photo.description for photo in made.photos.all()})
    back = Returned.objects.record(
        grant, Money(50_00, "USD"), on=timezone.localdate(), bank_reference="BACK-1", by=story.person("treasurer")
    )
    bookkeeping.take_unspent(back, by=story.person("approver"))
    closing.close(grant, by=story.person("committee"))
    returned = -grant.fund.balance(chart.GRANTS_RETURNED)
    walk.step(
        "A report, a story, the unspent rest, and the grant is closed", f"240 people, {returned.format()} came back"
    )
    address = f"{settings.PUBLIC_URL}{grant.campaign.get_absolute_url()}"
    for _ in patiently("the story to be on the appeal's page"):
        if "A warm meal a day" in walk.get(grant.campaign.get_absolute_url()).text:
            break
    photo = walk.get(StoryPhoto.objects.get().get_absolute_url()).content
    require(photo.startswith(b"\xff\xd8"), "the photo of the story is shown")
    walk.step("Its story is on the appeal's page, with a photo", address, f"a photo of {len(photo):,} bytes")


def account_for(walk: Walk, grant: Grant) -> None:
    """What went through a host: its fee stayed there, and the group has spent all that came to it."""
    came = closing.came_to(grant)
    made = Report.objects.get(grant=grant)
    told: dict[str, str | list[str]] = {
        "text": "Every family has a dry mat now.",
        "mode": "written",
        "spent": str(came.decimal),
        "do": "send",
    }
    walk.send(made.get_absolute_url(), told)
    made.refresh_from_db()
    made.accept(by=story.person("committee"))
    closing.close(grant, by=story.person("committee"))
    fee = (grant.amount - came).format()
    walk.step(
        "The grant through a host is closed too", f"{came.format()} came to the group, {fee} stayed with its host"
    )


def tell(walk: Walk, campaign: Campaign) -> None:
    """What we tell ourselves takes two editors; it is on a page, in the feed, and gone when it is taken down."""
    told = telling.tell(campaign)
    address, feed = told.get_absolute_url(), reverse("appeal:feed-of", args=[campaign.slug])
    require(telling.TITLE in walk.get(address).text, "what we tell has a page")
    require(telling.IN_PERSIAN[0] in walk.get(f"{address}fa/").text, "and one in another language")
    require(telling.TITLE in walk.get(feed).text, "it is in the feed")
    poster = walk.get(reverse("receipts:poster-pdf", args=[campaign.slug])).content
    require(poster.startswith(b"%PDF"), "there is a poster to hang up")
    walk.step("We tell of it ourselves, in two languages", settings.PUBLIC_URL + address, settings.PUBLIC_URL + feed)
    told.take_down()
    require(telling.TITLE not in walk.get(feed).text, "what is taken down is in no feed any more")
    walk.step("Taken down, and gone at once", f"a poster of {len(poster):,} bytes to hang up")
