"""An initiative reports by its own link; it is reminded once each time; a late report holds up the next payment."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from appeal.stories import Story
from grants import awarding, bookkeeping, closing, reporting
from grants.models import (
    Grant,
    GrantState,
    Initiative,
    Publication,
    Refused,
    Reminder,
    Report,
    ReportState,
    Returned,
    Variation,
    When,
)
from ledger import chart
from ledger.money import Money
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)
A_DAY = datetime.timedelta(days=1)
TOLD: dict[str, Any] = {"text": "We cooked for the ninth lane.", "mode": "written", "spent": "3,000", "people": "240"}


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def report(due_in: int = 30, *, grant: Grant | None = None) -> Report:
    """Of a grant of 3,000 whose only tranche is confirmed."""
    given = grant
    if given is None:
        tranche = build.sent()
        tranche.confirm(build.DAY)
        given = tranche.grant
    due = timezone.localdate() + datetime.timedelta(days=due_in)
    return Report.objects.create(grant=given, number=1, due_on=due)


def sent(**changes: Any) -> Report:
    made = report()
    answer = Client().post(made.get_absolute_url(), TOLD | changes | {"do": "send"})
    assert answer.status_code == 302, answer.content.decode()
    made.refresh_from_db()
    return made


def test_reports_are_due_as_often_as_money_is_sent_and_the_last_is_final() -> None:
    grant = build.grant(state=GrantState.OFFERED, report_days=180)
    for minor in (1_000_00, 2_000_00):
        build.planned(grant, minor)
    awarding.accept(grant, by="Zahra", said="", on=build.DAY)
    reporting.schedule(grant, build.DAY)
    due = [(each.due_on - build.DAY, each.final) for each in grant.reports.order_by("number")]
    assert due == [(90 * A_DAY, False), (180 * A_DAY, True)]


def test_a_report_is_written_in_parts_and_sent_once() -> None:
    made = report()
    page = made.get_absolute_url()
    assert Client().get(page).status_code == 200
    assert (
        Client().post(page, {"text": "We cooked", "mode": "written", "people": "2x", "do": "save"}).status_code == 422
    )
    made.refresh_from_db()
    assert (made.text, made.state) == ("We cooked", ReportState.DUE)
    assert (
        "Write how much you spent."
        in Client().post(page, {"text": "We", "mode": "written", "do": "send"}).content.decode()
    )
    for _ in range(2):
        assert Client().post(page, TOLD | {"people_estimate": "on", "do": "send"}).status_code == 302
    made.refresh_from_db()
    figure = made.figures.get()
    assert (made.state, made.spent, figure.number, figure.estimate) == (
        ReportState.RECEIVED, Money(3_000_00, "USD"), 240, True,
    )  # fmt: skip


def test_a_group_that_spent_nothing_says_so() -> None:
    made = report()
    client, page = Client(), made.get_absolute_url()
    client.post(page, TOLD | {"spent": "0", "do": "save"})
    assert 'value="0.00"' in client.get(page).content.decode()
    made = sent(spent="0")
    assert (made.state, made.spent) == (ReportState.RECEIVED, Money.zero("USD"))


def test_a_report_remembers_the_language_that_it_is_written_in() -> None:
    made = report()
    page = made.get_absolute_url()
    Client().post(page, TOLD | {"do": "save"})
    made.refresh_from_db()
    assert made.language == made.grant.initiative.languages[0] == "prs"
    assert "Choose a language" in Client().post(page, TOLD | {"language": "xx", "do": "save"}).content.decode()
    Client().post(page, TOLD | {"language": "my", "do": "send"})
    made.refresh_from_db()
    assert made.language == "my"


def test_the_page_is_small_and_gives_away_neither_name_nor_place() -> None:
    made = sent(shown="on", consent_of="Zahra")
    answer = Client().get(made.get_absolute_url())
    assert len(answer.content) < 50_000
    assert "no-store" in answer["Cache-Control"]
    for secret in (made.grant.initiative.name, made.grant.initiative.place, made.grant.initiative.email):
        assert secret not in answer.content.decode()


def test_what_was_sent_stays_as_it_was_sent() -> None:
    made = sent()
    Client().post(made.get_absolute_url(), TOLD | {"text": "Other words", "do": "send"})
    made.refresh_from_db()
    assert made.text == TOLD["text"]
    for statement in (
        "UPDATE grants_report SET spent_minor = 1 WHERE id = %s",
        "UPDATE grants_report SET state = 'due', language = 'en', spent_minor = 1 WHERE id = %s",
        "UPDATE grants_report SET text = 'x' WHERE id = %s",
        "UPDATE grants_figure SET number = 1 WHERE report_id = %s",
        "DELETE FROM grants_figure WHERE report_id = %s",
    ):
        with pytest.raises(IntegrityError, match="stays as it was sent"):
            sql(statement, made.pk)


def test_we_may_ask_again_and_they_write_on() -> None:
    made = sent()
    asked = timezone.localdate() + 14 * A_DAY
    made.ask_again("How many were children?", until=asked)
    assert made.due_on == asked
    assert "How many were children?" in Client().get(made.get_absolute_url()).content.decode()
    Client().post(made.get_absolute_url(), TOLD | {"children": "80", "do": "send"})
    made.refresh_from_db()
    made.accept(by=build.person())
    with pytest.raises(Refused, match="is “accepted”"):
        made.ask_again("And?", until=asked)
    assert made.figures.count() == 2


# Reminders


def reminded(now: datetime.datetime) -> list[str]:
    reporting.remind(now)
    return list(Reminder.objects.order_by("pk").values_list("when", flat=True))


def test_each_moment_reminds_once_and_what_was_missed_is_not_sent_after() -> None:
    made, now = report(14), timezone.now()
    assert reminded(now - A_DAY) == []
    assert reminded(now) == [When.SOON]
    assert reminded(now + 5 * A_DAY) == [When.SOON]
    assert reminded(now + 14 * A_DAY) == [When.SOON, When.TODAY]
    assert reminded(now + 40 * A_DAY) == [When.SOON, When.TODAY, When.LATE]
    assert len(mail.outbox) == 3
    assert mail.outbox[0].to == [made.grant.initiative.email]
    assert "Hope School" not in "".join(letter.subject + str(letter.body) for letter in mail.outbox)


def test_a_report_that_is_long_overdue_when_we_wake_up_is_reminded_of_once() -> None:
    report(-30)
    assert reminded(timezone.now()) == [When.LATE]


def test_eight_workers_remind_once() -> None:
    report(0)
    at_once([lambda: reporting.remind(timezone.now())] * 8)
    assert len(mail.outbox) == 1


def test_what_is_asked_again_is_mailed_once_and_reminded_of_on_its_new_day() -> None:
    made, now = sent(), timezone.now()
    made.ask_again("How many were children?", until=timezone.localdate() + 14 * A_DAY)
    for _ in range(2):
        assert reminded(now) == [When.ASKED]
    assert "still ask you something" in str(mail.outbox[0].body)
    assert reminded(now + 14 * A_DAY) == [When.ASKED, When.TODAY]
    Client().post(made.get_absolute_url(), TOLD | {"do": "send"})
    made.refresh_from_db()
    made.ask_again("And how many were women?", until=timezone.localdate() + 30 * A_DAY)
    assert reminded(now) == [When.ASKED, When.TODAY, When.ASKED]
    assert len(mail.outbox) == 3


def test_a_postponed_report_is_not_late_and_is_reminded_of_on_its_new_day() -> None:
    made, now = report(-8), timezone.now()
    assert reminded(now) == [When.LATE]
    with pytest.raises(Refused, match="to a later day"):
        made.postpone(made.due_on)
    made.postpone(timezone.localdate() + 20 * A_DAY)
    assert not Report.objects.late(timezone.localdate()).exists()
    assert reminded(now) == [When.LATE]
    assert reminded(now + 20 * A_DAY) == [When.LATE, When.TODAY]


def test_a_reminder_of_a_day_that_was_postponed_is_not_mailed() -> None:
    made = report(0)
    Reminder.objects.ask_for(timezone.localdate())
    made.postpone(timezone.localdate() + 20 * A_DAY)
    reporting.remind(timezone.now())
    assert mail.outbox == []


def test_a_group_without_an_address_is_reminded_of_the_nearest_moment_once_it_has_one() -> None:
    made = report(0)
    group, address = made.grant.initiative, made.grant.initiative.email
    Initiative.objects.update(email="")
    assert reminded(timezone.now()) == []
    Initiative.objects.filter(pk=group.pk).update(email=address)
    assert reminded(timezone.now()) == [When.TODAY]
    assert len(mail.outbox) == 1


def test_a_grant_that_is_cancelled_is_not_reminded_of() -> None:
    made = report(0, grant=build.promised().grant)
    awarding.cancel(made.grant, reason="They moved away.", by=build.person(), on=build.DAY)
    assert reminded(timezone.now()) == []


def test_what_was_received_is_not_reminded_of() -> None:
    made = report(0)
    Reminder.objects.ask_for(timezone.localdate())
    Client().post(made.get_absolute_url(), TOLD | {"do": "send"})
    reporting.remind(timezone.now())
    assert mail.outbox == []


# Late ones


def test_a_late_report_holds_up_the_next_payment_unless_somebody_says_why_not() -> None:
    tranche = build.promised()
    report(-1, grant=tranche.grant)
    with pytest.raises(Refused, match="was due on"):
        tranche.approve(by=build.person(), seen=tranche.fingerprint)
    with pytest.raises(IntegrityError, match="waits for a late report"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)
    tranche.pay_in_spite(reason="Their phone was taken.", by=build.person())
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    with pytest.raises(IntegrityError, match="stays on record"):
        sql("DELETE FROM grants_latereportoverride")


# The story


def shown(made: Report) -> str:
    made.grant.campaign.go_live()
    return Client().get(made.grant.campaign.get_absolute_url()).content.decode()


def published(made: Report) -> None:
    made.publish(title="Soup for the ninth lane", text="We cooked.", language="en", on=build.DAY)


def test_a_story_is_shown_with_consent_and_taken_down_by_the_same_link(settings: Settings) -> None:
    settings.PAGE_SECONDS = 0
    made = sent(shown="on", consent_of="Zahra")
    with pytest.raises(Refused, match="accepted and the initiative agrees"):
        published(made)
    made.accept(by=build.person())
    published(made)
    page = shown(made)
    assert "Soup for the ninth lane" in page
    assert "Hope School" not in page
    Client().post(made.get_absolute_url(), {"do": "withdraw"})
    assert "Soup" not in Client().get(made.grant.campaign.get_absolute_url()).content.decode()
    assert Story.objects.get().taken_down


def test_no_story_without_consent() -> None:
    made = sent()
    made.accept(by=build.person())
    with pytest.raises(Refused, match="initiative agrees"):
        published(made)


def test_what_was_published_a_moment_ago_is_taken_down_too() -> None:
    """The page of whoever withdraws has read the report before it was published."""
    made = sent(shown="on", consent_of="Zahra")
    read_before = Report.objects.get()
    made.accept(by=build.person())
    published(made)
    read_before.withdraw_consent()
    assert Story.objects.get().taken_down


def test_nothing_is_shown_of_a_grant_under_embargo() -> None:
    made = sent(shown="on", consent_of="Zahra")
    made.accept(by=build.person())
    embargo = Publication.EMBARGO
    Grant.objects.update(publication=embargo)
    with pytest.raises(Refused, match="until the danger is over"):
        published(made)


def test_an_embargo_takes_down_what_is_shown() -> None:
    made, client = sent(shown="on", consent_of="Zahra"), staff()
    made.accept(by=build.person())
    published(made)
    page = reverse("admin:grants_grant_change", args=[made.grant_id])
    form = client.get(page).context["adminform"].form
    inlines = {f"{prefix}-{name}_FORMS": "0" for prefix in ("tranches", "tranches-2") for name in ("TOTAL", "INITIAL")}
    answer = client.post(page, form.initial | inlines | {"publication": "embargo", "awarded_on": "2026-11-20"})
    assert answer.status_code == 302, answer.context["errors"]
    assert Story.objects.get().taken_down


def test_sql_cannot_tell_a_story_of_a_report_that_nobody_accepted() -> None:
    made = sent(shown="on", consent_of="Zahra")
    made.accept(by=build.person())
    published(made)
    other = report()
    with pytest.raises(IntegrityError, match="report_story_means_accepted"):
        sql("UPDATE grants_report SET story_id = %s WHERE id = %s", made.story.pk if made.story else 0, other.pk)


# Unspent money


def back(grant: Grant, minor: int) -> Returned:
    returned = build.returned(grant, minor)
    bookkeeping.take_unspent(returned, by=build.person())
    return returned


def test_unspent_money_is_in_the_bank_and_free_again() -> None:
    made = report()
    fund = made.grant.fund
    bank, free = fund.balance(chart.BANK), fund.free()
    back(made.grant, 120_00)
    assert fund.balance(chart.BANK) - bank == Money(120_00, "USD")
    assert fund.free() - free == Money(120_00, "USD")


def test_no_more_comes_back_than_was_sent() -> None:
    made = report()
    back(made.grant, 2_000_00)
    with pytest.raises(IntegrityError, match="no more comes back than was sent"):
        back(made.grant, 1_000_01)


# Changes of plan


def test_a_variation_is_decided_once_by_another_person() -> None:
    author, made = build.person(), report()
    change = Variation.objects.create(grant=made.grant, text="Rice instead of lentils.", proposed_by=author)
    with pytest.raises(Refused, match="another person"):
        change.decide(agreed=True, by=author)
    change.decide(agreed=True, by=build.person())
    with pytest.raises(Refused, match="decided already"):
        change.decide(agreed=False, by=build.person())
    for statement in ("UPDATE grants_variation SET text = 'x'", "DELETE FROM grants_variation"):
        with pytest.raises(IntegrityError, match="stays as it was written"):
            sql(statement)


def test_sql_cannot_decide_ones_own_variation() -> None:
    Variation.objects.create(grant=report().grant, text="x", proposed_by=build.person())
    with pytest.raises(IntegrityError, match="by_another_person"):
        sql("UPDATE grants_variation SET agreed = true, decided_at = now(), decided_by_id = proposed_by_id")


# The end


def test_a_grant_is_closed_when_all_is_there_and_what_is_missing_is_named() -> None:
    made = sent(spent="2,880")
    grant = made.grant
    change = Variation.objects.create(grant=grant, text="Rice.", proposed_by=build.person())
    with pytest.raises(Refused, match=r"final report is accepted; what was not spent.*; each variation"):
        closing.close(grant, by=build.person())
    with pytest.raises(IntegrityError, match="with its final report"):
        sql("UPDATE grants_grant SET state = 'closed', closed_at = now(), closed_by_id = %s", build.person().pk)
    made.accept(by=build.person())
    change.decide(agreed=True, by=build.person())
    back(grant, 120_00)
    closing.close(grant, by=build.person("anna"))
    assert (grant.state, grant.closed_by and grant.closed_by.username) == (GrantState.CLOSED, "anna")


def test_sql_cannot_close_over_money_that_has_not_come_back() -> None:
    made = sent(spent="2,880")
    made.accept(by=build.person())
    with pytest.raises(IntegrityError, match="when the unspent has come back"):
        sql("UPDATE grants_grant SET state = 'closed', closed_at = now(), closed_by_id = %s", build.person().pk)


def test_sql_cannot_move_the_day_of_a_report_that_was_sent() -> None:
    made = sent()
    with pytest.raises(IntegrityError, match="changes while it is due"):
        sql("UPDATE grants_report SET due_on = due_on + 1 WHERE id = %s", made.pk)


def test_sql_cannot_close_over_a_payment_on_its_way() -> None:
    tranche = build.sent()
    with pytest.raises(IntegrityError, match="when each payment has ended"):
        sql("UPDATE grants_grant SET state = 'closed', closed_at = now(), closed_by_id = %s WHERE id = %s",
            build.person().pk, tranche.grant_id)  # fmt: skip


def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(f"lead-{next(build.numbers)}"))
    return client


def test_the_staffs_pages_lead_from_the_report_to_the_end() -> None:
    made, client = sent(shown="on", consent_of="Zahra", spent="2,880"), staff()
    pages = f"/staff/grants/report/{made.pk}/step"
    assert "We cooked for the ninth lane." in client.get(f"{pages}/accept/").content.decode()
    client.post(f"{pages}/accept/")
    client.post(f"{pages}/publish/", {"heading": "Soup", "text": "We cooked.", "language": "en"})
    grant = f"/staff/grants/grant/{made.grant_id}/step"
    too_much = client.post(f"{grant}/unspent/", {"amount": "9999", "on": "2026-11-20", "bank_reference": "IN-1"})
    assert "of what was sent can still come back" in too_much.content.decode()
    assert "☐ what was not spent" in client.get(f"{grant}/close/").content.decode()
    client.post(f"{grant}/unspent/", {"amount": "120", "on": "2026-11-20", "bank_reference": "IN-1"})
    assert "☐ a second person has confirmed" in client.get(f"{grant}/close/").content.decode()
    staff().post(f"/staff/grants/returned/{Returned.objects.get().pk}/step/confirm/")
    client.post(f"{grant}/close/")
    made.grant.refresh_from_db()
    assert made.grant.state == GrantState.CLOSED
    assert Story.objects.count() == 1


def test_staff_ask_for_the_reports_of_a_grant_that_they_entered_themselves() -> None:
    tranche, client = build.sent(), staff()
    page = f"/staff/grants/grant/{tranche.grant_id}/step/ask-for-reports/"
    client.post(page)
    only = tranche.grant.reports.get()
    assert (only.final, only.due_on) == (True, timezone.localdate() + 180 * A_DAY)
    client.post(page)
    assert tranche.grant.reports.count() == 1


def test_staff_ask_again_until_a_day_and_postpone() -> None:
    made, client = sent(), staff()
    pages = f"/staff/grants/report/{made.pk}/step"
    past = client.post(f"{pages}/ask-again/", {"what": "How many?", "until": "2020-01-01"})
    assert "This day is over." in past.content.decode()
    soon, later = (timezone.localdate() + days * A_DAY for days in (14, 40))
    client.post(f"{pages}/ask-again/", {"what": "How many?", "until": soon})
    client.post(f"{pages}/postpone/", {"until": later})
    made.refresh_from_db()
    assert (made.state, made.due_on, made.asked, made.turn) == (ReportState.DUE, later, "How many?", 3)
