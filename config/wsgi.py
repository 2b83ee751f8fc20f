"""The web process: Stripe's webhooks straight to the inbox, everything else through Django."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_wsgi_application()

from django.conf import settings  # noqa: E402 (Django is set up by now)

from donations import inbox  # noqa: E402


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] == settings.STRIPE_WEBHOOK_PATH:
        return inbox.application(environ, start_response)
    return pages(environ, start_response)
