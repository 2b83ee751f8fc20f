"""What a donor may add to a gift that came, by its private link: words for the wall, and a gift in somebody's name."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import wraps
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appeal.refusal import Refused
from donations import words
from donations.models import Donation, NeverAgain, Tribute, WallEntry
from donations.models.stayed import has_stayed
from donations.models.tribute import Kind, days_to_choose, digest_in
from donations.models.wall_entry import LONGEST_MESSAGE, LONGEST_NAME

READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])
LONGEST_HONOURED = 100
LONGEST_CARD = 600


class WordsForm(forms.Form):
    """Cleans to `name` and `message`, of which one may be empty; refused without the donor's agreement."""

    name = words.WordsField(
        label=_("How you would like to be called (optional)"),
        help_text=_("A first name is enough. If you leave it empty, your words stand there without a name."),
        max_length=LONGEST_NAME,
        required=False,
    )
    message = words.WordsField(
        label=_("Your words (optional)"),
        help_text=_("Up to 280 characters, in any language."),
        max_length=LONGEST_MESSAGE,
        required=False,
    )
    show = forms.BooleanField(
        label=_("Yes, show this to everyone on the page of this appeal"),
        help_text=_("With the month, and never with what you gave."),
        error_messages={"required": _("Tick that we may show it. Without that we keep nothing of it.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if not self.errors and not cleaned["name"] and not cleaned["message"]:
            self.add_error("name", _("Write a name, or some words, or both."))
        return cleaned


class TributeForm(forms.Form):
    """Cleans to what Tribute.objects.write() takes. Without an address nothing is mailed, and no day is kept."""

    kind = forms.ChoiceField(
        label=_("Your gift is"),
        choices=[(Kind.HONOUR, _("in honour of somebody")), (Kind.MEMORY, _("in memory of somebody"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether it is in honour or in memory of somebody.")},
    )
    honoured = words.WordsField(
        label=_("Their name"),
        max_length=LONGEST_HONOURED,
        error_messages={"required": _("Enter the name of the one whom your gift honours.")},
    )
    address = forms.EmailField(
        label=_("The email address of somebody who shall hear of it (optional)"),
        help_text=_("They get one card by email, from us, and nothing else. It never says how much you gave."),
        max_length=254,
        required=False,
        error_messages={"invalid": _("Enter an email address like name@example.org.")},
    )
    send_on = forms.DateField(
        label=_("The day on which the card is mailed"),
        help_text=_("At 10:00 UTC: that is the same day from Honolulu to Auckland. At most a year ahead."),
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Enter a day like 2027-05-14.")},
    )
    sender = words.WordsField(
        label=_("Your name, as the card shall say it"), max_length=LONGEST_HONOURED, required=False
    )
    message = words.WordsField(
        label=_("Your words to them (optional)"),
        help_text=_("Up to 600 characters, without web addresses."),
        max_length=LONGEST_CARD,
        required=False,
        lines=True,
    )

    def __init__(self, *args: Any, first: date, last: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.first, self.last = first, last
        bounds = {"type": "date", "min": first.isoformat(), "max": last.isoformat()}
        self.fields["send_on"].widget = forms.DateInput(attrs=bounds, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        for name in ("honoured", "sender", "message"):
            if words.name_an_address(cleaned.get(name, "")):
                self.add_error(name, _("We mail no web addresses. After a full stop, write a space."))
        if cleaned.get("address"):
            self._clean_card(cleaned)
        elif not self.has_error("address"):
            cleaned |= {"send_on": None, "sender": "", "message": ""}
        return cleaned

    def _clean_card(self, cleaned: dict[str, Any]) -> None:
        day = cleaned.get("send_on")
        if not self.has_error("send_on") and not (day and self.first <= day <= self.last):
            self.add_error("send_on", _("Choose a day from today to a year from now."))
        if not self.has_error("sender") and not cleaned.get("sender"):
            self.add_error("sender", _("Enter your name, so that they know whom the card is from."))


def of_a_gift(view: Callable[[HttpRequest, Donation], HttpResponse]) -> Callable[..., HttpResponse]:
    """For whoever has the gift's private link."""

    @never_cache
    @wraps(view)
    def entrance(request: HttpRequest, reference: str) -> HttpResponse:
        return view(request, get_object_or_404(Donation.objects.select_related("campaign"), reference=reference))

    return entrance


@READ_OR_SEND
@of_a_gift
def say(request: HttpRequest, gift: Donation) -> HttpResponse:
    """Write, change or take back the words for the wall."""
    here, stayed = request.path, has_stayed(gift)
    if "withdraw" in request.POST:
        WallEntry.objects.withdraw(gift)
        return redirect(here if stayed else gift)
    entry = WallEntry.objects.filter(donation=gift).first()
    if not stayed and not entry:
        return redirect(gift)
    said = {"name": entry.name, "message": entry.message} if entry else {}
    form = WordsForm(request.POST if request.method == "POST" and stayed else None, initial=said)
    if form.is_valid():
        with suppress(Refused):  # the gift went back just now: the page says so
            WallEntry.objects.write(gift, name=form.cleaned_data["name"], message=form.cleaned_data["message"])
        return redirect(here)
    page = {"gift": gift, "entry": entry, "form": form, "stayed": stayed}
    return render(request, "donations/say.html", page, status=422 if form.errors else 200)


@READ_OR_SEND
@of_a_gift
def tribute(request: HttpRequest, gift: Donation) -> HttpResponse:
    """Say, change or take back in whose name it was given, until the card is gone."""
    made, stayed = Tribute.objects.filter(donation=gift).first(), has_stayed(gift)
    if not made and not stayed:
        return redirect(gift)
    first, last = days_to_choose(timezone.now())
    sent = request.POST if request.method == "POST" and "withdraw" not in request.POST else None
    form = TributeForm(sent, first=first, last=last, initial=as_it_is(made))
    if request.method == "POST" and (sent is None or form.is_valid()):
        with suppress(Refused):  # it was mailed, or the gift went back, just now: the page says so
            if sent is None:
                Tribute.objects.withdraw(gift)
            else:
                Tribute.objects.write(gift, **form.cleaned_data)
        return redirect(request.path)
    page = {"gift": gift, "tribute": made, "form": form, "stayed": stayed}
    return render(request, "donations/tribute.html", page, status=422 if form.errors else 200)


def as_it_is(tribute: Tribute | None) -> dict[str, Any]:
    names = ("kind", "honoured", "address", "send_on", "sender", "message")
    return {name: getattr(tribute, name) for name in names} if tribute else {}


@never_cache
@READ_OR_SEND
def never_again(request: HttpRequest, token: str) -> HttpResponse:
    """Where a card's link leads. To look at it changes nothing, for programs that look through mail do so."""
    digest = digest_in(token)
    if digest is None:
        return render(request, "donations/never_again.html", {"spent": True}, status=410)
    if request.method == "POST":
        NeverAgain.objects.say(digest)
    return render(request, "donations/never_again.html", {"said": NeverAgain.objects.said_by(digest)})
