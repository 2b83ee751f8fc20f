"""How much one request may bring: a file and the words beside it, and no more."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render

MOST_BYTES = 12 * 1024 * 1024
"""Above the largest file that any page takes, so that whoever sends too large a one reads so on its own page."""


class BodyLimit:
    """Answers 413 before any of the body is read. A body without a stated length counts as empty in Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hostile = "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
        if hostile and not request.path_info.startswith("/api/"):  # the API says so itself, in its own words
            return HttpResponseBadRequest("An address has no such letter.\n", content_type="text/plain")
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MOST_BYTES:
            return render(request, "413.html", status=413)
        return self.get_response(request)
