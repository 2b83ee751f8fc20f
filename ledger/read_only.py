"""Staff pages that only show: nothing is added, changed or deleted there but by a step of its own."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Put before the class of the page."""

    show_full_result_count: Any = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
