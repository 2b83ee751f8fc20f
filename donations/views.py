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
from donations import checkout, limits, matching, origin, testers, tokens
from donations.forms import ONCE, GiveForm
from donations.models import ChallengeMode, Donation, MonthlyGift, State
from donations.models.stayed import has_stayed
from donations.origin import Whence
from ledger.money import AmountError, Money

LOOKS = 15  # a pause of one second, then of two, and so on: two minutes in all


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    if not campaign.takes_gifts(timezone.localdate()):
        return not_open(request, campaign)
    currency = chosen_currency(request, campaign)
    challenged = ChallengeMode.objects.on(timezone.now())
    if request.method != "POST":
        asked = asked_for(request, currency)
        form = GiveForm(campaign=campaign, currency=currency, challenged=challenged, initial=asked)
        return give_page(request, campaign, currency, form)
    form = GiveForm(request.POST, campaign=campaign, currency=currency, challenged=challenged)
    whence = origin.whence(request, timezone.now())
    if not form.is_valid():
        if form.has_error("answer"):
            testers.guessed(whence, timezone.now(), typed=form.data.get("answer", ""))
        return give_page(request, campaign, currency, form, status=422)
    try:
        donation = start(campaign, form.cleaned_data, whence)
    except tokens.Unfit:
        form.add_error(None, _("Please check your gift once more, and send it again."))
        return give_page(request, campaign, currency, form, status=422)
    except testers.Full as full:
        form.add_error(None, str(full))
        answer = give_page(request, campaign, currency, form, status=429)
        answer.headers["Retry-After"] = str(full.seconds)
        return answer
    return onward(request, donation)


def not_open(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    page = {"campaign": campaign, "phase": campaign.phase(timezone.localdate())}
    return render(request, "donations/not_open.html", page, status=409 if request.method == "POST" else 200)


def give_page(
    request: HttpRequest, campaign: Campaign, currency: str, form: GiveForm, status: int = 200
) -> HttpResponse:
    language = get_language() or "en"
    token = tokens.issue(timezone.now())
    form.ask(token)
    page = {
        "campaign": campaign,
        "form": form,
        "currency": currency,
        "currencies": limits.currencies(),
        "token": token,
        "stripe_speaks": checkout.speaks(language),
        "matching": matching.offer(campaign, timezone.localdate(), form.example(currency)),
    }
    response = render(request, "donations/give.html", page, status=status)
    origin.mark(request, response)
    return response


def chosen_currency(request: HttpRequest, campaign: Campaign) -> str:
    enabled = limits.currencies()
    return next((code for code in (request.GET.get("currency"), campaign.currency) if code in enabled), enabled[0])


def asked_for(request: HttpRequest, currency: str) -> dict[str, Any]:
    """An amount in the link, as campaign pages have it, fills in the form; a bad one is left out."""
    try:
        return {"choice": f"{currency}:{Money.parse(request.GET.get('amount', ''), currency).minor}"}
    except AmountError:
        return {}


def start(campaign: Campaign, given: dict[str, Any], whence: Whence) -> Donation:
    """The donation of this form, committed; sending the form twice finds the first one.

    Raises tokens.Unfit, and testers.Full where too many came from there.
    """
    now = timezone.now()
    token = tokens.redeem(given["token"], now)
    if earlier := Donation.objects.filter(form_token=token).first():
        return the_same(earlier, given)
    testers.admit(whence, now)
    amount: Money = given["amount"]
    try:
        with transaction.atomic():
            donation = Donation.objects.start(
                campaign=campaign,
                amount=amount,
                form_token=token,
                monthly_gift=promised(campaign, given),
                **of_the_donor(given),
            )
            testers.started(donation, whence, now)
            return donation
    except IntegrityError:
        return the_same(Donation.objects.get(form_token=token), given)


def promised(campaign: Campaign, given: dict[str, Any]) -> MonthlyGift | None:
    """The monthly gift that this form begins, unless it is for a gift of one time."""
    if given["often"] == ONCE:
        return None
    return MonthlyGift.objects.start(
        campaign=campaign, amount=given["amount"], every=given["often"], **of_the_donor(given)
    )


def of_the_donor(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "email": given["email"],
        "name": given["name"],
        "anonymous": not given["show_name"],
        "message": given["message"],
        "language": get_language() or "en",
    }


def the_same(earlier: Donation, given: dict[str, Any]) -> Donation:
    """The gift this form has made already. A form that came back with other words is another gift: tokens.Unfit."""
    often = earlier.monthly_gift.every if earlier.monthly_gift else ONCE
    kept = (often, earlier.amount, earlier.email, earlier.name, earlier.message, earlier.anonymous)
    asked = (given[name] for name in ("often", "amount", "email", "name", "message"))
    if kept != (*asked, not given["show_name"]):
        raise tokens.Unfit
    return earlier


def onward(request: HttpRequest, donation: Donation) -> HttpResponse:
    """To Stripe's page; before it, to one of ours for whoever does not read any language of that one."""
    if donation.state == State.OPEN and not checkout.speaks(donation.language):
        return redirect("donations:to-payment", donation.reference)
    return to_stripe(request, donation)


def to_stripe(request: HttpRequest, donation: Donation) -> HttpResponse:
    try:
        return HttpResponse(status=303, headers={"Location": checkout.payment_page(donation)})
    except checkout.Finished:
        return redirect(donation)
    except checkout.StripeUnavailable:
        return unavailable(request, donation)


def unavailable(request: HttpRequest, donation: Donation) -> HttpResponse:
    page = {"donation": donation, "unavailable": True, "phase": donation.campaign.phase(timezone.localdate())}
    return render(request, "donations/gift.html", page, status=503)


@never_cache
@require_safe
def gift(request: HttpRequest, reference: str) -> HttpResponse:
    """What has become of this gift. Only what Stripe has said counts, never that the browser came back from it."""
    return gift_page(request, get_object_or_404(Donation.objects.select_related("campaign"), reference=reference))


def gift_page(request: HttpRequest, donation: Donation) -> HttpResponse:
    """How it stands; and once it came, the way to say something along with it."""
    page = {
        "donation": donation,
        "stayed": donation.received and has_stayed(donation),
        "phase": donation.campaign.phase(timezone.localdate()),
    }
    return render(request, "donations/gift.html", page)


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str) -> HttpResponse:
    """Where Stripe sends the donor after paying. Until Stripe tells us so itself, this page waits and looks again."""
    donation = get_object_or_404(Donation.objects.select_related("campaign"), reference=reference)
    if donation.state != State.OPEN or donation.review or donation.resolved:
        return gift_page(request, donation)
    looked = request.GET.get("looks", "")[:3]
    looks = int(looked) + 1 if looked.isdecimal() else 1
    answer = render(request, "donations/thanks.html", {"donation": donation, "patient": looks <= LOOKS})
    if looks <= LOOKS:
        answer.headers["Refresh"] = f"{looks}; url={request.path}?looks={looks}"
    return answer


@never_cache
@require_safe
def to_payment(request: HttpRequest, reference: str) -> HttpResponse:
    """What Stripe's page will ask, in the donor's words, before it asks in English."""
    donation = get_object_or_404(Donation.objects.select_related("campaign"), reference=reference)
    if donation.state != State.OPEN or donation.review or donation.resolved:
        return redirect(donation)
    return render(request, "donations/to_payment.html", {"donation": donation})


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
