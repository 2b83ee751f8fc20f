"""Public pages that thousands may ask for in the same second: rendered once in it, and sent once to each browser."""

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import get_language

HTML = "text/html; charset=utf-8"


def serve(
    request: HttpRequest, template: str, make_page: Callable[[], object], *, unless_changed: str = ""
) -> HttpResponse:
    """The page, at most PAGE_SECONDS old; or 304 to a browser that holds the same already.

    It is the same page for everyone who reads this language: the template sees `page`, and nothing of the request.
    """
    return serve_made(
        request,
        lambda: render_to_string(template, {"page": make_page()}).encode(),
        unless_changed=unless_changed,
    )


def serve_made(
    request: HttpRequest, make: Callable[[], bytes], *, kind: str = HTML, unless_changed: str = ""
) -> HttpResponse:
    """The same for what is no page. What is kept is not used once `unless_changed` is another."""
    key = f"page:{get_language()}:{request.path}:{unless_changed}"
    content: bytes | None = cache.get(key)
    if content is None:
        content = make()
        cache.set(key, content, settings.PAGE_SECONDS)
    etag = quote_etag(hashlib.blake2b(content, digest_size=16).hexdigest())
    response = get_conditional_response(request, etag=etag) or HttpResponse(content, content_type=kind)
    response.headers["ETag"] = etag
    patch_cache_control(response, no_cache=True)
    return response
