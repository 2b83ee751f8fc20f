"""Files of strangers are handed out to be saved, never to be shown or run under our address."""

from contextlib import suppress
from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from appeal.refusal import Refused
from grants.models import Attachment, Photo


def serve(attachment: Attachment | Photo) -> HttpResponse:
    """To be saved under its own name. No browser runs any of our kinds; should one ever, then locked in."""
    return HttpResponse(
        attachment.content,
        content_type=attachment.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, attachment.name) or "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def take_away(kept: QuerySet[Attachment] | QuerySet[Photo], request: HttpRequest) -> None:
    """The one that is named in the form; 404 if it is none of these.

    It stays where what it belongs to was sent meanwhile: the page that comes next says so.
    """
    one = cast(Attachment | Photo, get_object_or_404(kept, key=request.POST.get("key", "").replace("\0", "")))
    with suppress(Refused):
        one.take_away()
