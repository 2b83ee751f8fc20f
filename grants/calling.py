"""The public pages of calls: what there is to apply for, and whether one may."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from appeal.countries import country_names
from appeal.throttle import is_flood
from grants import entrance
from grants.models import Application, Call, Rule

DRAFTS_AN_HOUR = 200
"""From one connection: a whole camp may share one, a machine that fills our tables begins more."""
AN_HOUR = 3600

YES_OR_NO = [("yes", _("Yes")), ("no", _("No"))]


class StartForm(forms.Form):
    """The rules of the call as questions. Cleans to `answers`; `reasons` says why they cannot apply, if so."""

    country = forms.ChoiceField(
        label=_("In which country do you work?"),
        choices=lambda: [("", "—"), *country_names().items()],
        error_messages={"required": _("Choose a country."), "invalid_choice": _("Choose a country from the list.")},
    )

    def __init__(self, data: Any = None, *, call: Call) -> None:
        super().__init__(data)
        self.call, self.rules = call, list(call.rules.all())
        for rule in self.rules:
            self.fields[f"rule_{rule.number}"] = forms.ChoiceField(
                label=rule.question,
                choices=YES_OR_NO,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose yes or no.")},
            )

    @property
    def answers(self) -> dict[Rule, bool]:
        return {rule: self.cleaned_data[f"rule_{rule.number}"] == "yes" for rule in self.rules}

    @property
    def reasons(self) -> list[str]:
        against = [rule.reason for rule, yes in self.answers.items() if yes != rule.wanted]
        if self.call.countries and self.cleaned_data["country"] not in self.call.countries:
            names = ", ".join(name for code, name in country_names().items() if code in self.call.countries)
            against.append(str(_("This call is for groups in: %(countries)s.") % {"countries": names}))
        elif self.call.fund.excludes(self.cleaned_data["country"]):
            against.append(
                str(_("The rules of the company that cards are paid through do not let this money go to your country."))
            )
        return against


def reachable(request: HttpRequest, slug: str) -> Call:
    """A published call; one by invitation only for whoever has its link."""
    calls = Call.objects.reachable(request.GET.get("invitation", "")).select_related("campaign", "fund")
    return get_object_or_404(calls, slug=slug)


def kept(response: HttpResponse) -> HttpResponse:
    """By whoever likes, and asked about each time."""
    patch_cache_control(response, no_cache=True)
    return response


@conditional_page
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    now, listed = timezone.now(), Call.objects.for_all().select_related("campaign")
    shown = {"open": listed.taking(now).order_by("closes"), "soon": listed.filter(opens__gt=now).order_by("opens")}
    return kept(render(request, "grants/calls.html", shown | {"past": listed.filter(closes__lte=now)[:20]}))


@conditional_page
@require_safe
def call(request: HttpRequest, slug: str) -> HttpResponse:
    asked = reachable(request, slug)
    return kept(render(request, "grants/call.html", {"call": asked, **hours(asked, timezone.now())}))


def hours(call: Call, now: datetime) -> dict[str, Any]:
    """Whether it takes applications now, and the name of the place whose time it keeps."""
    return {
        "takes": call.takes(now),
        "soon": now < call.opens,
        "zone": call.time_zone.rpartition("/")[2].replace("_", " "),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Whoever cannot apply learns it here, and why, before the long form; nothing is kept of them."""
    asked, now = reachable(request, slug), timezone.now()
    if not asked.takes(now):
        return redirect(asked)
    form = StartForm(request.POST if request.method == "POST" else None, call=asked)
    if not form.is_valid():
        return render(request, "grants/start.html", {"call": asked, "form": form}, status=422 if form.errors else 200)
    if form.reasons:
        return render(request, "grants/not_eligible.html", {"call": asked, "reasons": form.reasons})
    if is_flood(request, "drafts", DRAFTS_AN_HOUR, AN_HOUR):
        form.add_error(None, _("Very many applications were begun from your connection. Please try again in an hour."))
        return render(request, "grants/start.html", {"call": asked, "form": form}, status=429)
    language = translation.get_language() or "en"
    spoken = language if language in asked.languages else asked.languages[0]
    application = Application.objects.begin(asked, form.cleaned_data["country"], form.answers, spoken)
    entrance.enter(request.session, application, now)
    return redirect("grants:application-code", application.reference)
