"""The give page takes what people type, says in words what is wrong, and never makes two gifts of one form."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign, SuggestedAmount
from config import embedded
from donations import tokens
from donations.models import Donation, State
from tests.donations import build
from tests.journeys.phone import said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    started = build.campaign()
    SuggestedAmount.objects.create(campaign=started, currency="USD", amount_minor=35_00)
    return started


@pytest.fixture
def stripe_down(settings: Settings) -> None:
    """Nobody listens at Stripe's address."""
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{embedded.free_port()}"


def token(seconds_ago: float = 60) -> str:
    return tokens.issue(timezone.now() - datetime.timedelta(seconds=seconds_ago))


def send(campaign: Campaign, **changes: Any) -> Any:
    filled = {
        "often": "once",
        "gift": "50",
        "gift_currency": "USD",
        "email": "mina@example.org",
        "token": token(),
    } | changes
    return Client().post(
        f"/give/{campaign.slug}/", {name: value for name, value in filled.items() if value is not None}
    )


@pytest.mark.parametrize(
    ("typed", "currency", "words"),
    [
        ("0", "USD", "more than zero"),
        ("-1", "USD", "more than zero"),
        ("1e3", "USD", "amount"),
        ("1_000", "USD", "amount"),
        ("NaN", "USD", "amount"),
        ("", "USD", "Choose or type an amount"),
        ("10.005", "USD", "two ways"),
        ("10.0055", "USD", "decimal"),
        ("500.5", "JPY", "decimal"),
        ("1.99", "USD", "smallest gift"),
        ("20000.01", "USD", "largest gift"),
        ("50", "XAU", "currency"),
        ("50", "KWD", "currency"),
    ],
)
def test_a_wrong_amount_is_refused_in_words_and_nothing_is_kept(
    campaign: Campaign, typed: str, currency: str, words: str
) -> None:
    answer = send(campaign, gift=typed, gift_currency=currency)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors.as_text().split())
    assert not Donation.objects.exists()


def test_what_was_typed_is_still_there_after_an_error(campaign: Campaign) -> None:
    page = send(campaign, gift="1e3", email="mina@example.org", message="courage").content.decode()
    assert "mina@example.org" in page
    assert "courage" in page
    assert "1e3" in page


def test_a_chosen_and_a_typed_amount_are_not_guessed_between(campaign: Campaign) -> None:
    assert "Keep just one" in send(campaign, choice="USD:3500", gift="50").content.decode()


def test_an_amount_nobody_suggested_cannot_be_smuggled_in_as_a_choice(campaign: Campaign) -> None:
    assert send(campaign, choice="USD:1", gift="").status_code == 422
    assert not Donation.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda: None, id="missing"),
        pytest.param(lambda: token() + "x", id="tampered"),
        pytest.param(lambda: token(seconds_ago=0), id="faster than a person"),
        pytest.param(lambda: token(seconds_ago=7300), id="older than two hours"),
        pytest.param(lambda: token(seconds_ago=-60), id="from the future"),
    ],
)
def test_an_unfit_token_asks_to_send_once_more_and_keeps_nothing(campaign: Campaign, bad: Any) -> None:
    answer = send(campaign, token=bad())
    assert answer.status_code == 422
    assert "once more" in answer.content.decode()
    assert not Donation.objects.exists()


@pytest.mark.usefixtures("stripe_down")
def test_with_stripe_down_the_page_says_so_and_the_gift_is_kept(campaign: Campaign) -> None:
    answer = send(campaign)
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.content.decode()
    kept = Donation.objects.get()
    assert (kept.state, kept.amount_minor, kept.checkout_session) == (State.OPEN, 50_00, None)
    assert f"/gifts/{kept.reference}/resume/" in answer.content.decode()


@pytest.mark.usefixtures("stripe_down")
def test_two_posts_of_one_form_make_one_donation(campaign: Campaign) -> None:
    same = token()
    send(campaign, token=same)
    send(campaign, token=same)
    assert Donation.objects.count() == 1


