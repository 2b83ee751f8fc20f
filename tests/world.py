"""A row of nearly everything, for the tests that look at all of it; and all pages that one can come to by links."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.apps import apps
from django.test import Client
from django.utils import timezone

from appeal.models import Campaign
from appeal.stories import Story
from donations import matching
from donations.models import Donation, Tribute, WallEntry
from grants import reporting
from grants.models import FiscalHost, Notice, OurAccount, Publication, Reminder, Returned, Variation
from receipts.models import FiscalYear, HeldGift
from tests.appeal import join_build, pledge_build
from tests.donations import bank, pots
from tests.grants import build
from tests.receipts import build as proof
from tests.receipts import reports_build


def world() -> None:
    """A row of nearly everything."""
    tranche = build.sent()
    tranche.confirm(build.DAY)
    by, grant = build.person(), tranche.grant
    reporting.schedule(grant, timezone.localdate())
    Reminder.objects.create(report=grant.reports.get(), when="today")
    Notice.objects.create(initiative=grant.initiative, change="contact", address="old@example.org")
    Variation.objects.create(grant=grant, text="Later.", proposed_by=by)
    Returned.objects.create(
        grant=grant, amount_minor=1, currency="USD", returned_on=build.DAY, bank_reference="B-1", recorded_by=by
    )
    FiscalHost.objects.create(name="Harbour", country="TH", fee="5.00", registration="1")
    OurAccount.objects.create(
        name="APNOR", number="DE75512108001245126199", country="DE", currency="USD", recorded_by=by
    )
    build.initiative().looks.create(seen_by=by)
    pledge_build.accepted()
    join_build.joined()
    told = {"title": "Soup", "text": "We cooked.", "language": "en"}
    story = Story.objects.draft(by=by, on=build.DAY, campaign=grant.campaign, **told)
    story.translate(language="fa", title="آش", text="آش پختیم.", by=by)
    gift = bank.confirmed(grant.campaign).donation
    pots.opened(grant.campaign)
    matching.keep_up()
    bank.account()
    issued = proof.receipt()
    paid = Donation.objects.exclude(pk=gift.pk if gift else 0).latest("pk")
    WallEntry.objects.write(paid, name="Leila", message="")
    Tribute.objects.write(paid, kind="honour", honoured="Omid", address="")
    proof.refund(paid, 5_00)
    proof.dispute(paid, status="lost")
    reports_build.prepared(grant.campaign)
    FiscalYear.objects.create(issuer=issued.issuer, first_day=build.DAY, last_day=build.DAY)
    HeldGift.objects.create(
        donation=proof.gift(),
        particulars=proof.told("held@example.org"),
        issuer=issued.issuer,
        missing=["address"],
        created_at=timezone.now(),
        seen_at=timezone.now(),
    )


SECRETS = {
    "name": "Zarnigar Kitchen",
    "place": "Cipanaswangi",
    "contact": "Zarnigar Haidari",
    "email": "zarnigar@hidden.example",
    "phone": "+62 811 000 9431",
}


def in_danger(campaign: Campaign) -> None:
    """A group whose grant is paid, and shown as part of a sum alone."""
    grant = reports_build.granted(campaign, 70_00, publication=Publication.AGGREGATE).grant
    for field, secret in SECRETS.items():
        setattr(grant.initiative, field, secret)
    grant.initiative.save(update_fields=[*SECRETS])


def published() -> None:
    """What is out for everybody to read, beside the rest."""
    world()
    pledge_build.listed()
    gift = proof.gift()
    entry = WallEntry.objects.write(gift, name="Leila", message="Courage.")
    entry.show(by=bank.person(), seen=entry.turn)
    in_danger(gift.campaign)
    for _turn in range(3):
        reports_build.granted(gift.campaign, 90_00, publication=Publication.FULL)
    reports_build.published(gift.campaign)


def doors() -> list[str]:
    """The addresses that are given to one person each: in a mail, or after paying."""
    rows = [
        row for model in apps.get_models() if hasattr(model, "get_absolute_url") for row in model._default_manager.all()
    ]
    return [urlsplit(str(row.get_absolute_url())).path for row in rows]


class Links(HTMLParser):
    """Whatever a page leads to or is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.found.append(value)
            elif name == "srcset" and value:
                self.found += [part.split()[0] for part in value.split(",")]


def crawl(client: Client, starts: Iterable[str], *, files: bool = True) -> Iterator[tuple[str, Any]]:
    """Every answer that can be come to from these by links and images, on our own site; or its pages alone."""
    known, waiting = set(starts), [*starts]
    while waiting:
        address = waiting.pop(0)
        answer = client.get(address)
        yield address, answer
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for link in Links(answer.content.decode()).found:
            there = urlsplit(urljoin(f"http://testserver{address}", link))
            path = there.path + (f"?{there.query}" if there.query else "")
            ours = there.netloc == "testserver" and not re.match("/(static|staff|accounts)/", path)
            if ours and path not in known and (files or re.search(r"/(\?|$)", path)):
                known.add(path)
                waiting.append(path)
