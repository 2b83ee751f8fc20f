"""Pages that are rendered only for a browser that does not hold the same already."""

import hashlib
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import get_language

ROOM = Path(__file__).resolve().parent
LOOKS = ("appeal/templates/**/*", "appeal/static/**/*", "locale/**/*.mo")


def render_if_changed(request: HttpRequest, template: str, page: object) -> HttpResponse:
    """The page, or 304. What it shows is in `page`, a value whose repr says all of it."""
    content = repr((page, get_language(), template, look()))
    etag = quote_etag(hashlib.sha256(content.encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag) or render(request, template, {"page": page})
    response.headers["ETag"] = etag
    patch_cache_control(response, no_cache=True)
    return response


@cache
def look() -> str:
    """Changes when a release changes how the same values look."""
    files = sorted(file for pattern in LOOKS for file in ROOM.parent.glob(pattern) if file.is_file())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
