"""A true-to-life data set, told by the rooms' own verbs. The people, groups and places in it are invented."""

import datetime
import secrets
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import requests
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import timezone

from appeal.matching import MatchingPot
from appeal.models import Campaign, SuggestedAmount
from donations import checkout
from donations.models import Donation
from grants.models import FiscalHost, Initiative, PayeeAccount, Route
from ledger.money import Money
from receipts.models import IssuerProfile

APPEAL = Path(__file__).with_name("appeal.txt")
SUGGESTED = {
    "USD": (15_00, 35_00, 75_00, 150_00),
    "EUR": (15_00, 35_00, 75_00, 150_00),
    "GBP": (10_00, 30_00, 60_00, 120_00),
    "AUD": (20_00, 50_00, 100_00, 200_00),
    "NZD": (25_00, 60_00, 120_00, 240_00),
    "JPY": (2_000, 5_000, 10_000, 20_000),
    "MYR": (50_00, 150_00, 300_00, 600_00),
    "THB": (500_00, 1_200_00, 2_500_00, 5_000_00),
}


@dataclass(frozen=True)
class Giver:
    name: str
    email: str
    amount: Money
    message: str = ""
    anonymous: bool = True
    card: str = "4242424242424242"


GIVERS = (
    Giver(
        "Leila Noori",
        "leila@example.org",
        Money(150_00, "USD"),
        "From one who was carried across once.",
        anonymous=False,
    ),
    Giver("", "p.almeida@example.org", Money(35_00, "EUR")),
    Giver("佐藤 恵", "megumi@example.org", Money(10_000, "JPY"), "皆さんの無事を祈っています。", anonymous=False),
    Giver("Hamish Tawhai", "hamish@example.org", Money(120_00, "NZD"), "Kia kaha."),
    Giver("", "aisyah@example.org", Money(300_00, "MYR")),
    Giver("مینا رضایی", "mina@example.org", Money(75_00, "USD"), "به امید روزهای بهتر", anonymous=False),
    Giver("", "someone@example.org", Money(50_00, "AUD")),
    Giver("Tom Okafor", "tom@example.org", Money(2_400_00, "USD"), "Our street collected this."),
)

STAFF = {
    "treasurer": ("treasurer", "runs the books: proposes, pays and looks at everything"),
    "approver": ("treasurer", "the second person: approves what the treasurer proposed"),
    "committee": ("committee", "writes calls, screens what comes, leads the panel"),
    "amina": ("reviewer", "reads applications and votes"),
    "htet": ("reviewer", "reads applications and votes"),
    "yusuf": ("reviewer", "reads applications and votes"),
    "editor": ("editor", "writes appeals and stories, and answers those who sign, join or write"),
    "publisher": ("editor", "the second editor: publishes what the first wrote"),
    "auditor": ("auditor", "reads all but what is sealed, and writes nothing"),
}


ISSUER = {
    "legal_name": "RefugeesRise Demonstration Trust",
    "address": "12 Example Lane\nBangkok 10100",
    "jurisdiction": "Thailand",
    "registration": "Not registered: a demonstration",
    "signatory": "N. Haidari, treasurer",
    "statement": "Nothing was given in return for this gift. This is a demonstration: it has no legal value.",
    "time_zone": "Asia/Bangkok",
}


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str
    purpose: str


def tell() -> Campaign:
    """The appeal with its gifts and its initiatives; told once, and found again at the next start."""
    campaign = open_appeal()
    issuer()
    matching_pot(campaign)
    if not campaign.donations.exists():
        for giver in GIVERS:
            give(campaign, giver)
    for initiative in initiatives():
        account_of(initiative)
    return campaign


def open_appeal() -> Campaign:
    """The appeal, live since three weeks ago; found again at the next start."""
    if campaign := Campaign.objects.filter(slug="river-settlements").first():
        return campaign
    today = timezone.localdate()
    campaign = Campaign.objects.start(
        slug="river-settlements",
        title="Shelter after the flood",
        summary="Nine hundred refugee families lost their rooms to the river. Refugee-led groups reached them first.",
        story="\n\n".join(" ".join(part.split()) for part in APPEAL.read_text().split("\n\n")),
        goal_minor=25_000_00,
        currency="USD",
        opens_on=today - datetime.timedelta(days=18),
        closes_on=today + datetime.timedelta(days=42),
    )
    SuggestedAmount.objects.bulk_create(
        SuggestedAmount(campaign=campaign, currency=currency, amount_minor=minor)
        for currency, amounts in SUGGESTED.items()
        for minor in amounts
    )
    campaign.go_live()
    return campaign


