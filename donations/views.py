"""Giving: the form, the way to Stripe's page, and the gift's own page, which says what has become of it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appeal.models import Campaign
from donations import checkout, limits, tokens
from donations.forms import GiveForm
from donations.models import Donation, State
from ledger.money import AmountError, Money

LOOKS = 15  # a pause of one second, then of two, and so on: two minutes in all


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    if not campaign.takes_gifts(timezone.localdate()):
        return render(
            request, "donations/not_open.html", {"campaign": campaign}, status=409 if request.method == "POST" else 200
        )
    currency = chosen_currency(request, campaign)
    if request.method != "POST":
        form = GiveForm(campaign=campaign, currency=currency, initial=asked_for(request, currency))
        return give_page(request, campaign, currency, form)
    form = GiveForm(request.POST, campaign=campaign, currency=currency)
    if not form.is_valid():
        return give_page(request, campaign, currency, form, status=422)
    try:
        donation = start(campaign, form.cleaned_data)
    except tokens.Unfit:
        form.add_error(None, _("Please check your gift once more, and send it again."))
        return give_page(request, campaign, currency, form, status=422)
    return to_stripe(request, donation)


def give_page(
    request: HttpRequest, campaign: Campaign, currency: str, form: GiveForm, status: int = 200
) -> HttpResponse:
    language = get_language() or "en"
    page = {
        "campaign": campaign,
        "form": form,
        "currency": currency,
        "currencies": limits.currencies(),
        "token": tokens.issue(timezone.now()),
        "stripe_speaks": checkout.speaks(language),
    }
    return render(request, "donations/give.html", page, status=status)


def chosen_currency(request: HttpRequest, campaign: Campaign) -> str:
    enabled = limits.currencies()
    return next((code for code in (request.GET.get("currency"), campaign.currency) if code in enabled), enabled[0])


def asked_for(request: HttpRequest, currency: str) -> dict[str, Any]:
    """An amount in the link, as campaign pages have it, fills in the form; a bad one is left out."""
    try:
        return {"choice": f"{currency}:{Money.parse(request.GET.get('amount', ''), currency).minor}"}
    except AmountError:
        return {}


def start(campaign: Campaign, given: dict[str, Any]) -> Donation:
    """The donation of this form, committed; sending the form twice finds the first one. Raises tokens.Unfit."""
    token = tokens.redeem(given["token"], timezone.now())
    amount: Money = given["amount"]
    try:
        with transaction.atomic():
            return Donation.objects.start(
                campaign=campaign,
                amount=amount,
                form_token=token,
                email=given["email"],
                name=given["name"],
                anonymous=not given["show_name"],
                message=given["message"],
                language=get_language() or "en",
            )
    except IntegrityError:
        return the_same(Donation.objects.get(form_token=token), given)


def the_same(earlier: Donation, given: dict[str, Any]) -> Donation:
    """The gift this form has made already. A form that came back with other words is another gift: tokens.Unfit."""
    kept = (earlier.amount, earlier.email, earlier.name, earlier.message, earlier.anonymous)
    if kept != (given["amount"], given["email"], given["name"], given["message"], not given["show_name"]):
        raise tokens.Unfit
    return earlier


def to_stripe(request: HttpRequest, donation: Donation) -> HttpResponse:
    try:
        return HttpResponse(status=303, headers={"Location": checkout.payment_page(donation)})
    except checkout.Finished:
        return redirect(donation)
    except checkout.StripeUnavailable:
        return unavailable(request, donation)


def unavailable(request: HttpRequest, donation: Donation) -> HttpResponse:
    return render(request, "donations/gift.html", {"donation": donation, "unavailable": True}, status=503)


@never_cache
@require_safe
def gift(request: HttpRequest, reference: str) -> HttpResponse:
    """What has become of this gift. Only what Stripe has said counts, never that the browser came back from it."""
    donation = get_object_or_404(Donation.objects.select_related("campaign"), reference=reference)
    return render(request, "donations/gift.html", {"donation": donation})


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str) -> HttpResponse:
    """Where Stripe sends the donor after paying. Until Stripe tells us so itself, this page waits and looks again."""
    donation = get_object_or_404(Donation.objects.select_related("campaign"), reference=reference)
    if donation.state != State.OPEN or donation.review:
        return render(request, "donations/gift.html", {"donation": donation})
    looked = request.GET.get("looks", "")[:3]
    looks = int(looked) + 1 if looked.isdecimal() else 1
    answer = render(request, "donations/thanks.html", {"donation": donation, "patient": looks <= LOOKS})
    if looks <= LOOKS:
        answer.headers["Refresh"] = f"{looks}; url={request.path}?looks={looks}"
    return answer


@require_POST
def resume(request: HttpRequest, reference: str) -> HttpResponse:
    return to_stripe(request, get_object_or_404(Donation, reference=reference))


@require_POST
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    donation = get_object_or_404(Donation, reference=reference)
    try:
        checkout.cancel(donation)
    except checkout.StripeUnavailable:
        return unavailable(request, donation)
    return redirect(donation)
