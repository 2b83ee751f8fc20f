"""An initiative's answer to its award: by its own link, without an account."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appeal.refusal import Refused
from grants import awarding
from grants.models import Grant


class AnswerForm(forms.Form):
    by = forms.CharField(
        label=_("Who answers for the group?"),
        help_text=_("A name that you want to be called by is enough. We keep it secret."),
        max_length=200,
        error_messages={"required": _("Write a name.")},
    )
    said = forms.CharField(
        label=_("Do you want to tell us something?"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        max_length=1000,
        required=False,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def award(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows, so that a mail program that opens links answers nothing; POST answers, and again changes nothing."""
    grant = get_object_or_404(Grant.objects.select_related("campaign", "fund", "initiative"), key=key)
    with translation.override(grant.initiative.reads()):
        return told(request, grant)


def told(request: HttpRequest, grant: Grant) -> HttpResponse:
    """In the initiative's language, as the letter on paper is."""
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer(grant, form.cleaned_data, accepts=request.POST.get("answer") != "decline")
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(grant)
    return render(request, "grants/award.html", letter(grant) | {"form": form}, status=422 if form.errors else 200)


def answer(grant: Grant, told: dict[str, Any], *, accepts: bool) -> None:
    verb = awarding.accept if accepts else awarding.decline
    verb(grant, by=told["by"], said=told["said"], on=timezone.localdate())


def letter(grant: Grant) -> dict[str, Any]:
    """What the page and the letter show: the terms as they were accepted, or as they are offered."""
    agreement = grant.agreement or awarding.terms(grant, translation.get_language() or "en")
    reports = grant.reports.order_by("number")
    return {"grant": grant, "tranches": grant.tranches.order_by("number"), "reports": reports, "agreement": agreement}
