"""The webhook view as most projects write it: Stripe's construct_event, the ORM, and Django's default middleware."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.plain_settings"

import stripe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    from donations.models import StripeEvent

    try:
        event = stripe.Webhook.construct_event(
            request.body, request.headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRETS[0]
        )
    except (ValueError, stripe.SignatureVerificationError):
        return HttpResponse(status=400)
    StripeEvent.objects.get_or_create(stripe_id=event.id, defaults={"kind": event.type, "body": request.body.decode()})
    return HttpResponse(status=200)


urlpatterns = [path("plain/", webhook)]
application = get_wsgi_application()
