"""A group on a cheap phone, narrow and without JavaScript: it applies, comes back, sends, accepts and reports."""

import datetime
import re

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from playwright.sync_api import FilePayload, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from grants import application_letters, dividing, reporting
from grants.allocation import Method
from grants.models import Application, ApplicationState, Call, Grant, GrantState, Message, Question, Report, Told
from ledger.money import Money
from tests.browser import Visits
from tests.grants import build, files
from tests.journeys.phone import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_PERSIAN = "ما برای خانواده‌های کوچه نهم غذا می‌پزیم."


@pytest.fixture(autouse=True)
def _links_lead_here(settings: Settings, live_server: LiveServer) -> None:
    settings.PUBLIC_URL = live_server.url
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]


def begun(phone: Phone, server: LiveServer, *, led_by_refugees: str = "Yes") -> None:
    """From the list of calls to the last of the questions before the long form."""
    phone.open(f"{server.url}/grants/calls/")
    phone.follow("Winter fund")
    phone.follow("Apply")
    phone.page.get_by_label("In which country do you work?").select_option("Indonesia")
    phone.choose("Is your group led by refugees?", led_by_refugees)
    phone.press("Continue")


def heading(phone: Phone, words: str) -> None:
    expect(phone.page.get_by_role("heading", level=1)).to_have_text(words)


def code_on(phone: Phone) -> str:
    heading(phone, "Write down this code")
    return phone.page.locator(".code").inner_text().strip()


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"http\S+", str(letter.body))
    assert found
    return found[0]


def test_who_cannot_apply_reads_why_before_the_long_form(visit: Visits, live_server: LiveServer) -> None:
    build.call()
    phone = Phone(visit)
    begun(phone, live_server, led_by_refugees="No")
    heading(phone, "You cannot apply to this call")
    expect(phone.page.get_by_text("This fund is for groups led by refugees.")).to_be_visible()
    assert not Application.objects.exists()
    phone.follow("Answer again")
    phone.press("Continue")
    expect(phone.page.get_by_role("alert")).to_contain_text("Choose yes or no.")


def test_a_group_writes_in_parts_comes_back_by_its_code_and_sends_once(visit: Visits, live_server: LiveServer) -> None:
    build.call()
    phone = Phone(visit)
    begun(phone, live_server)
    code = code_on(phone)
    phone.follow("I have it: continue")
    expect(phone.page.get_by_text("5 parts are still to do.")).to_be_visible()
    who_they_are(phone)
    phone.press("Leave: others use this phone too")

    other = Phone(visit)
    other.open(f"{live_server.url}/grants/calls/")
    other.follow("Go on with an application that you have begun")
    other.fill("Your code", code.lower().replace("-", " "))
    other.press("Open it")
    what_they_need(other)
    sent_once(other)


def who_they_are(phone: Phone) -> None:
    """The first pages, each saved as it is left; one of them with a mistake at first."""
    phone.follow("How you write")
    phone.choose("In which language do you write?", "Dari")
    phone.press("Save and continue")
    phone.fill("The name of your group", "Lamplight Legal Clinic")
    phone.choose("Which languages do people in your group speak?", "Dari")
    phone.fill("If you have none: why?", "Refugees cannot register here.")
    phone.press("Save and continue")
    assert Application.objects.get().name == "Lamplight Legal Clinic"
    phone.fill("Whom may we ask?", "Zahra")
    phone.fill("Email address", "clinic@")
    phone.press("Save and continue")
    expect(phone.page.get_by_role("alert")).to_contain_text("Enter an email address like name@example.org.")
    expect(phone.page.get_by_label("Email address")).to_have_value("clinic@")
    expect(phone.page.get_by_label("Whom may we ask?")).to_have_value("Zahra")
    phone.fill("Email address", "clinic@example.org")
    phone.press("Save and go to the list")
    expect(phone.page.get_by_text("done", exact=True)).to_have_count(3)


