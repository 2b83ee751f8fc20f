"""The treasurer's whole story in the browser: plan, promise, approve by another, send, see it confirmed."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from grants.models import Grant, Initiative, State, Tranche
from ledger import chart
from ledger.money import Money
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def signed_in(name: str = "") -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(name or f"treasurer-{next(build.numbers)}"))
    return client


def step(tranche: Tranche, name: str) -> str:
    return reverse("admin:grants_tranche_step", args=[tranche.pk, name])


def take(client: Client, tranche: Tranche, name: str, **given: str) -> str:
    """Open the page of a step, fill its form in, send it; the text of the page that follows."""
    page = client.get(step(tranche, name))
    assert page.status_code == 200
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    text: str = client.post(step(tranche, name), hidden | given, follow=True).content.decode()
    tranche.refresh_from_db()
    return text


def grant_form(**given: str) -> dict[str, str]:
    campaign = build.campaign()
    build.gift(campaign.bank_fund, 5_000_00)
    return {
        "initiative": str(build.initiative().pk),
        "campaign": str(campaign.pk),
        "fund": str(campaign.bank_fund.pk),
        "amount": "3,000.00",
        "purpose": "Winter coats for 60 children",
        "awarded_on": "2026-11-20",
        "publication": "aggregate",
        "report_days": "90",
        "consent": "",
        "tranches-TOTAL_FORMS": "1",
        "tranches-INITIAL_FORMS": "0",
        "tranches-0-amount": "۳۰۰۰",
        "tranches-2-TOTAL_FORMS": "0",
        "tranches-2-INITIAL_FORMS": "0",
    } | given


def test_the_whole_story() -> None:
    proposer, approver = signed_in("amina"), signed_in("bashir")
    response = proposer.post(reverse("admin:grants_grant_add"), grant_form(), follow=True)
    assert "was added successfully" in response.content.decode()
    tranche = Tranche.objects.get()
    assert (tranche.number, tranche.amount, tranche.state) == (1, Money(3_000_00, "USD"), State.PLANNED)

    account = build.account(tranche.grant.initiative)
    assert "is now: promised" in take(proposer, tranche, "promise", account=str(account.pk))
    assert "is now: approved" in take(approver, tranche, "approve")
    page = take(proposer, tranche, "pay", bank_reference="FT-77", sent_on="2026-11-21", wire_fee="18")
    assert "is now: sent" in page
    assert f"http://testserver{tranche.get_absolute_url()}" in page
    assert tranche.fund.balance(chart.GRANTS) == Money(3_000_00, "USD")

    Client().post(tranche.get_absolute_url())
    assert "confirmed" in proposer.get(reverse("admin:grants_tranche_change", args=[tranche.pk])).content.decode()
    assert list(LogEntry.objects.filter(content_type__model="tranche").values_list("user__username", flat=True)) == [
        "amina",
        "bashir",
        "amina",
    ]


def test_a_saved_grant_leads_to_the_next_step_of_its_tranches() -> None:
    planned = build.planned()
    build.gift(planned.fund, 3_000_00)
    promised, client = build.promised(), signed_in()
    for tranche in (planned, promised):
        page = client.get(reverse("admin:grants_grant_change", args=[tranche.grant_id])).content.decode()
        assert page.count(reverse("admin:grants_tranche_change", args=[tranche.pk])) == 1


# Refusals, in words


def test_a_promise_beyond_the_fund_is_refused_on_the_page() -> None:
    tranche = build.planned()
    page = take(signed_in(), tranche, "promise", account=str(tranche.account_id))
    assert f"“{tranche.fund.name}” has" in page
    assert "too little" in page
    assert tranche.state == State.PLANNED


def test_a_superuser_cannot_approve_their_own_proposal() -> None:
    tranche, client = build.planned(), signed_in()
    build.gift(tranche.fund, 3_000_00)
    take(client, tranche, "promise", account=str(tranche.account_id))
    assert "another person has to approve it" in take(client, tranche, "approve")
    assert tranche.state == State.PROMISED


def test_an_approval_of_a_page_that_is_out_of_date_is_refused() -> None:
    tranche, client = build.promised(), signed_in()
    seen = tranche.fingerprint
    take(signed_in(), tranche, "redirect", account=str(build.another_account(tranche).pk))
    page = client.post(step(tranche, "approve"), {"seen": seen}).content.decode()
    assert "have changed since you looked" in page
    assert "Somebody Else" in page


def test_changing_the_account_voids_the_approval_on_the_page() -> None:
    tranche, client = build.approved(), signed_in()
    other = build.another_account(tranche)
    take(client, tranche, "redirect", account=str(other.pk))
    assert (tranche.state, tranche.account) == (State.PROMISED, other)
    assert "another person has to approve it" in take(client, tranche, "approve")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bank_reference": " "}, "This field is required"),
        ({"sent_on": "2999-01-01"}, "still to come"),
        ({"sent_on": "yesterday"}, "Enter a valid date"),
        ({"wire_fee": "1e3"}, "errorlist"),
        ({"wire_fee": "-1"}, "errorlist"),
        ({"wire_fee": "0.001"}, "errorlist"),
    ],
)
def test_a_payment_without_proper_evidence_is_refused(given: dict[str, str], sentence: str) -> None:
    tranche = build.approved()
    evidence = {"bank_reference": "FT-77", "sent_on": "2026-11-20", "wire_fee": "18"}
    assert sentence in take(signed_in(), tranche, "pay", **evidence | given)
    assert tranche.state == State.APPROVED


@pytest.mark.parametrize(("name", "state"), [("pay", "promised"), ("take-back", "promised"), ("promise", "promised")])
def test_a_step_out_of_turn_is_refused(name: str, state: str) -> None:
    tranche = build.promised()
    evidence = {"bank_reference": "FT-77", "sent_on": "2026-11-20", "wire_fee": "18", "on": "2026-11-20"}
    evidence["account"] = str(tranche.account_id)
    assert f"already “{state}”" in take(signed_in(), tranche, name, **evidence)


def test_release_and_return_by_the_page() -> None:
    tranche = build.sent()
    take(signed_in(), tranche, "take-back", on="2026-11-21")
    assert tranche.state == State.FAILED
    take(signed_in(), tranche, "release")
    assert tranche.state == State.RELEASED


def test_only_the_steps_that_may_come_next_are_offered() -> None:
    tranche, client = build.promised(), signed_in()
    page = client.get(reverse("admin:grants_tranche_change", args=[tranche.pk])).content.decode()
    assert re.findall(r"/step/([a-z-]+)/", page) == ["approve", "redirect", "release"]
    assert all(f">{title}</a>" in page for title in ("Approve", "Choose the account", "Release"))
    assert 'name="_save"' not in page
    assert re.findall(r"/step/([a-z-]+)/", client.get(reverse("admin:grants_tranche_changelist")).content.decode()) == [
        "approve",
        "redirect",
        "release",
    ]


def test_an_unknown_step_is_not_found() -> None:
    assert signed_in().get(step(build.planned(), "cancel")).status_code == 404


def test_staff_without_the_permission_take_no_step() -> None:
    tranche, client = build.promised(), Client()
    client.force_login(build.person())
    assert client.post(step(tranche, "approve"), {"seen": tranche.fingerprint}).status_code == 403
    assert Client().post(step(tranche, "approve")).status_code == 302
    tranche.refresh_from_db()
    assert tranche.state == State.PROMISED


def test_without_a_second_factor_nobody_takes_a_step(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = True
    tranche, client = build.promised(), signed_in()
    response = client.post(step(tranche, "approve"), {"seen": tranche.fingerprint})
    assert response.status_code == 302
    assert "2fa" in response["Location"]
    tranche.refresh_from_db()
    assert tranche.state == State.PROMISED


def test_names_of_people_are_text_whatever_they_hold() -> None:
    hostile = build.account(payee='<img src=x onerror="alert(1)">')
    tranche = build.promised(of=build.grant(to=hostile.initiative))
    assert "<img src=x" not in take(signed_in(), tranche, "approve")


# The grant's form


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"amount": "0"}, "above zero"),
        ({"amount": "1e3"}, "errorlist"),
        ({"amount": "3,000.001"}, "errorlist"),
        ({"tranches-0-amount": "3000.01"}, "more than the grant of"),
        ({"tranches-0-amount": "0"}, "above zero"),
        ({"publication": "full"}, "consent"),
        ({"fund": ""}, "This field is required"),
        ({"amount": "", "tranches-0-amount": "rubbish"}, "This field is required"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(given: dict[str, str], sentence: str) -> None:
    response = signed_in().post(reverse("admin:grants_grant_add"), grant_form(**given))
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Grant.objects.exists()


def test_a_fund_of_another_appeal_is_refused() -> None:
    other = build.campaign()
    response = signed_in().post(reverse("admin:grants_grant_add"), grant_form(fund=str(other.bank_fund.pk)))
    assert "belongs to another appeal" in response.content.decode()


def test_the_fund_says_what_is_free() -> None:
    campaign = build.campaign()
    build.gift(campaign.bank_fund, 5_000_00)
    page = signed_in().get(reverse("admin:grants_grant_add")).content.decode()
    assert f"{campaign.bank_fund.name}: {Money(5_000_00, 'USD').format()} free" in page


def test_a_grant_with_tranches_shows_its_amount_and_takes_no_other() -> None:
    tranche, client = build.planned(), signed_in()
    address = reverse("admin:grants_grant_change", args=[tranche.grant_id])
    given = grant_form(amount="9,000", purpose="Blankets")
    given |= {
        "tranches-INITIAL_FORMS": "1",
        "tranches-0-id": str(tranche.pk),
        "tranches-0-grant": str(tranche.grant_id),
    }
    response = client.post(address, given | {"tranches-0-amount": "2,000"})
    assert response.status_code == 302
    tranche.refresh_from_db()
    assert (tranche.grant.amount, tranche.grant.purpose) == (Money(3_000_00, "USD"), "Blankets")
    assert tranche.amount == Money(2_000_00, "USD")


def test_what_is_promised_counts_against_the_grant() -> None:
    grant, client = build.grant(), signed_in()
    first = build.promised(of=grant, minor=2_000_00)
    address = reverse("admin:grants_grant_change", args=[grant.pk])
    response = client.post(address, grant_form(**{"tranches-0-amount": "1,000.01"}))
    assert "more than the grant of" in response.content.decode()
    assert client.post(address, grant_form(**{"tranches-0-amount": "1,000"})).status_code == 302
    assert list(grant.tranches.values_list("number", flat=True)) == [1, 2]
    first.refresh_from_db()
    assert first.amount == Money(2_000_00, "USD")


def test_a_plan_may_be_deleted_and_a_grant_only_without_tranches() -> None:
    tranche, client = build.planned(), signed_in()
    delete = reverse("admin:grants_grant_delete", args=[tranche.grant_id])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    given = grant_form() | {"tranches-INITIAL_FORMS": "1", "tranches-0-id": str(tranche.pk), "tranches-0-DELETE": "on"}
    client.post(reverse("admin:grants_grant_change", args=[tranche.grant_id]), given)
    assert not Tranche.objects.exists()
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Grant.objects.exists()


def test_a_promised_tranche_is_neither_added_nor_deleted_by_hand() -> None:
    tranche, client = build.promised(), signed_in()
    assert client.get(reverse("admin:grants_tranche_add")).status_code == 403
    assert client.post(reverse("admin:grants_tranche_delete", args=[tranche.pk]), {"post": "yes"}).status_code == 403
    client.post(reverse("admin:grants_tranche_change", args=[tranche.pk]), {"account": "", "amount_minor": "1"})
    tranche.refresh_from_db()
    assert tranche.account


# Initiatives


def initiative_form(**given: str) -> dict[str, str]:
    return {
        "name": "Hope School",
        "country": "ID",
        "region": "south-eastern-asia",
        "languages": "prs, en",
        "email": "hope@example.org",
        "why_unregistered": "Refugees cannot register here.",
    } | given


def test_an_initiative_is_written_down() -> None:
    signed_in().post(reverse("admin:grants_initiative_add"), initiative_form())
    initiative = Initiative.objects.get()
    assert (initiative.languages, initiative.place, initiative.country_name()) == (["prs", "en"], "", "Indonesia")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"why_unregistered": ""}, "say why there is none"),
        ({"country": "XX"}, "valid choice"),
        ({"country": "ZZ"}, "valid choice"),
        ({"languages": "klingon-ish"}, "no language code"),
        ({"email": "hope"}, "valid email"),
        ({"region": "atlantis"}, "valid choice"),
    ],
)
def test_an_initiative_that_makes_no_sense_is_refused(given: dict[str, str], sentence: str) -> None:
    response = signed_in().post(reverse("admin:grants_initiative_add"), initiative_form(**given))
    assert sentence in response.content.decode()
    assert not Initiative.objects.exists()