def matching_pot(campaign: Campaign) -> None:
    """A funder's promise, prepared by one person and opened by the other."""
    if not campaign.matching_pots.exists():
        pot = MatchingPot(
            campaign=campaign,
            funder="Lantern Street Foundation",
            shown_as="Lantern Street Foundation",
            agreement="Invented, as the foundation is.",
            per_gift_minor=250_00,
            total_minor=1_500_00,
            opens_on=campaign.opens_on,
            closes_on=timezone.localdate() + datetime.timedelta(days=24),
        )
        pot.prepare(by=person("treasurer"))
        pot.open(by=person("approver"))


def person(username: str) -> User:
    found, _made = User.objects.get_or_create(username=username, defaults={"is_staff": True})
    return found


def issuer() -> None:
    """Who signs the receipts: prepared by one person, approved by the other."""
    if not IssuerProfile.objects.exists():
        started = timezone.localdate().replace(month=1, day=1)
        profile = IssuerProfile.objects.create(**ISSUER, valid_from=started, prepared_by=person("treasurer"))
        profile.approve(by=person("approver"))


def staff() -> list[SignIn]:
    """An account a role, with passwords made anew at every start."""
    call_command("roles", stdout=StringIO())
    return [sign_in(username, role, purpose) for username, (role, purpose) in STAFF.items()]


def sign_in(username: str, role: str, purpose: str) -> SignIn:
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    account = person(username)
    account.set_password(password)
    account.save()
    account.user_permissions.clear()
    account.groups.set(Group.objects.filter(name=role))
    return SignIn(username, password, purpose)


def give(campaign: Campaign, giver: Giver) -> Donation:
    """Start the gift, and pay it on Stripe's page as its donor would; the webhook does the rest."""
    donation = Donation.objects.start(
        campaign=campaign,
        amount=giver.amount,
        form_token=secrets.token_hex(16),
        email=giver.email,
        name=giver.name,
        message=giver.message,
        anonymous=giver.anonymous,
        language="en",
    )
    pay(checkout.payment_page(donation), giver.card)
    return donation


def pay(page: str, card: str) -> requests.Response:
    details = {"number": card, "expiry": "12 / 40", "cvc": "123", "name": "A donor"}
    return requests.post(page, details, timeout=20, allow_redirects=False)


def account_of(initiative: Initiative) -> PayeeAccount:
    """Invented, as the bank is."""
    return PayeeAccount.objects.of(initiative).first() or PayeeAccount.objects.record(
        initiative,
        by=person("treasurer"),
        payee="M. Hlaing",
        number="0000000000",
        bic="EXAMTHBK",
        bank_name="Example Bank",
        bank_country="TH",
        country="TH",
    )


def account_at_a_host(initiative: Initiative) -> PayeeAccount:
    """Of an organisation that receives money for groups that have no account, and keeps five per cent of it."""
    host, _made = FiscalHost.objects.get_or_create(
        name="Harbour Foundation", defaults={"country": "TH", "registration": "0-1055-00000-0", "fee": "5.00"}
    )
    return PayeeAccount.objects.record(
        initiative,
        by=person("treasurer"),
        route=Route.HOST,
        host=host,
        payee="Harbour Foundation",
        number="1111111111",
        bic="EXAMTHBK",
        bank_name="Example Bank",
        bank_country="TH",
        country="TH",
    )


def initiatives() -> list[Initiative]:
    if not Initiative.objects.exists():
        Initiative.objects.bulk_create([
            Initiative(
                name="Roof Kitchen Women's Circle",
                public_alias="a women's group that cooks for the flooded settlements",
                country="TH",
                region="south-eastern-asia",
                languages=["my", "en"],
                email="circle@example.org",
                why_unregistered="A group of women who may not register an organisation where they live.",
            ),
            Initiative(
                name="Nine Lanes Youth Club",
                public_alias="a youth club that keeps watch over the sick and the newborn",
                country="MY",
                region="south-eastern-asia",
                languages=["fa", "en"],
                email="club@example.org",
                why_unregistered="Registration needs a citizen's signature; we are looking for one.",
            ),
            Initiative(
                name="Lamplight Legal Clinic",
                public_alias="a clinic of refugee lawyers",
                country="ID",
                region="south-eastern-asia",
                languages=["prs", "id", "en"],
                email="clinic@example.org",
                registration="AHU-0012345",
            ),
        ])  # fmt: skip
    return list(Initiative.objects.order_by("pk"))