def what_they_need(phone: Phone) -> None:
    heading(phone, "Your application")
    expect(phone.page.get_by_text("3 parts are still to do.")).to_be_visible()
    phone.follow("The money")
    phone.fill("How much do you need?", "1,200")
    phone.fill("What is the money for?", "Blankets for sixty families")
    phone.press("Save and continue")
    long = " ".join(["word"] * 201)
    phone.fill("Your answer", long)
    phone.press("Save and continue")
    expect(phone.page.get_by_role("alert")).to_contain_text("These are 201 words. Please use 200 at most.")
    expect(phone.page.get_by_label("Your answer")).to_have_value(long)
    phone.fill("Your answer", IN_PERSIAN)
    phone.press("Save and continue")
    phone.fill("Your answer", "We cook.")
    phone.press("Save and continue")


def sent_once(phone: Phone) -> None:
    heading(phone, "Files, if you have any")
    budget = FilePayload(name="budget.pdf", mimeType="application/pdf", buffer=files.pdf())
    phone.page.get_by_label("Add a file").set_input_files(budget)
    phone.press("Add this file")
    phone.follow("Check your answers")
    for said in ("Lamplight Legal Clinic", "Zahra", "$1,200.00", IN_PERSIAN, "We cook.", "budget.pdf"):
        expect(phone.page.locator("main")).to_contain_text(said)
    impatient = phone.page.context.new_page()
    impatient.goto(phone.page.url)
    phone.press("Send the application")
    heading(phone, "We have your application")
    impatient.get_by_role("button", name="Send the application").click()
    expect(impatient.get_by_role("heading", level=1)).to_have_text("We have your application")
    assert Application.objects.get().state == ApplicationState.SUBMITTED
    assert Message.objects.filter(what=Told.SENT).count() == 1
    nothing_to_change(phone)


def nothing_to_change(phone: Phone) -> None:
    phone.open(f"{phone.page.url}group/")
    heading(phone, "We have your application")
    expect(phone.page.get_by_text("Lamplight Legal Clinic")).to_be_visible()
    expect(phone.page.get_by_role("textbox")).to_have_count(0)
    expect(phone.page.locator("main").get_by_role("link", name="Change")).to_have_count(0)


def test_a_visit_that_ends_while_somebody_writes_loses_no_word(visit: Visits, live_server: LiveServer) -> None:
    build.call()
    phone = Phone(visit)
    begun(phone, live_server)
    code = code_on(phone)
    phone.follow("I have it: continue")
    phone.follow("What will you do, part 1?")
    written = f'{IN_PERSIAN}\nWe cook on the "ninth lane", & <nobody> is turned away.'
    phone.fill("Your answer", written)
    phone.page.context.clear_cookies(name="sessionid")
    phone.press("Save and continue")
    heading(phone, "Please write your code")
    expect(phone.page.get_by_text("What you have just written is not lost")).to_be_visible()
    phone.fill("Your code", "22222-22222-22222-22222")
    phone.press("Continue")
    expect(phone.page.get_by_role("alert")).to_contain_text("No application on this page has this code.")
    phone.fill("Your code", code.lower())
    phone.press("Continue")
    heading(phone, "What will you do, part 2?")
    phone.follow("Your application")
    phone.follow("What will you do, part 1?")
    expect(phone.page.get_by_label("Your answer")).to_have_value(written)


def call_in_persian() -> Call:
    call = build.call(
        published=False,
        questions=0,
        title="صندوق زمستان",
        summary="کمک‌های کوچک برای ماه‌های سرد.",
        guidance="به زبان خود بنویسید که به چه نیاز دارید.",
        languages=["fa", "prs"],
    )
    Question.objects.create(call=call, number=1, text="چه می‌کنید؟")
    call.rules.update(question="آیا گروه شما را پناهندگان رهبری می‌کنند؟", reason="این صندوق برای پناهندگان است.")
    call.publish(by=build.person())
    return call


