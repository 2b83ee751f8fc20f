"""Campaigns: what is asked for, until when, and the two funds that hold what people gave."""

from datetime import date
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models, transaction
from django.db.models import F, Func, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal import transfer_code
from appeal.joining import requests  # noqa: F401 (where Django looks for models)
from appeal.matching import SHOWN, MatchingPot
from appeal.pledge import signatures, texts  # noqa: F401
from appeal.refusal import Refused
from appeal.stories import Story, as_told
from ledger import chart
from ledger.models import Balance, Channel, Fund
from ledger.money import Money

CLOSED_TO_CARDS = ("CU", "IR", "KP", "SY")
"""Countries that card money must not reach: the states among the "high-risk jurisdictions" of Stripe's list of
prohibited and restricted businesses (stripe.com/legal/restricted-businesses, November 2024), which forbids dealings
with persons located in, resident in or citizens of them. The list also names three regions of Ukraine (Crimea,
Donetsk, Luhansk), which no country code stands for."""


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


SHOWN_TO_ALL = (Status.LIVE, Status.SUSPENDED, Status.CLOSED)
GOING_ON = (Status.LIVE, Status.SUSPENDED)


class Phase(models.TextChoices):
    """What a campaign is to the public on a given day."""

    DRAFT = "draft", _("Draft")
    SOON = "soon", _("Opens soon")
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Giving is paused")
    CLOSED = "closed", _("Closed")


class Move(NamedTuple):
    """What a verb of a campaign does to its status, and from which ones."""

    since: tuple[Status, ...]
    to: Status

    def leads_on(self, campaign: "Campaign") -> bool:
        return campaign.status in self.since


GO_LIVE = Move((Status.DRAFT,), Status.LIVE)
SUSPEND = Move((Status.LIVE,), Status.SUSPENDED)
LIFT = Move((Status.SUSPENDED,), Status.LIVE)
CLOSE = Move(GOING_ON, Status.CLOSED)
NOT_SUSPENDED = {"suspended_by": None, "suspended_at": None, "suspended_why": "", "suspended_words": ""}


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def public(self) -> Self:
        return self.filter(status__in=SHOWN_TO_ALL)

    def open_for_giving(self, today: date) -> Self:
        return self.current(today).filter(status=Status.LIVE, opens_on__lte=today)

    def current(self, today: date) -> Self:
        """Open, about to open, or suspended for a time."""
        return self.filter(Q(closes_on=None) | Q(closes_on__gte=today), status__in=GOING_ON)

    def past(self, today: date) -> Self:
        return self.filter(Q(status=Status.CLOSED) | Q(status__in=GOING_ON, closes_on__lt=today))

    def with_stories(self) -> Self:
        """Each with its `told`: the newest stories that are shown, read together with it."""
        shown = Story.objects.shown().filter(campaign=OuterRef("pk")).values_list(as_told())
        return self.annotate(told=ArraySubquery(shown[:MOST_STORIES]))

    def with_raised(self) -> Self:
        """Each with its `raised_minor`, so that a list of campaigns asks the books once."""
        return self.annotate(raised_minor=-booked(*RAISED_ON))

    def with_books(self) -> Self:
        """Each with what it raised, promised, paid and has left, as the books have it now: of many, asked once."""
        return self.with_raised().annotate(
            promised_minor=booked(chart.ENCUMBERED),
            paid_minor=booked(chart.GRANTS),
            left_minor=-booked(*NET_ASSETS) - booked(chart.ENCUMBERED),
        )

    def with_matching(self) -> Self:
        """Each with its `matching`: the terms of its pot that the public may read, if there is one."""
        terms = JSONObject(**{name: name for name in SHOWN})
        pots = MatchingPot.objects.shown().filter(campaign=OuterRef("pk")).values_list(terms)
        return self.annotate(matching=Subquery(pots[:1]))

    def start(self, **fields: Any) -> "Campaign":
        """A new campaign, with a card fund and a bank fund of its own."""
        campaign = self.model(**fields)
        campaign.start()
        return campaign


MOST_STORIES = 6
RAISED_ON = (chart.GIFTS, chart.REFUNDS, chart.LOST)
NET_ASSETS = (*chart.NET, *chart.INCOME, *chart.EXPENSES)


