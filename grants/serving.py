"""Files of strangers are handed out to be saved, never to be shown or run under our address."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

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
