"""A staff list that can be narrowed down to what one of its queryset's own words says."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class Vocabulary(admin.SimpleListFilter):
    """Filters by a word of the queryset's own."""

    words: dict[str, Any]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return getattr(queryset, str(self.value()))() if self.value() in self.words else queryset
