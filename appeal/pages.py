"""What the public pages show, as values: whatever a template needs is read before it begins."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from appeal.matching import Terms
from appeal.models import Campaign, Phase
from appeal.sharing import Share
from appeal.told import ToldStory
from ledger.money import Money

MOST_LISTED = 24


@dataclass(frozen=True, slots=True)
class Appeal:
    """A campaign as it stands today."""

    slug: str
    title: str
    summary: str
    url: str
    phase: Phase
    raised: Money
    goal: Money
    opens_on: date
    closes_on: date | None
    days_left: int | None

    @classmethod
    def of(cls, campaign: Campaign, today: date) -> Self:
        return cls(
            slug=campaign.slug,
            title=campaign.title,
            summary=campaign.summary,
            url=campaign.get_absolute_url(),
            phase=campaign.phase(today),
            raised=campaign.raised(),
            goal=campaign.goal,
            opens_on=campaign.opens_on,
            closes_on=campaign.closes_on,
            days_left=(campaign.closes_on - today).days if campaign.closes_on else None,
        )

    @property
    def percent(self) -> int:
        """How far along, rounded down, so that 100 means reached."""
        return max(0, self.raised.minor * 100 // self.goal.minor)


@dataclass(frozen=True, slots=True)
class Offer:
    """An amount to press instead of typing it."""

    amount: Money

    @property
    def typed(self) -> str:
        return f"{self.amount.decimal.normalize():f}"


@dataclass(frozen=True, slots=True)
class CampaignPage:
    appeal: Appeal
    story: str
    offers: tuple[Offer, ...]
    stories: tuple[ToldStory, ...]
    bank_details: str
    transfer_code: str
    matching: Terms | None
    matching_now: str

    @classmethod
    def of(cls, campaign: Campaign, today: date) -> Self:
        """Of a campaign read with_stories() and with_matching()."""
        matching = Terms.of(campaign.matching) if campaign.matching else None
        return cls(
            appeal=Appeal.of(campaign, today),
            story=campaign.story,
            offers=tuple(Offer(amount) for amount in campaign.suggested(campaign.currency)),
            stories=tuple(ToldStory.of(told) for told in campaign.told),
            bank_details=campaign.bank_details,
            transfer_code=campaign.written_transfer_code,
            matching=matching,
            matching_now=matching.now(today) if matching else "",
        )

    @property
    def share(self) -> Share:
        return Share.of_appeal(self.appeal.slug, self.appeal.title, self.appeal.summary)


@dataclass(frozen=True, slots=True)
class HomePage:
    current: tuple[Appeal, ...]
    past: tuple[Appeal, ...]

    @classmethod
    def on(cls, today: date) -> Self:
        campaigns = Campaign.objects.with_raised()
        current = [Appeal.of(campaign, today) for campaign in campaigns.current(today)[:MOST_LISTED]]
        return cls(
            current=tuple(sorted(current, key=lambda appeal: appeal.phase == Phase.SOON)),
            past=tuple(Appeal.of(campaign, today) for campaign in campaigns.past(today)[:MOST_LISTED]),
        )

    @property
    def shown(self) -> tuple[Appeal, ...]:
        return self.current + self.past

    @property
    def share(self) -> Share:
        return Share.of_home()