def test_who_reads_persian_reads_from_the_right_and_writes_numbers_their_way(
    visit: Visits, live_server: LiveServer
) -> None:
    call = call_in_persian()
    phone = Phone(visit, language="fa")
    phone.open(f"{live_server.url}/grants/calls/")
    phone.follow(call.title)
    phone.go_on()
    phone.page.locator("[name=country]").select_option("ID")
    question = phone.page.get_by_role("group", name=call.rules.get().question)
    question.locator("[value=no]").check()
    phone.go_on()
    expect(phone.page.get_by_text(call.rules.get().reason)).to_be_visible()
    phone.page.go_back()
    question.locator("[value=yes]").check()
    phone.go_on()
    phone.go_on()
    phone.follow(call.questions.get().text)
    phone.page.locator("[name=text]").fill(IN_PERSIAN)
    phone.go_on()
    application = Application.objects.get()
    assert application.answers.get().text == IN_PERSIAN
    phone.open(f"{live_server.url}{application.get_absolute_url()}money/")
    phone.page.locator("[name=amount]").fill("۱٬۲۰۰")
    phone.page.locator("[name=purpose]").fill("کمبل برای شصت خانواده")
    phone.go_on()
    application.refresh_from_db()
    assert application.amount == Money(1_200_00, "USD")


def offered() -> Application:
    """A call is divided, and the group has its letter."""
    [application] = build.decided()
    build.gift(application.call.fund, 1_200_00)
    dividing.allocate(application.call, Method.SCALED, parts=2, reason="Fair.", by=build.person(), on=build.DAY)
    application_letters.mail_all(timezone.now())
    return application


def paid(grant: Grant) -> None:
    """Its first tranche, to an account that waited long enough."""
    tranche, account = grant.tranches.order_by("number")[0], build.waited(build.account(grant.initiative))
    tranche.redirect_to(account, by=build.person(), at=timezone.now())
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    build.pay(tranche)


def test_a_group_accepts_its_award_and_reports_by_the_links_of_its_mails(
    visit: Visits, live_server: LiveServer, mailoutbox: list[EmailMessage]
) -> None:
    application, phone = offered(), Phone(visit)
    phone.open(link_in(mailoutbox[-1]))
    heading(phone, "We want to give you this grant")
    phone.press("We accept")
    expect(phone.page.get_by_role("alert")).to_contain_text("Write a name.")
    phone.fill("Who answers for the group?", "Zahra")
    phone.press("We accept")
    expect(phone.page.get_by_role("status")).to_contain_text("You accepted it on")
    grant = Grant.objects.get(application=application)
    assert (grant.state, grant.answered_by) == (GrantState.ACCEPTED, "Zahra")
    paid(grant)
    reporting.remind(timezone.now() + datetime.timedelta(days=grant.report_days))
    phone.open(link_in(mailoutbox[-1]))
    reported(phone)


def reported(phone: Phone) -> None:
    heading(phone, "Tell us what you did")
    phone.fill("What did you do with the money?", IN_PERSIAN)
    phone.press("Save, and go on later")
    expect(phone.page.get_by_label("What did you do with the money?")).to_have_value(IN_PERSIAN)
    phone.press("Send the report")
    expect(phone.page.get_by_role("alert")).to_contain_text("Write how much you spent.")
    expect(phone.page.get_by_label("What did you do with the money?")).to_have_value(IN_PERSIAN)
    phone.fill("How much of the money did you spend?", "600")
    with_a_photo(phone)
    phone.page.get_by_label("You may show our story").check()
    phone.fill("Who agrees to that for the group?", "Zahra")
    phone.press("Send the report")
    heading(phone, "Thank you")
    expect(phone.page.get_by_role("link", name="Soup is given out.")).to_be_visible()
    phone.press("We take that back: do not show it")
    expect(phone.page.get_by_text("You agreed that we show your story")).to_have_count(0)
    report = Report.objects.exclude(submitted_at=None).get()
    assert (report.text, report.consented_on) == (IN_PERSIAN, None)


def with_a_photo(phone: Phone) -> None:
    phone.press("Save, and go to the photos")
    phone.press("Add this photo")
    expect(phone.page.get_by_role("alert")).to_contain_text("Choose a file.")
    photo = FilePayload(name="soup.jpg", mimeType="image/jpeg", buffer=files.jpg())
    phone.page.get_by_label("Add a photo").set_input_files(photo)
    phone.fill("What does it show?", "Soup is given out.")
    phone.page.get_by_label("You may show it to the public").check()
    phone.press("Add this photo")
    expect(phone.page.get_by_text("may be shown", exact=True)).to_be_visible()
    phone.follow("Back to the report")
    expect(phone.page.get_by_label("How much of the money did you spend?")).to_have_value("600.00")
