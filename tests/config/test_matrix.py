"""Who may open which page: every address there is, for everybody who could ask for it.

The matrix is data. An address that it does not name fails the test, and so does one that opens for anybody else.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from appeal.steps import StepAdmin
from config.roles import NOBODYS, ROLES
from tests.config.matrix import OFFICE, OPEN, SPECIAL, STEPS

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = {"int": "0", "slug": "x", "str": "x", "path": "0"}
EVERYBODY = "".join(name[0] for name in ROLES) + "n"


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every pattern of the whole site, as it is written."""
    for each in (resolver or get_resolver()).url_patterns:
        whole = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield whole
        else:
            yield from addresses(each, whole)


def filled(pattern: str) -> str:
    """An address of it, of something that does not exist."""
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: NOTHING[found[1] or "str"], pattern)


def staff(role: str = "") -> Client:
    """Signed in, with this role."""
    person = User.objects.create_user(f"somebody-{role or 'new'}", is_staff=True)
    if role:
        call_command("staff", person.username, role=[role], stdout=StringIO())
    client = Client()
    client.force_login(person)
    return client


def let_in(answer: HttpResponse | Any) -> bool:
    """Found, or there is nothing of that name; sent to sign in or refused is not let in."""
    signs_in = answer.status_code == 302 and "/accounts/" in answer["Location"]
    return answer.status_code != 403 and not signs_in


def opens_for() -> dict[str, str]:
    """Every address of the office, and for whom it opens."""
    standard = {
        f"staff/{table.replace('.', '/')}/{page}": who
        for table, (see, add) in OFFICE.items()
        for page, who in {
            "": see,
            "add/": add,
            "<path:object_id>/": EVERYBODY,
            "<path:object_id>/change/": see,
            "<path:object_id>/delete/": "",
            "<path:object_id>/history/": EVERYBODY,
        }.items()
    }
    steps = {f"staff/{table.replace('.', '/')}/<int:pk>/step/<slug:name>/": EVERYBODY for table in STEPS}
    return standard | steps | SPECIAL


def in_the_office() -> set[str]:
    return {pattern for pattern in addresses() if pattern.startswith("staff/")}


def test_every_address_is_named() -> None:
    assert in_the_office() == set(opens_for())
    assert set(addresses()) - in_the_office() == set(OPEN)


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_page_of_the_office_opens_for_those_of_the_matrix(role: str, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client, letter = staff(role), role[:1] or "n"
    for pattern in sorted(in_the_office()):
        opened = let_in(client.get(filled(pattern)))
        assert opened == (letter in opens_for()[pattern]), (pattern, role)


def test_nobody_comes_in_without_a_second_factor_or_without_signing_in() -> None:
    for client, door in ((staff("treasurer"), "/accounts/2fa/"), (Client(), "/accounts/login/")):
        for pattern in sorted(in_the_office() - {"staff/logout/", "staff/login/"}):
            answer = client.get(filled(pattern), follow=False)
            assert (answer.status_code, door in answer.headers.get("Location", "")) in {(302, True), (404, False)} or (
                "/staff/login/" in answer.headers.get("Location", "")
            ), pattern


@pytest.mark.parametrize("table", STEPS)
def test_a_step_is_for_those_of_the_matrix(table: str) -> None:
    office = {model._meta.label_lower: page for model, page in admin.site._registry.items()}[table]
    assert isinstance(office, StepAdmin)
    may = {
        name: "".join(role[0] for role in ROLES if ROLES[role].has(step.permission))
        for name, step in office.steps.items()
    }
    assert may == STEPS[table]


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_step_of_a_row_that_is_not_there_is_refused_before_it_is_looked_for(role: str, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client, letter = staff(role), role[:1] or "n"
    for table, steps in STEPS.items():
        for name, who in steps.items():
            answer = client.post(f"/staff/{table.replace('.', '/')}/0/step/{name}/")
            assert answer.status_code == (404 if letter in who else 403), (table, name, role)


def test_the_auditor_writes_nothing(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    auditor = staff("auditor")
    for table in OFFICE:
        for page in ("add/", "0/delete/"):
            answer = auditor.post(f"/staff/{table.replace('.', '/')}/{page}")
            assert answer.status_code in {403, 404}, (table, page)
    assert not [name for steps in STEPS.values() for name, who in steps.items() if "a" in who]


def test_a_stranger_is_answered_as_written() -> None:
    stranger = Client()
    assert {pattern: stranger.get(filled(pattern)).status_code for pattern in OPEN} == OPEN


def test_each_permission_belongs_to_a_role_or_to_nobody_on_purpose() -> None:
    known = Permission.objects.select_related("content_type")
    all_of_them = {f"{each.content_type.app_label}.{each.codename}" for each in known}
    held = {permission for permission in all_of_them for role in ROLES.values() if role.has(permission)}
    kept_back = {permission for permission in all_of_them for pattern in NOBODYS if fnmatch(permission, pattern)}
    assert all_of_them - held - kept_back == set()
    assert not [p for role in ROLES.values() for p in role.may if not any(fnmatch(each, p) for each in all_of_them)]


def test_a_role_that_lost_a_permission_loses_it() -> None:
    person = staff("editor")
    editors = Group.objects.get(name="editor")
    editors.permissions.add(Permission.objects.get(codename="add_user"))
    call_command("roles", stdout=StringIO())
    assert not editors.permissions.filter(codename="add_user").exists()
    assert person is not None


def test_contacts_and_accounts_are_shown_to_treasurers_alone() -> None:
    for sealed in ("grants.see_contact", "grants.see_payeeaccount"):
        assert [name for name, role in ROLES.items() if role.has(sealed)] == ["treasurer"], sealed
