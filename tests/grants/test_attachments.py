"""Attachments are sealed, bounded by the database too, and handed out only to be saved."""

import hashlib
import re
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import DjangoAssertNumQueries, Settings

from grants.models import Attachment
from grants.serving import serve
from grants.uploads import MEDIA_TYPES, Kind, read
from tests.grants import files
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)


def handed_out(_request: HttpRequest, key: str) -> HttpResponse:
    return serve(Attachment.objects.get(key=key))


urlpatterns = [path("attachment/<key>", handed_out), path("", include("config.urls"))]


def attachment(name: str = "Zahra's plan.pdf", content: bytes = b"") -> Attachment:
    kept: Attachment = Attachment.objects.keep(read(name, content or files.pdf()))
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
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
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
