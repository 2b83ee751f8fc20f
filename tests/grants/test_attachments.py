"""Attachments are sealed, bounded by the database too, and handed out only to be saved."""

import hashlib
import re
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from appeal.uploads import MEDIA_TYPES, Kind, read
from grants.models import Application, Attachment, Refused
from grants.serving import serve, take_away
from tests.grants import build, files
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)


def handed_out(_request: HttpRequest, key: str) -> HttpResponse:
    return serve(Attachment.objects.get(key=key))


urlpatterns = [path("attachment/<key>", handed_out), path("", include("config.urls"))]


def attachment(name: str = "Zahra's plan.pdf", content: bytes = b"") -> Attachment:
    kept: Attachment = Attachment.objects.keep(build.draft(), read(name, content or files.pdf()))
    return kept


def in_the_database() -> tuple[str, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, content FROM grants_attachment")
        name, content = cursor.fetchone()
    return name, bytes(content)


def test_an_attachment_comes_back_as_it_was_kept() -> None:
    kept = Attachment.objects.get(pk=attachment().pk)
    assert (kept.name, kept.kind, kept.content) == ("Zahra's plan.pdf", "pdf", files.pdf())
    assert (kept.size, kept.sha256) == (len(files.pdf()), hashlib.sha256(files.pdf()).hexdigest())


def test_who_reads_the_database_learns_neither_name_nor_content() -> None:
    attachment()
    name, content = in_the_database()
    assert "Zahra" not in name
    assert b"%PDF" not in content
    assert content.startswith(b"gAAAA")


def test_what_is_sealed_cannot_be_searched() -> None:
    with pytest.raises(FieldError, match="is sealed"):
        Attachment.objects.filter(content=b"%PDF").exists()


def test_the_key_in_addresses_is_random() -> None:
    keys = {attachment().key, attachment().key}
    assert len(keys) == 2
    assert all(re.fullmatch(r"[\w-]{32}", key) for key in keys)


def test_a_list_of_attachments_loads_no_contents(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    attachment()
    with django_assert_num_queries(1) as seen:
        assert [each.name for each in Attachment.objects.all()]
    assert "content" not in seen.captured_queries[0]["sql"]


def test_a_key_is_replaced_without_losing_an_attachment(settings: Settings) -> None:
    attachment()
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *old]
    call_command("reseal", stdout=StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    kept = Attachment.objects.get()
    assert (kept.name, kept.content) == ("Zahra's plan.pdf", files.pdf())
    settings.FIELD_KEYS = old
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS lacks the key"):
        _ = Attachment.objects.get()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("size = 0", "attachment_size_is_bounded"),
        ("size = 5 * 1024 * 1024 + 1", "attachment_size_is_bounded"),
        ("content = convert_to(repeat('x', 7000000), 'UTF8')", "attachment_content_is_bounded"),
        ("kind = 'exe'", "attachment_kind_is_known"),
        ("sha256 = 'nonsense'", "attachment_sha256_is_hex"),
        ("sha256 = upper(repeat('a', 64))", "attachment_sha256_is_hex"),
        ("name = ''", "attachment_is_named"),
    ],
)
def test_the_database_holds_the_bounds(change: str, rule: str) -> None:
    attachment()
    with pytest.raises(IntegrityError, match=rule):
        past_the_trigger(change)


@transaction.atomic
def past_the_trigger(change: str) -> None:
    sql("SET LOCAL grants.resealing = 'on'")
    sql(f"UPDATE grants_attachment SET {change}")


def test_the_largest_file_fits_when_it_is_sealed() -> None:
    content = files.pdf()
    most = content + b"\n" * (5 * 1024 * 1024 - len(content))
    assert Attachment.objects.get(pk=attachment(content=most).pk).content == most


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("extension", files.GOOD)
def test_it_is_handed_out_to_be_saved_and_can_do_nothing(client: Client, extension: str) -> None:
    kept = attachment(f"plan.{extension}", files.GOOD[extension]())
    answer = client.get(f"/attachment/{kept.key}")
    assert answer.content == kept.content
    assert answer["Content-Type"] == MEDIA_TYPES[Kind(kept.kind)]
    assert answer["Content-Disposition"] == f'attachment; filename="plan.{kept.kind}"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.urls(__name__)
def test_a_name_in_any_script_stays_one_header(client: Client) -> None:
    kept = attachment('برنامه"\r\nSet-Cookie: a=b; \u202e.pdf')
    answer = client.get(f"/attachment/{kept.key}")
    assert re.fullmatch(r"attachment; filename\*=utf-8''[\w%.~-]+\.pdf", answer["Content-Disposition"])
    assert not answer.cookies


