"""The pledge's pages: read it, sign it, confirm that by a mailed link, see who signed, and one's own signature."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from appeal.behind_a_link import of_own, private
from appeal.confirming import Unfit
from appeal.pledge import signing
from appeal.pledge.forms import DidForm, ShownForm, SignForm
from appeal.pledge.listing import PledgePage, SignersPage
from appeal.pledge.signatures import Shown, Signature, SignatureState
from appeal.pledge.texts import PledgeText
from appeal.refusal import Refused
from appeal.throttle import is_flood

SIGNATURES_AN_HOUR = 200
"""From one internet connection, which a camp or an office may share."""
AN_HOUR = 3600
READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@conditional_page
@require_safe
def pledge(request: HttpRequest) -> HttpResponse:
    """The newest version, in the reader's language where there is such a text."""
    text = PledgeText.objects.for_reader(get_language() or "en")
    return asked_anew(text_page(request, text) if text else render(request, "appeal/pledge/not_yet.html"))


@conditional_page
@require_safe
def pledge_text(request: HttpRequest, version: int, language: str) -> HttpResponse:
    """Exactly this one."""
    found = get_object_or_404(PledgeText.objects.published(), version=version, language=language)
    return asked_anew(text_page(request, found))


def text_page(request: HttpRequest, text: PledgeText) -> HttpResponse:
    return render(request, "appeal/pledge/pledge.html", {"page": PledgePage.of(text)})


@conditional_page
@require_safe
def signers(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("kind", "country", "after")}
    return asked_anew(render(request, "appeal/pledge/signers.html", {"page": SignersPage.of(**asked)}))


def asked_anew(response: HttpResponse) -> HttpResponse:
    """Whoever withdraws is gone at the next look: no page of these is shown without asking whether it still holds."""
    patch_cache_control(response, no_cache=True)
    return response


@never_cache
@READ_OR_SEND
def sign(request: HttpRequest) -> HttpResponse:
    text = PledgeText.objects.for_reader(request.GET.get("language") or get_language() or "en")
    if text is None:
        return render(request, "appeal/pledge/not_yet.html")
    form = SignForm(request.POST if request.method == "POST" else None, text=text)
    if not form.is_valid():
        return sign_page(request, text, form, status=422 if form.errors else 200)
    now = timezone.now()
    try:
        shown = signing.FORM.about(form.cleaned_data["token"], now)
    except Unfit:
        form.add_error(None, _("Please look at it once more, and send it again."))
        return sign_page(request, text, form, status=422)
    if shown != str(text.pk):
        form.add_error(None, _("There is a new text of the pledge since you began. Please read it before you sign."))
        return sign_page(request, text, form, status=422)
    if is_flood(request, "pledges", SIGNATURES_AN_HOUR, AN_HOUR):
        form.add_error(None, _("Very many signatures came from your connection. Please try again in an hour."))
        return sign_page(request, text, form, status=429)
    signing.ask(text, form.cleaned_data, get_language() or "en", now)
    return redirect("appeal:pledge-asked")


def sign_page(request: HttpRequest, text: PledgeText, form: SignForm, status: int = 200) -> HttpResponse:
    page = {"text": text, "form": form, "token": signing.FORM.token(str(text.pk), timezone.now())}
    return render(request, "appeal/pledge/sign.html", page, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """The same for every address."""
    return render(request, "appeal/pledge/asked.html", {"days": signing.GOOD_FOR.days})


@never_cache
@READ_OR_SEND
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """To look changes nothing, for programs that look through mail do so; the button signs."""
    now = timezone.now()
    signature = signing.behind(signing.TO_CONFIRM, token, now)
    if signature is None:
        return private(render(request, "appeal/pledge/spent.html", {"days": signing.GOOD_FOR.days}, status=410))
    if request.method == "POST" or signature.state != SignatureState.ASKED:
        return redirect(signing.own_path(signing.confirm(signature, now), now))
    return private(render(request, "appeal/pledge/confirm.html", {"signature": signature}))


def of_token(token: str) -> Signature | None:
    """One that nobody confirmed has no page."""
    found = signing.behind(signing.OWN, token, timezone.now())
    return found if found and found.state != SignatureState.ASKED else None


@READ_OR_SEND
@of_own(of_token)
def own(request: HttpRequest, signature: Signature) -> HttpResponse:
    """How the signature stands, and how much of it is shown."""
    form = ShownForm(request.POST if request.method == "POST" else None, initial={"shown": signature.shown})
    if request.method == "POST" and form.is_valid():
        try:
            signature.show_as(Shown(form.cleaned_data["shown"]))
        except Refused as refusal:
            form.add_error("shown", str(refusal))
        else:
            return back(request, signature, "shown")
    return own_page(request, signature, form=form, status=422 if form.errors else 200)


@READ_OR_SEND
@of_own(of_token)
def did(request: HttpRequest, signature: Signature) -> HttpResponse:
    """What was done since, once a year is over."""
    today = timezone.localdate()
    if not signature.asks(today):
        return back(request, signature)
    form = DidForm(request.POST if request.method == "POST" else None, initial={"did": signature.did})
    if request.method == "POST" and form.is_valid():
        signature.tell(form.cleaned_data["did"], today)
        return back(request, signature, "told")
    page = {"signature": signature, "form": form, "own": signing.own_path(signature, timezone.now())}
    return render(request, "appeal/pledge/did.html", page, status=422 if form.errors else 200)


@READ_OR_SEND
@of_own(of_token)
def withdraw(request: HttpRequest, signature: Signature) -> HttpResponse:
    """A page that asks whether it is meant, and a button that does it."""
    if request.method == "POST":
        with suppress(Refused):  # by another tab, a moment ago
            signature.withdraw(timezone.localdate())
        return back(request, signature)
    if signature.is_withdrawn:
        return back(request, signature)
    page = {"signature": signature, "own": signing.own_path(signature, timezone.now())}
    return render(request, "appeal/pledge/withdraw.html", page)


def own_page(request: HttpRequest, signature: Signature, *, form: ShownForm, status: int) -> HttpResponse:
    page: dict[str, Any] = {
        "signature": signature,
        "form": form,
        "token": signing.OWN.token(signature.reference, timezone.now()),
        "asks": signature.asks(timezone.localdate()),
        "done": request.GET.get("done", ""),
    }
    return render(request, "appeal/pledge/own.html", page, status=status)


def back(request: HttpRequest, signature: Signature, done: str = "") -> HttpResponse:
    path = signing.own_path(signature, timezone.now())
    return redirect(f"{path}?done={done}" if done else path)
