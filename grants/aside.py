"""Whoever stands aside from an application sees nothing of the grant that it became, whatever else they may."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from appeal.steps import signed_in
from grants.models import Grant


def visible(rows: QuerySet[Any], to_application: str, request: HttpRequest) -> QuerySet[Any]:
    """Without those of applications from which whoever asks stands aside."""
    return rows.exclude(**{f"{to_application}__recusals__member__person": signed_in(request)})


class AsideAdmin(admin.ModelAdmin[Any]):
    to_application = "grant__application"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), self.to_application, request)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.remote_field.model is Grant:
            kwargs["queryset"] = visible(Grant.objects.all(), "application", request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