# Beside an application


def written() -> tuple[Client, Application]:
    """A browser in which a draft is open."""
    application, browser = build.draft(), Client()
    browser.post("/grants/resume/", {"by": "code", "code": application.code})
    return browser, application


def page_of(application: Application) -> str:
    return f"{application.get_absolute_url()}files/"


def add(browser: Client, application: Application, name: str, content: bytes) -> str:
    file = SimpleUploadedFile(name, content)
    return browser.post(page_of(application), {"do": "add", "file": file}, follow=True).content.decode()


def test_a_group_adds_a_file_reads_it_and_takes_it_away() -> None:
    browser, application = written()
    assert "plan.pdf" in add(browser, application, "plan.pdf", files.pdf())
    kept = application.attachments.get()
    assert browser.get(f"{page_of(application)}{kept.key}/").content == files.pdf()
    browser.post(page_of(application), {"do": "take-away", "key": kept.key})
    assert not application.attachments.exists()


def test_a_file_that_was_sent_in_the_same_moment_stays() -> None:
    browser, application = written()
    add(browser, application, "plan.pdf", files.pdf())
    kept = application.attachments.get()
    application.submit(timezone.now())
    take_away(application.attachments.all(), RequestFactory().post("/", {"key": kept.key}))
    assert application.attachments.get() == kept


@pytest.mark.parametrize("key", ["", "none", "a\0b"])
def test_a_file_that_is_not_there_is_not_found(key: str) -> None:
    browser, application = written()
    assert browser.post(page_of(application), {"do": "take-away", "key": key}).status_code == 404


def test_a_file_that_is_not_what_it_says_is_refused_and_the_rest_is_kept() -> None:
    browser, application = written()
    add(browser, application, "plan.pdf", files.pdf())
    page = add(browser, application, "photo.jpg", files.pdf())
    assert "There is a problem" in page
    assert "plan.pdf" in page
    assert application.attachments.count() == 1


def test_there_are_ten_files_at_most_also_when_they_come_at_once() -> None:
    browser, application = written()
    for _number in range(9):
        Attachment.objects.keep(application, read("a.pdf", files.pdf()))
    upload = read("a.pdf", files.pdf())
    refusals = build.at_once([lambda: Attachment.objects.keep(application, upload)] * 4)
    assert len(refusals) == 3
    assert "Add this file" not in browser.get(page_of(application)).content.decode()
    with pytest.raises(IntegrityError, match="ten attachments at most"):
        sql(
            "INSERT INTO grants_attachment (application_id, key, name, kind, size, sha256, content, stored_at)"
            " SELECT application_id, 'x', name, kind, size, sha256, content, stored_at FROM grants_attachment LIMIT 1"
        )


def test_files_are_sent_with_the_application_and_stay() -> None:
    browser, application = written()
    kept = Attachment.objects.keep(application, read("a.pdf", files.pdf()))
    application.submit(timezone.now())
    with pytest.raises(Refused, match="has been sent"):
        kept.take_away()
    with pytest.raises(IntegrityError, match="stays as it was sent"):
        sql("DELETE FROM grants_attachment")
    assert browser.get(f"{page_of(application)}{kept.key}/").status_code == 200


def test_nobody_else_reads_a_groups_files() -> None:
    _browser, application = written()
    other, another = written()
    kept = Attachment.objects.keep(application, read("a.pdf", files.pdf()))
    assert Client().get(f"{page_of(application)}{kept.key}/").status_code == 403
    assert other.get(f"{page_of(another)}{kept.key}/").status_code == 404
    assert other.get(f"{page_of(application)}{kept.key}/").status_code == 404


def test_a_member_of_the_panel_reads_them_unless_they_stand_aside(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    application = build.draft()
    kept = Attachment.objects.keep(application, read("a.pdf", files.pdf()))
    application.submit(timezone.now())
    call = build.over(application.call)
    call.begin_reading(timezone.now())
    application.screen(eligible=True, by=build.person())
    member, stranger = build.member(call), build.person()
    for person, status in ((member.person, 200), (stranger, 404)):
        assert staff(person).get(f"/staff/grants/attachment/{kept.key}/").status_code == status
    member.declare(application, "My cousin is in it.", by=member.person)
    assert staff(member.person).get(f"/staff/grants/attachment/{kept.key}/").status_code == 404


def staff(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