def booked(*accounts: str) -> Coalesce:
    """The sum of these accounts in both funds of a campaign: + debit, − credit."""
    in_its_funds = Q(fund=OuterRef("card_fund")) | Q(fund=OuterRef("bank_fund"))
    balances = Balance.objects.filter(in_its_funds, account__in=accounts).order_by()
    total = Func(F("amount"), function="SUM", output_field=models.BigIntegerField())
    return Coalesce(Subquery(balances.values(total=total)), 0, output_field=models.BigIntegerField())


class Campaign(models.Model):
    """One appeal with a goal and a time."""

    slug = models.SlugField(_("address"), max_length=60, unique=True, help_text=_("Its part of the web address."))
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One or two sentences, shown under the title.")
    )
    story = models.TextField(_("story"), help_text=_("Plain text. An empty line starts a new paragraph."))
    goal_minor = models.BigIntegerField(_("goal in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    opens_on = models.DateField(_("opens on"))
    closes_on = models.DateField(_("closes on"), null=True, blank=True, help_text=_("Its last day. Empty: no end yet."))
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT)
    stretch_minor = models.BigIntegerField(_("second goal in minor units"), null=True, blank=True)
    stretch_words = models.CharField(
        _("what the second goal is for"),
        max_length=300,
        blank=True,
        db_default="",
        help_text=_("What more money will do. Shown with the second goal, once the first one is reached."),
    )
    afterwards = models.CharField(
        _("what happens with more"),
        max_length=500,
        blank=True,
        db_default="",
        help_text=_(
            "Shown once the appeal is closed, also to those whose gift comes later: where that money goes. Empty: that"
            " it stays with this appeal and is granted like the rest of it."
        ),
    )
    suspended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("suspended by"),
    )
    suspended_at = models.DateTimeField(_("suspended at"), null=True, editable=False)
    suspended_why = models.TextField(_("why it is suspended"), blank=True, db_default="", editable=False)
    suspended_words = models.CharField(
        _("what the public reads"), max_length=300, blank=True, db_default="", editable=False
    )
    card_fund = models.OneToOneField(Fund, models.PROTECT, related_name="+", verbose_name=_("card fund"))
    bank_fund = models.OneToOneField(Fund, models.PROTECT, related_name="+", verbose_name=_("bank fund"))
    transfer_code = models.CharField(
        _("transfer code"), max_length=6, unique=True, default=transfer_code.new, editable=False
    )
    bank_details = models.TextField(
        _("bank details"),
        blank=True,
        db_default="",
        help_text=_(
            "Account holder, bank and account number, as a donor needs them for a transfer. Shown to everyone together"
            " with the transfer code. Empty: the public page offers no bank transfer."
        ),
    )

    raised_minor: int  # set by with_raised(), and with_books() sets these four
    promised_minor: int
    paid_minor: int
    left_minor: int
    told: list[dict[str, Any]]  # set by with_stories()
    matching: dict[str, Any] | None  # set by with_matching()

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-opens_on", "-pk"]
        constraints = [
            models.CheckConstraint(name="campaign_goal_is_positive", condition=Q(goal_minor__gt=0)),
            models.CheckConstraint(
                name="campaign_closes_after_it_opens", condition=Q(closes_on=None) | Q(closes_on__gte=F("opens_on"))
            ),
            models.CheckConstraint(name="campaign_status_is_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="campaign_has_two_funds", condition=~Q(card_fund=F("bank_fund"))),
            models.CheckConstraint(
                name="campaign_transfer_code_is_one", condition=Q(transfer_code__regex=transfer_code.SHAPE)
            ),
            models.CheckConstraint(
                name="campaign_second_goal_is_more_and_says_what_for",
                condition=Q(stretch_minor=None, stretch_words="")
                | Q(stretch_minor__isnull=False, stretch_minor__gt=F("goal_minor")) & ~Q(stretch_words=""),
            ),
            models.CheckConstraint(
                name="campaign_suspended_means_by_whom_and_why",
                condition=~Q(status="suspended")
                & Q(suspended_by=None, suspended_at=None, suspended_why="", suspended_words="")
                | Q(status="suspended", suspended_by__isnull=False, suspended_at__isnull=False)
                & ~Q(suspended_why="")
                & ~Q(suspended_words=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("appeal:campaign", args=[self.slug])

    @property
    def goal(self) -> Money:
        return Money(self.goal_minor, self.currency)

    @property
    def stretch(self) -> Money | None:
        """The second goal, for when the first one is reached."""
        return None if self.stretch_minor is None else Money(self.stretch_minor, self.currency)

    @property
    def written_transfer_code(self) -> str:
        """As it is shown to people."""
        return transfer_code.spaced(self.transfer_code)

    def raised(self) -> Money:
        """Gifts less refunds and lost disputes, in both funds: as the books have it, or had it for with_raised()."""
        known = self if "raised_minor" in self.__dict__ else Campaign.objects.with_raised().get(pk=self.pk)
        return Money(known.raised_minor, self.currency)

    def suggested(self, currency: str) -> list[Money]:
        """The amounts to offer a donor who gives in this currency, smallest first."""
        amounts = self.suggested_amounts.filter(currency=currency).order_by("amount_minor")
        return [suggestion.amount for suggestion in amounts]

    def phase(self, today: date) -> Phase:
        if self.status == Status.DRAFT:
            return Phase.DRAFT
        if self.status == Status.CLOSED or (self.closes_on and self.closes_on < today):
            return Phase.CLOSED
        if self.status == Status.SUSPENDED:
            return Phase.SUSPENDED
        return Phase.SOON if today < self.opens_on else Phase.OPEN

    def takes_gifts(self, today: date) -> bool:
        return self.phase(today) == Phase.OPEN

    @transaction.atomic
    def start(self) -> None:
        """Open the two funds that will hold its money, and save it with them."""
        self.card_fund = self._open_fund(Channel.CARD, excluded_countries=list(CLOSED_TO_CARDS))
        self.bank_fund = self._open_fund(Channel.BANK, excluded_countries=[])
        self.save()

    def _open_fund(self, channel: Channel, *, excluded_countries: list[str]) -> Fund:
        return Fund.objects.create(
            code=f"{self.slug}-{channel}",
            name=f"{self.title} ({channel.label.lower()})",
            channel=channel,
            currency=self.currency,
            excluded_countries=excluded_countries,
        )

    def go_live(self) -> None:
        """Show it to everyone. Refused unless it is a draft."""
        self._make(GO_LIVE)

    def suspend(self, *, by: User, why: str, words: str) -> None:
        """Take no gifts for a time: everyone reads these words, and staff why. Refused unless it is live."""
        if not (why.strip() and words.strip()):
            raise Refused(_now("Say why, and what the public reads."))
        acts = {"suspended_by": by, "suspended_at": timezone.now()}
        self._make(SUSPEND, **acts, suspended_why=why.strip(), suspended_words=words.strip())

    def lift(self) -> None:
        """Take gifts again; who suspended it, and why, is in the history. Refused unless it is suspended."""
        self._make(LIFT, **NOT_SUSPENDED)

    def close(self) -> None:
        """Take no more gifts; the page stays. Refused unless it is live or suspended."""
        self._make(CLOSE, **NOT_SUSPENDED)

    def _make(self, move: Move, **acts: Any) -> None:
        moved = Campaign.objects.filter(pk=self.pk, status__in=move.since).update(status=move.to, **acts)
        self.refresh_from_db(fields=["status", *NOT_SUSPENDED])
        if not moved:
            raise Refused(
                _now("“%(title)s” is %(status)s now, so it cannot become %(to)s.")
                % {"title": self.title, "status": self.get_status_display().lower(), "to": move.to.label.lower()}
            )


class SuggestedAmount(models.Model):
    """An amount to offer, in one of the currencies people give in."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="suggested_amounts", verbose_name=_("campaign"), db_index=False
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))

    class Meta:
        verbose_name = _("suggested amount")
        verbose_name_plural = _("suggested amounts")
        constraints = [
            models.CheckConstraint(name="suggested_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="suggested_amount_currency_is_a_code", condition=Q(currency__regex=r"^[A-Z]{3}$")
            ),
            models.UniqueConstraint(
                name="suggested_amount_offered_once", fields=["campaign", "currency", "amount_minor"]
            ),
        ]

    def __str__(self) -> str:
        return self.amount.format()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
