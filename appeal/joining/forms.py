"""The form by which one asks to join: one for each kind, with the fields that it needs and no others."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from appeal.joining.requests import Kind

TITLES = {
    Kind.REFUGEE: _("Join as a refugee"),
    Kind.GROUP: _("Join as a group led by refugees"),
    Kind.VOLUNTEER: _("Become a volunteer"),
}
NAMES: dict[Kind, tuple[Any, Any]] = {
    Kind.REFUGEE: (_("What shall we call you?"), _("Any name that you like. It need not be the one in your papers.")),
    Kind.GROUP: (_("Name of your group"), _("As you call yourselves. You need not be registered.")),
    Kind.VOLUNTEER: (_("Your name"), ""),
}
WORDS = {
    Kind.REFUGEE: _("What would you like to do with others? (optional)"),
    Kind.GROUP: _("What does your group do, and for whom? (optional)"),
    Kind.VOLUNTEER: _("What would you like to do, and what can you do? (optional)"),
}
CONSENTS = {
    Kind.REFUGEE: _(
        "I agree that APNOR, the Asia Pacific Network of Refugees, keeps what I write here, also that I am a refugee,"
        " to talk with me about joining and as long as I am a member. I can erase it at any time."
    ),
    Kind.GROUP: _(
        "I agree that APNOR, the Asia Pacific Network of Refugees, keeps what I write here about our group and myself,"
        " to talk with us about joining and as long as we are a member. I can erase it at any time."
    ),
    Kind.VOLUNTEER: _(
        "I agree that APNOR, the Asia Pacific Network of Refugees, keeps what I write here, to talk with me about"
        " helping and as long as I help. I can erase it at any time."
    ),
}
"""What one ticks. The sentence that was read is kept with the request, in the language in which it was read."""


class JoinForm(forms.Form):
    """Cleans to what `asking.ask` takes. The token is the view's affair."""

    name = forms.CharField(
        max_length=120,
        error_messages={"required": _("Enter a name, so that we know what to call you.")},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "name"}),
    )
    contact = forms.CharField(
        label=_("Whom shall we ask for?"),
        help_text=_("One person of your group, by any name."),
        max_length=120,
        error_messages={"required": _("Enter the name of one person of your group.")},
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        help_text=_("We send a link to it, and our answer. Never shown, never passed on."),
        error_messages={
            "required": _("Enter an email address: we send a link to it."),
            "invalid": _("Enter an email address like name@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    country = forms.ChoiceField(
        label=_("Where you live (optional)"),
        help_text=_("So that somebody near you can answer. Leave it out if it could put you in danger."),
        required=False,
    )
    words = forms.CharField(
        help_text=_("In any language. Write nothing that could put you or others in danger."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    agreed = forms.BooleanField(error_messages={"required": _("Tick that you agree: without it we may keep nothing.")})
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label, self.fields["name"].help_text = NAMES[kind]
        self.fields["words"].label = WORDS[kind]
        self.fields["agreed"].label = CONSENTS[kind]
        self.fields["country"].choices = [("", _("I would rather not say")), *country_names().items()]  # type: ignore[attr-defined]
        if kind != Kind.GROUP:
            del self.fields["contact"]
