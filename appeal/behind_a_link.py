"""Pages for whoever has a link that was mailed to them: kept nowhere, and in no list of any search engine."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache


def private(response: HttpResponse) -> HttpResponse:
    """Kept nowhere. Its address goes to no other site: that is the policy of all pages, which lets forms come back."""
    patch_cache_control(response, private=True, no_store=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def of_own[Row, **P](
    found: Callable[[str], Row | None],
) -> Callable[[Callable[Concatenate[HttpRequest, Row, P], HttpResponse]], Callable[..., HttpResponse]]:
    """The view gets the row that the token in its address leads to; without one there is no page."""

    def wrapped(view: Callable[Concatenate[HttpRequest, Row, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @never_cache
        @wraps(view)
        def entrance(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            row = found(token)
            if row is None:
                raise Http404
            return private(view(request, row, *args, **kwargs))

        return entrance

    return wrapped
