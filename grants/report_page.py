"""An initiative's report, by its own link: a story in their words and a few numbers, saved in parts, sent once."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from appeal.refusal import Refused
from grants.application_pages import SPOKEN, language_name
from grants.closing import came_to
from grants.models import Figure, Measure, Mode, Report
from ledger.money import AmountError, Money

MOST_LETTERS = 12_000


class ReportForm(forms.Form):
    """Cleans to what a report holds. `send` asks for all that is needed to send it; else whatever is right is kept."""

    text = forms.CharField(
        label=_("What did you do with the money?"),
        help_text=_(
            "In your own words, in any language. A few sentences are enough. Write no names of people in danger."
        ),
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
        max_length=MOST_LETTERS,
        required=False,
    )
    language = forms.ChoiceField(
        label=_("In which language do you write?"),
        error_messages={"invalid_choice": _("Choose a language from the list.")},
        required=False,
    )
    mode = forms.ChoiceField(label=_("Who writes?"), choices=Mode, widget=forms.RadioSelect, initial=Mode.WRITTEN)
    original = forms.CharField(
        label=_("The same in the words of the group"),
        help_text=_("Only if you have translated what they said."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        max_length=MOST_LETTERS,
        required=False,
    )
    spent = forms.CharField(
        label=_("How much of the money did you spend?"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "dir": "ltr", "autocomplete": "off"}),
    )
    shown = forms.BooleanField(
        label=_("You may show our story to the public, without our name and our place."),
        help_text=_("Only if you want it. You can take it back at any time on this page; then we take the story down."),
        required=False,
    )
    consent_of = forms.CharField(label=_("Who agrees to that for the group?"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, report: Report, send: bool = False) -> None:
        self.report, self.send = report, send
        super().__init__(data, initial=stored(report))
        theirs = [*report.grant.initiative.languages, *SPOKEN]
        self.fields["language"].choices = [(code, language_name(code)) for code in dict.fromkeys(theirs)]  # type: ignore[attr-defined]
        for measure in Measure:
            self.fields[measure.value] = forms.IntegerField(
                label=measure.label.capitalize(),
                min_value=0,
                max_value=10_000_000,
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "dir": "ltr", "autocomplete": "off"}),
            )
            self.fields[f"{measure.value}_estimate"] = forms.BooleanField(label=_("estimate"), required=False)

    def figures(self) -> list[tuple[Any, Any]]:
        """Each number's field beside the mark that it is an estimate."""
        return [(self[measure.value], self[f"{measure.value}_estimate"]) for measure in Measure]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if self.send and not text:
            raise ValidationError(_("Write what you did."))
        return text

    def clean_spent(self) -> Money | None:
        typed = self.cleaned_data["spent"].strip()
        if not typed:
            if self.send:
                raise ValidationError(_("Write how much you spent."))
            return None
        try:
            return Money.parse(typed, self.report.grant.currency)
        except AmountError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> None:
        if self.cleaned_data.get("shown") and not self.cleaned_data.get("consent_of"):
            self.add_error("consent_of", _("Write a name. We keep it secret."))

    @transaction.atomic
    def keep(self) -> None:
        """Whatever is right of it."""
        facts: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("text", "mode", "original") if name in self.cleaned_data
        }
        if "spent" in self.cleaned_data:
            spent = self.cleaned_data["spent"]
            facts["spent_minor"] = None if spent is None else spent.minor
        language = self.cleaned_data.get("language") or stored(self.report)["language"]
        self.report.save_facts(**facts, language=language)
        self.keep_figures()
        self.keep_consent()

    def keep_figures(self) -> None:
        for measure in Measure:
            number = self.cleaned_data.get(measure.value)
            given = {"number": number, "estimate": self.cleaned_data.get(f"{measure.value}_estimate", False)}
            if number is not None:
                Figure.objects.update_or_create(report=self.report, measure=measure, defaults=given)
            elif measure.value in self.cleaned_data:
                Figure.objects.filter(report=self.report, measure=measure).delete()

    def keep_consent(self) -> None:
        if "consent_of" not in self.cleaned_data:
            return
        if self.cleaned_data["shown"]:
            self.report.consent(self.cleaned_data["consent_of"], timezone.localdate())
        else:
            self.report.withdraw_consent()


def stored(report: Report) -> dict[str, Any]:
    figures = {figure.measure: figure for figure in report.figures.all()}
    return {
        "text": report.text,
        "mode": report.mode,
        "original": report.original,
        "language": report.language or report.grant.initiative.languages[0],
        "spent": "" if report.spent is None else report.spent.decimal,
        "shown": report.consented_on is not None,
        "consent_of": report.consent_of,
        **{measure: figure.number for measure, figure in figures.items()},
        **{f"{measure}_estimate": figure.estimate for measure, figure in figures.items()},
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows; POST saves, or sends; once it is sent, all that can change is the consent."""
    found = get_object_or_404(Report.objects.select_related("grant__campaign", "grant__initiative"), key=key)
    deed = request.POST.get("do", "")
    if request.method == "POST" and not found.is_due:
        if deed == "withdraw":
            found.withdraw_consent()
        return redirect(found)
    form = ReportForm(request.POST if deed else None, report=found, send=deed == "send")
    if form.is_bound and saved(form):
        return redirect("grants:report-photos", found.key) if deed == "photos" else redirect(found)
    shown = {"report": found, "form": form, "sent": came_to(found.grant)}
    return render(request, "grants/report.html", shown, status=422 if form.errors else 200)


def saved(form: ReportForm) -> bool:
    """Whether all of it was right; what was right of it is kept anyway."""
    right = form.is_valid()
    try:
        form.keep()
        if right and form.send:
            form.report.submit(timezone.now())
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    return right
