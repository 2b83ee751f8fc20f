"""What the public pages show, as values: whatever a template needs is read before it begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from django.utils import timezone

from appeal.matching import Terms
from appeal.models import Campaign, Phase
from appeal.sharing import Share
from appeal.stories import Story
from appeal.told import ToldStory
from ledger.money import Money

MOST_LISTED = 24
MOST_TOLD = 4
LAST_DAYS = 7
ORDER = (Phase.OPEN, Phase.SUSPENDED, Phase.SOON)


@dataclass(frozen=True, slots=True)
class Appeal:
    """A campaign as it stands now."""

    slug: str
    title: str
    summary: str
    url: str
    phase: Phase
    raised: Money
    goal: Money
    stretch: Money | None
    stretch_words: str
    opens_on: date
    closes_on: date | None
    days_left: int | None
    hours_left: int | None
    paused_because: str
    afterwards: str

    @classmethod
    def of(cls, campaign: Campaign, now: datetime) -> Self:
        today = timezone.localdate(now)
        return cls(
            slug=campaign.slug,
            title=campaign.title,
            summary=campaign.summary,
            url=campaign.get_absolute_url(),
            phase=campaign.phase(today),
            raised=campaign.raised(),
            goal=campaign.goal,
            stretch=campaign.stretch,
            stretch_words=campaign.stretch_words,
            opens_on=campaign.opens_on,
            closes_on=campaign.closes_on,
            days_left=(campaign.closes_on - today).days if campaign.closes_on else None,
            hours_left=hours_until(campaign.closes_on, now) if campaign.closes_on == today else None,
            paused_because=campaign.suspended_words,
            afterwards=campaign.afterwards,
        )

    @property
    def percent(self) -> int:
        """How far along, rounded down, so that 100 means reached."""
        return percent(self.raised, self.goal)

    @property
    def is_reached(self) -> bool:
        return self.percent >= 100

    @property
    def closing_soon(self) -> bool:
        return self.phase == Phase.OPEN and self.days_left is not None and self.days_left <= LAST_DAYS

    @property
    def beyond(self) -> Money | None:
        """The second goal, once the first one is reached."""
        return self.stretch if self.is_reached else None

    @property
    def percent_beyond(self) -> int:
        """How far along to the second goal."""
        return percent(self.raised, self.stretch) if self.stretch else 0

    @property
    def goal_percent(self) -> int:
        """Where on the way to the second goal the first one lies."""
        return percent(self.goal, self.stretch) if self.stretch else 0


def percent(part: Money, whole: Money) -> int:
    return max(0, part.minor * 100 // whole.minor)


def hours_until(last_day: date, now: datetime) -> int:
    """Whole hours until this day is over where the house is: as long for a reader in any part of the world."""
    over = timezone.make_aware(datetime.combine(last_day + timedelta(1), time()))
    return int((over.astimezone(UTC) - now.astimezone(UTC)) / timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Books:
    """What became of money, of one campaign or of all in a currency, as the books have it now."""

    raised: Money
    promised: Money
    paid: Money
    left: Money

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """Of a campaign read with_books()."""
        minors = (campaign.raised_minor, campaign.promised_minor, campaign.paid_minor, campaign.left_minor)
        return cls(*(Money(minor, campaign.currency) for minor in minors))

    def __add__(self, other: "Books") -> "Books":
        return Books(
            self.raised + other.raised,
            self.promised + other.promised,
            self.paid + other.paid,
            self.left + other.left,
        )


def by_currency(all_books: Iterable[Books]) -> tuple[Books, ...]:
    """Summed up for each currency; one in which nothing came is left out."""
    sums: dict[str, Books] = {}
    for books in all_books:
        known = sums.get(books.raised.currency)
        sums[books.raised.currency] = known + books if known else books
    return tuple(books for _code, books in sorted(sums.items()) if books.raised.minor)


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
    books: Books

    @classmethod
    def of(cls, campaign: Campaign, now: datetime) -> Self:
        """Of a campaign read with_books(), with_stories() and with_matching()."""
        matching = Terms.of(campaign.matching) if campaign.matching else None
        appeal = Appeal.of(campaign, now)
        return cls(
            appeal=appeal,
            story=campaign.story,
            offers=tuple(Offer(amount) for amount in campaign.suggested(campaign.currency)),
            stories=tuple(ToldStory.of(told) for told in campaign.told),
            bank_details=campaign.bank_details,
            transfer_code=campaign.written_transfer_code,
            matching=matching,
            matching_now=called_for(matching, appeal, timezone.localdate(now)),
            books=Books.of(campaign),
        )

    @property
    def share(self) -> Share:
        return Share.of_appeal(self.appeal.slug, self.appeal.title, self.appeal.summary)


def called_for(matching: Terms | None, appeal: Appeal, today: date) -> str:
    """What to say of the pot: nothing while giving is paused, so that nobody is called to what they cannot do."""
    return matching.now(today) if matching and appeal.phase != Phase.SUSPENDED else ""


@dataclass(frozen=True, slots=True)
class HomePage:
    current: tuple[Appeal, ...]
    past: tuple[Appeal, ...]
    rows: tuple[tuple[Appeal, Books], ...]
    stories: tuple[ToldStory, ...]

    @classmethod
    def on(cls, now: datetime) -> Self:
        """Each appeal with its own figures, which its statement says as well."""
        today = timezone.localdate(now)
        campaigns = Campaign.objects.with_books()
        current = [(Appeal.of(each, now), Books.of(each)) for each in campaigns.current(today)[:MOST_LISTED]]
        past = [(Appeal.of(each, now), Books.of(each)) for each in campaigns.past(today)[:MOST_LISTED]]
        current.sort(key=lambda row: ORDER.index(row[0].phase))
        return cls(
            current=tuple(appeal for appeal, _books in current),
            past=tuple(appeal for appeal, _books in past),
            rows=(*current, *past),
            stories=tuple(ToldStory.of(told) for told in Story.objects.shown().told()[:MOST_TOLD]),
        )

    @property
    def sums(self) -> tuple[Books, ...]:
        return by_currency(books for _appeal, books in self.rows) if len(self.rows) > 1 else ()

    @property
    def share(self) -> Share:
        return Share.of_home()
