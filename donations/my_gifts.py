"""A donor's own page, without an account: reached by a mailed link, and open for half an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

import stripe
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as Words
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appeal.models import Campaign
from donations import changes, limits, links
from donations.changes import CardRefused
from donations.checkout import StripeUnavailable
from donations.models import Donation, DonorLink, MonthlyGift
from donations.subscription import Promise
from ledger.forms import MoneyField
from ledger.money import Money

READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a donor may do with a monthly gift in one of these states. A page asks first whether they mean it."""

    do: Callable[[MonthlyGift], None]
    states: frozenset[Promise]
    question: Words
    meaning: Words
    button: Words
    done: Words


GOING_ON = frozenset(Promise) - {Promise.OPEN, Promise.ENDED}
DEEDS = {
    "pause": Deed(
        changes.pause,
        GOING_ON - {Promise.PAUSED},
        _("Pause this gift?"),
        _("Nothing is taken from your card until you go on. Nothing is taken later for the time between."),
        _("Pause it"),
        _("Your gift is paused. Nothing is taken from your card until you go on."),
    ),
    "go-on": Deed(
        changes.go_on,
        frozenset({Promise.PAUSED}),
        _("Go on with this gift?"),
        _("From the next payment day on, it is taken from your card again."),
        _("Go on"),
        _("Your gift goes on."),
    ),
    "stop": Deed(
        changes.stop,
        GOING_ON,
        _("Stop this gift?"),
        _("Nothing more is taken from your card. What you have given stays with the people you support."),
        _("Stop it"),
        _("Your gift is stopped. Nothing more is taken from your card. Thank you for all you have given."),
    ),
}
DONE = {name: deed.done for name, deed in DEEDS.items()} | {
    "amount": _("Your gift is changed. The new amount is taken from the next payment day on."),
    "card": _("Your new card is used from now on."),
}


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Your email address"),
        help_text=_("The one that your receipts come to."),
        max_length=254,
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("Enter an email address like name@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class AmountForm(forms.Form):
    """Cleans to `amount`, in the gift's currency and within the limits of gifts."""

    def __init__(self, *args: Any, gift: MonthlyGift, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MoneyField(label=_("The new amount"), currencies=[gift.currency])

    def clean_amount(self) -> Money:
        amount: Money = self.cleaned_data["amount"]
        least, most = limits.least(amount.currency), limits.most(amount.currency)
        if not least <= amount <= most:
            language = get_language() or "en"
            words = _("Enter an amount from %(least)s to %(most)s.")
            raise forms.ValidationError(
                words % {"least": least.format(language, brief=True), "most": most.format(language, brief=True)}
            )
        return amount


@never_cache
@READ_OR_SEND
def my_gifts(request: HttpRequest) -> HttpResponse:
    """The gifts, for whoever came by a link; for others the form to ask for one."""
    email = links.address_in(request.session, timezone.now())
    if email and request.method != "POST":
        return render(request, "donations/my_gifts.html", gifts_of(email))
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        DonorLink.objects.create(email=form.cleaned_data["email"], language=get_language() or "en")
        return redirect("donations:my-gifts-asked")
    return render(request, "donations/my_gifts_ask.html", {"form": form}, status=422 if form.errors else 200)


def gifts_of(email: str) -> dict[str, Any]:
    settled = Donation.objects.of_donor(email).settled().order_by()
    return {
        "email": email,
        "appeals": Campaign.objects.filter(pk__in=settled.values("campaign")).order_by("title"),
        "monthly": MonthlyGift.objects.of_donor(email).select_related("campaign").order_by("-pk"),
        "donations": Donation.objects.of_donor(email).select_related("campaign").order_by("-charged_at", "-pk")[:500],
    }


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """The same for every address."""
    return render(request, "donations/my_gifts_asked.html")


@never_cache
@READ_OR_SEND
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """To look at the link changes nothing, for programs that look through mail do so; the button uses it up."""
    now = timezone.now()
    if request.method == "POST" and (link := DonorLink.objects.open(token, now)):
        links.enter(request.session, link.email, now)
        return redirect("donations:my-gifts")
    if request.method == "POST" or not DonorLink.objects.openable(token, now).exists():
        return render(request, "donations/my_gifts_spent.html", status=410)
    return render(request, "donations/my_gifts_open.html")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    links.leave(request.session)
    return redirect("donations:my-gifts")


def of_own[**P](view: Callable[Concatenate[HttpRequest, MonthlyGift, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """For the visitor's own gift: anybody else's is not found, and whoever has not come by a link may ask for one."""

    @never_cache
    @wraps(view)
    def entrance(request: HttpRequest, reference: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        email = links.address_in(request.session, timezone.now())
        if not email:
            return redirect("donations:my-gifts")
        found = MonthlyGift.objects.of_donor(email).select_related("campaign")
        return view(request, get_object_or_404(found, reference=reference), *args, **kwargs)

    return entrance


@READ_OR_SEND
@of_own
def monthly_gift(request: HttpRequest, gift: MonthlyGift) -> HttpResponse:
    """How the gift stands, what can be done with it, and the form for another amount."""
    form = AmountForm(request.POST or None, gift=gift)
    if request.method != "POST":
        return gift_page(request, gift, form, done=DONE.get(request.GET.get("done", "")))
    if not form.is_valid() or not gift.going_on:
        return gift_page(request, gift, form, status=422)
    try:
        changes.change_amount(gift, form.cleaned_data["amount"])
    except (StripeUnavailable, stripe.InvalidRequestError):
        return unavailable(request, gift)
    return to_page(gift, "amount")


def gift_page(
    request: HttpRequest, gift: MonthlyGift, form: forms.Form, status: int = 200, **more: object
) -> HttpResponse:
    deeds = {name: deed for name, deed in DEEDS.items() if gift.state in deed.states}
    page = {"gift": gift, "form": form, "deeds": deeds, **more}
    return render(request, "donations/monthly_gift.html", page, status=status)


def to_page(gift: MonthlyGift, done: str) -> HttpResponse:
    return redirect(f"{gift.get_absolute_url()}?done={done}")


def unavailable(request: HttpRequest, gift: MonthlyGift) -> HttpResponse:
    problem = _now("Our payment company did not answer, so nothing is changed. Please try again in a while.")
    return gift_page(request, gift, AmountForm(gift=gift), status=503, problem=problem)


@READ_OR_SEND
@of_own
def change(request: HttpRequest, gift: MonthlyGift, name: str) -> HttpResponse:
    """Pause, go on, stop: a page that asks, and a button that does it."""
    deed = DEEDS.get(name)
    if deed is None:
        raise Http404
    if gift.state not in deed.states:
        return redirect(gift)
    if request.method != "POST":
        page = {"gift": gift, "deed": deed, "back": gift.get_absolute_url()}
        return render(request, "donations/monthly_gift_sure.html", page)
    try:
        deed.do(gift)
    except (StripeUnavailable, stripe.InvalidRequestError):
        return unavailable(request, gift)
    return to_page(gift, name)


@require_POST
@of_own
def card(request: HttpRequest, gift: MonthlyGift) -> HttpResponse:
    """To Stripe's page for another card. Its address is made for this moment and kept nowhere."""
    back = settings.PUBLIC_URL + gift.get_absolute_url()
    done = settings.PUBLIC_URL + reverse("donations:monthly-gift-card-done", args=[gift.reference])
    if not gift.going_on:
        return redirect(gift)
    try:
        return HttpResponse(
            status=303,
            headers={"Location": changes.card_page(gift, back, done)},
        )
    except (StripeUnavailable, stripe.InvalidRequestError):
        return unavailable(request, gift)


@require_safe
@of_own
def card_done(request: HttpRequest, gift: MonthlyGift) -> HttpResponse:
    """Back from Stripe's page. Without a new card, and however often, nothing goes wrong here."""
    if not gift.going_on:
        return redirect(gift)
    try:
        another = changes.take_over_card(gift)
    except CardRefused:
        problem = _now("Your new card is kept, but your bank did not accept the payment that is due. We try it again.")
        gift.refresh_from_db()
        return gift_page(request, gift, AmountForm(gift=gift), problem=problem)
    except (StripeUnavailable, stripe.InvalidRequestError):
        return unavailable(request, gift)
    return to_page(gift, "card") if another else redirect(gift)


@never_cache
@READ_OR_SEND
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link in each mail leads: to stop this one gift, and to nothing else."""
    gift = links.gift_to_stop(token)
    if gift is None:
        raise Http404
    problem = False
    if request.method == "POST" and gift.going_on:
        try:
            changes.stop(gift)
        except (StripeUnavailable, stripe.InvalidRequestError):
            problem = True
        gift.refresh_from_db()
    page = {"gift": gift, "deed": DEEDS["stop"], "problem": problem}
    return render(request, "donations/monthly_gift_stop.html", page, status=503 if problem else 200)