@pytest.mark.usefixtures("stripe_down")
def test_gifts_are_anonymous_unless_the_donor_says_otherwise(campaign: Campaign) -> None:
    send(campaign)
    assert Donation.objects.get().anonymous
    send(campaign, show_name="on", token=token())
    assert not Donation.objects.latest("pk").anonymous


def test_a_closed_campaign_takes_nothing_and_says_so(campaign: Campaign) -> None:
    campaign.close()
    answer = send(campaign)
    assert answer.status_code == 409
    assert "Nothing was charged" in answer.content.decode()
    assert not Donation.objects.exists()


def test_an_unknown_or_draft_campaign_is_not_found() -> None:
    draft = Campaign.objects.start(
        slug="draft", title="Draft", goal_minor=1_00, currency="USD", opens_on=datetime.date(2026, 1, 1)
    )
    assert Client().get("/give/nowhere/").status_code == 404
    assert Client().get(f"/give/{draft.slug}/").status_code == 404


def test_an_amount_in_the_link_fills_in_the_form(campaign: Campaign) -> None:
    page = Client().get(f"/give/{campaign.slug}/?amount=35").content.decode()
    assert 'value="USD:3500"' in page
    assert "checked" in page.split('value="USD:3500"')[1].split(">")[0]


def test_an_address_too_long_to_keep_is_refused_in_words(campaign: Campaign) -> None:
    assert send(campaign, email=f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 60}.org").status_code == 422


def test_who_reads_a_language_stripe_does_not_is_told_before(campaign: Campaign, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    words = said("does not speak your language", "fa")
    assert re.search(words, Client(headers={"Accept-Language": "fa"}).get(f"/give/{campaign.slug}/").content.decode())
    assert "speak your language" not in Client().get(f"/give/{campaign.slug}/").content.decode()


def test_nothing_is_chosen_beforehand(campaign: Campaign) -> None:
    assert " checked" not in Client().get(f"/give/{campaign.slug}/").content.decode()


def test_the_thanks_page_claims_nothing_before_stripe_says_so(campaign: Campaign) -> None:
    gift = build.donation(campaign)
    answer = Client().get(f"/gifts/{gift.reference}/thanks/")
    assert "waiting for the confirmation" in answer.content.decode()
    assert "Thank you" not in answer.content.decode()


def test_the_thanks_page_looks_again_by_itself_ever_more_rarely_and_then_rests(campaign: Campaign) -> None:
    path = f"/gifts/{build.donation(campaign).reference}/thanks/"
    assert Client().get(path).headers["Refresh"] == f"1; url={path}?looks=1"
    assert Client().get(f"{path}?looks=3").headers["Refresh"] == f"4; url={path}?looks=4"
    for rested in ("15", "9999"):
        assert "Refresh" not in Client().get(f"{path}?looks={rested}").headers
    for odd in ("nonsense", "9" * 5000):
        assert Client().get(f"{path}?looks={odd}").status_code == 200


def test_a_gifts_page_is_found_by_its_reference_only_and_kept_out_of_caches(campaign: Campaign) -> None:
    gift = build.donation(campaign)
    answer = Client().get(gift.get_absolute_url())
    assert "no-store" in answer.headers["Cache-Control"]
    assert Client().get("/gifts/0000000000000000/").status_code == 404


def test_a_gift_never_brought_to_stripe_is_let_go_a_day_later(campaign: Campaign) -> None:
    from donations.followup import follow_up

    gift = build.donation(campaign)
    follow_up(timezone.now() + datetime.timedelta(hours=23))
    gift.refresh_from_db()
    assert gift.state == State.OPEN
    follow_up(timezone.now() + datetime.timedelta(hours=25))
    gift.refresh_from_db()
    assert gift.state == State.ABANDONED
