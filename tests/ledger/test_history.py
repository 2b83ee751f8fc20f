"""The database keeps who changed what, whatever changed it, and nobody rewrites it."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection
from django.test import Client
from pytest_django import Settings

from appeal.sealed import SEALED
from ledger.history import acting
from ledger.models import Change, Fund

pytestmark = pytest.mark.django_db(transaction=True)

# Written by machines, by strangers, or once and for all: what they hold tells by itself who and when.
KEPT_OTHERWISE = {
    "appeal": {"joinmail", "pledgemail", "storyphoto"},
    "donations": {
        "balancetransaction", "bankstatement", "bucket", "challengemode", "decline", "dispute", "donation", "donorlink",
        "fraudwarning", "match", "monthlygift", "neveragain", "origin", "payout", "product", "refund", "statementline",
        "stripeevent", "sweep", "tally", "tribute",
    },
    "grants": {
        "answer", "attachment", "criterion", "decision", "eligibility", "figure", "fileline", "latereportoverride",
        "look", "message", "notice", "onward", "paymentfile", "paymentnotice", "photo", "question", "rationale",
        "readingnotice", "reminder", "review", "rule", "score", "tie", "translation", "vote",
    },
    "ledger": {"account", "balance", "change", "entry", "posting"},
    "receipts": {
        "donoryear", "giftaiddeclaration", "logleaf", "lognode", "numberseries", "particulars", "receipt",
        "receiptchoice", "receiptdocument", "reportfile", "showngrant", "signedcheckpoint", "statementline",
    },
    "auth": {"permission"},
    "mfa": set(),
}  # fmt: skip


def kept() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'history_is_kept'")
        return {table for (table,) in cursor.fetchall()}


@pytest.mark.parametrize("room", KEPT_OTHERWISE)
def test_every_table_has_a_history_or_is_named_as_one_that_needs_none(room: str) -> None:
    models = {m for m in apps.get_models(include_auto_created=True) if m._meta.app_label == room and not m._meta.proxy}
    without = {model._meta.model_name for model in models if model._meta.db_table not in kept()}
    assert without == KEPT_OTHERWISE[room]


def test_a_change_is_kept_with_what_was_and_what_is_and_who() -> None:
    fund = Fund.objects.create(code="x", name="Old", currency="USD")
    anna = User.objects.create_user("anna")
    with acting(anna.pk, "request-1"):
        Fund.objects.filter(pk=fund.pk).update(name="New")
    change = Change.objects.filter(place="ledger_fund").latest("pk")
    assert (change.deed, change.row, change.made_by, change.request) == ("update", str(fund.pk), anna.pk, "request-1")
    assert (change.before, change.after) == ({"name": "Old"}, {"name": "New"})


def test_a_program_leaves_no_name_and_no_change_leaves_no_trace() -> None:
    fund = Fund.objects.create(code="x", name="Old", currency="USD")
    assert Change.objects.latest("pk").made_by is None
    before = Change.objects.count()
    Fund.objects.filter(pk=fund.pk).update(name="Old")
    assert Change.objects.count() == before


def test_a_name_is_forgotten_when_the_request_ends_also_by_an_error() -> None:
    def fail() -> None:
        with acting(7, "request-1"):
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    Fund.objects.create(code="x", name="Old", currency="USD")
    assert Change.objects.latest("pk").made_by is None


def test_a_request_that_breaks_its_connection_leaves_no_name_behind() -> None:
    with acting(7, "request-1"):
        connection.close()
    Fund.objects.create(code="x", name="Old", currency="USD")
    assert Change.objects.latest("pk").made_by is None


def test_passwords_and_secrets_are_not_in_it() -> None:
    user = User.objects.create_user("anna", password="correct horse battery")
    user.set_password("another long password")
    user.save()
    told = str(list(Change.objects.values("before", "after")))
    assert "anna" in told
    assert "pbkdf2" not in told
    assert "password" not in told


@pytest.mark.parametrize(
    "deed", ["UPDATE ledger_change SET made_by = 1", "DELETE FROM ledger_change", "TRUNCATE ledger_change"]
)
def test_nobody_rewrites_the_history(deed: str) -> None:
    Fund.objects.create(code="x", name="Old", currency="USD")
    with pytest.raises(DatabaseError, match="only ever added to"), connection.cursor() as cursor:
        cursor.execute(deed)


def test_the_staffs_pages_leave_the_name_of_who_was_signed_in(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    admin, client = User.objects.create_superuser("anna"), Client()
    client.force_login(admin)
    client.post("/staff/auth/group/add/", {"name": "Readers"})
    group = Group.objects.get()
    change = Change.objects.get(place="auth_group", row=str(group.pk))
    assert change.made_by == admin.pk
    page = client.get("/staff/ledger/change/").content.decode()
    assert "auth_group" in page
    assert "anna" in page


def left_out(table: str) -> str:
    """How its trigger is written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'history_is_kept' AND tgrelid = %s::regclass",
            [table],
        )
        return str(cursor.fetchone()[0])


OPENS_A_DOOR = {"key", "code", "invitation", "confirmation_key"}


def test_no_history_holds_what_is_sealed_or_what_opens_a_door() -> None:
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table in kept() and not model._meta.proxy and model._meta.app_label == "grants":
            secret = {field.column for field in model._meta.fields if isinstance(field, SEALED)}
            secret |= {field.column for field in model._meta.fields if field.name in OPENS_A_DOOR}
            assert not {column for column in secret if f"'{column}'" not in left_out(table)}, table
