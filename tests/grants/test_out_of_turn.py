"""Each step of the staff, on each row, in each state: done, or refused in words, and never an error of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from appeal.steps import StepAdmin
from grants import awarding, closing, dividing
from grants.allocation import Method
from grants.models import Application, Call, Grant, Report, State, Tranche, Variation
from grants.steps import STEPS
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(settings: Settings) -> Client:
    settings.STAFF_SECOND_FACTOR = False
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    return client


def world() -> None:
    """At least one row in each state there is."""
    build.call(published=False)
    build.draft()
    build.submitted().withdraw(timezone.now())
    build.over(build.submitted().call)
    build.in_review(2)
    build.in_vote()
    build.decided()
    [funded] = build.decided()
    build.gift(funded.call.fund, 1_200_00)
    dividing.allocate(funded.call, Method.SCALED, parts=2, reason="Enough for all.", by=build.person(), on=build.DAY)
    awarding.decline(Grant.objects.get(application=funded), by="Zahra", said="", on=build.DAY)
    for make in (build.planned, build.promised, build.approved, build.sent, build.failed):
        make()
    confirmed = build.sent()
    confirmed.confirm(build.DAY)
    ended = reported(confirmed.grant)
    ended.accept(by=build.person())
    closing.close(confirmed.grant, by=build.person())
    reported(build.sent().grant)
    Report.objects.create(grant=build.sent().grant, number=1, due_on=timezone.localdate())
    for agreed in (None, True):
        change = Variation.objects.create(grant=build.grant(), text="Rice.", proposed_by=build.person())
        if agreed:
            change.decide(agreed=agreed, by=build.person())


def reported(grant: Grant) -> Report:
    report = Report.objects.create(grant=grant, number=1, due_on=timezone.localdate(), final=True)
    report.save_facts(text="We cooked.", language="en", mode="written", spent_minor=grant.amount_minor)
    report.submit(timezone.now())
    return report


def typed(form: forms.Form, big: bool) -> dict[str, Any]:
    """What fits each field; with `big`, figures beyond all that there is."""
    return {
        form.add_prefix(name): one(field, form.get_initial_for_field(field, name), big)
        for name, field in form.fields.items()
    }


def one(field: forms.Field, initial: Any, big: bool) -> Any:
    match field:
        case forms.ModelMultipleChoiceField() | forms.ModelChoiceField():
            return getattr(field.queryset.first(), "pk", "") if field.queryset is not None else ""
        case forms.MultipleChoiceField() | forms.ChoiceField():
            return next((value for value, _label in field.choices if value), "")  # type: ignore[misc, union-attr]
        case forms.DateField():
            return timezone.localdate().isoformat()
        case forms.BooleanField():
            return "on"
        case forms.IntegerField() | forms.DecimalField():
            return 1
        case _:
            return initial or ("9999999" if big else "1")


def rows() -> Iterator[tuple[Model, str]]:
    """Each row of each page with steps, and each of its steps."""
    for model, page in admin.site._registry.items():
        if isinstance(page, StepAdmin) and model._meta.app_label in {"grants", "appeal"}:
            for row in model._default_manager.all():
                for name in page.steps:
                    yield row, name


@pytest.mark.parametrize("big", [False, True])
def test_every_step_on_every_row_is_taken_or_refused_in_words(staff: Client, big: bool, caplog: Any) -> None:
    world()
    assert {State(each) for each in Tranche.objects.values_list("state", flat=True)} == set(State)
    assert len(set(Call.objects.values_list("stage", flat=True))) >= 5
    assert len(set(Application.objects.values_list("state", flat=True))) >= 4
    taken, tried = 0, 0
    for row, name in rows():
        page = f"/staff/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/step/{name}/"
        with transaction.atomic():
            shown = staff.get(page)
            if shown.status_code == 200:
                answer = staff.post(page, typed(shown.context["form"], big))
                assert answer.status_code in {200, 302, 403}, (page, answer.status_code)
                taken, tried = taken + (answer.status_code == 302), tried + 1
            else:
                assert shown.status_code in {403, 404, 409}, (page, shown.status_code)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    assert taken
    assert tried > taken
    assert "The database refused" not in caplog.text


def test_every_step_of_a_tranche_is_taken_or_refused_in_words(staff: Client, caplog: Any) -> None:
    world()
    for tranche in Tranche.objects.all():
        for name in STEPS:
            page = f"/staff/grants/tranche/{tranche.pk}/step/{name}/"
            with transaction.atomic():
                shown = staff.get(page)
                answer = (
                    staff.post(page, typed(shown.context["form"], big=False)) if shown.status_code == 200 else shown
                )
                assert answer.status_code in {200, 302}, (page, answer.status_code)
                transaction.set_rollback(True)
    assert "The database refused" not in caplog.text
