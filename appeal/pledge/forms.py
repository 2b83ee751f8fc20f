"""The form by which one signs, and those of a signer's own page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from appeal.pledge.signatures import Kind, Shown
from appeal.pledge.texts import PledgeText

LONG = forms.Textarea(attrs={"rows": 4, "dir": "auto"})


def countries() -> list[tuple[str, str]]:
    return [("", _("I would rather not say")), *country_names().items()]  # type: ignore[list-item]


def words(label: Any = "", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=1000, required=False, widget=LONG, **more)


class ShownForm(forms.Form):
    shown = forms.ChoiceField(
        label=_("How much may we show in the public list?"),
        help_text=_("You can change this whenever you like. Think of your safety, and of others'."),
        choices=Shown,
        initial=Shown.HIDDEN,
        widget=forms.RadioSelect,
    )


class SignForm(ShownForm):
    """Cleans to what `signing.ask` takes. The token is the view's affair."""

    kind = forms.ChoiceField(
        label=_("Who signs?"),
        choices=Kind,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who signs.")},
    )
    name = forms.CharField(
        label=_("Name"),
        help_text=_(
            "As it may be shown and as it stands on the certificate. A person may leave it empty, or use another name."
        ),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    contact = forms.CharField(
        label=_("Who signs for it, and as what (not for persons)"),
        help_text=_("So that we can see that it is meant. Never shown."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    country = forms.ChoiceField(label=_("Country (optional)"), choices=countries, required=False)
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        help_text=_("We send a link to it: you sign by following that. Never shown, never passed on."),
        error_messages={
            "required": _("Enter an email address: you sign by a link that we send to it."),
            "invalid": _("Enter an email address like name@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    support = words()
    together = words()
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    field_order = ("kind", "name", "contact", "country", "support", "together", "shown", "email")

    def __init__(self, *args: Any, text: PledgeText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, question in (("support", text.support_question), ("together", text.together_question)):
            self.fields[name].label = question
            self.fields[name].help_text = _("You may leave this empty.")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        of_a_person = given.get("kind") == Kind.PERSON
        if "kind" in given and not of_a_person:
            self._demand("name", _("Enter the name of who signs."))
            self._demand("contact", _("Say who signs for it, and as what."))
        elif given.get("shown") not in {None, Shown.HIDDEN}:
            self._demand("name", _("Enter the name to show, or choose not to show your signature."))
        return given

    def _demand(self, field: str, problem: Any) -> None:
        if not self.cleaned_data.get(field) and field not in self.errors:
            self.add_error(field, problem)


class DidForm(forms.Form):
    did = forms.CharField(
        label=_("What did you do since you signed?"),
        help_text=_("A few sentences are enough, also about what did not work."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        error_messages={"required": _("Write what you did.")},
    )
