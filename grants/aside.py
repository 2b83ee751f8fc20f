"""Whoever stands aside from an application sees nothing of the grant that it became, whatever else they may."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from appeal.steps import signed_in


class AsideAdmin(admin.ModelAdmin[Any]):
    to_application = "grant__application"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        aside = {f"{self.to_application}__recusals__member__person": signed_in(request)}
        return super().get_queryset(request).exclude(**aside)
