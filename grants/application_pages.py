"""The pages of an application, one thing each. A page is a form that knows what is stored and keeps what is right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.uploads.fields import AttachmentField
from grants.models import Application, Consent, Mode, Question
from ledger.currencies import locale_for
from ledger.forms import MoneyField
from ledger.money import Money

MOST_LETTERS = 6000
SPOKEN = ("prs", "fa", "ps", "ur", "ar", "my", "rhg", "kac", "ms", "id", "th", "vi", "so", "am", "ti", "om", "sw", "fr",
          "ta", "si", "hi", "bn", "ne", "zh", "ku", "tr", "ru", "en")  # fmt: skip


def language_name(code: str) -> str:
    """Its name in the reader's language, and in itself: “Burmese (မြန်မာ)”."""
    theirs = locale_for(get_language() or "en").languages.get({"prs": "fa_AF"}.get(code, code), code)
    own = LANG_INFO.get(code, {}).get("name_local", "")
    return f"{theirs} ({own})" if own and own.lower() != theirs.lower() else theirs


class PageForm(forms.Form):
    """Its fields are named as what they fill in the application."""

    def __init__(self, data: Any = None, *, application: Application) -> None:
        self.application = application
        super().__init__(data, initial=self.stored())

    def stored(self) -> dict[str, Any]:
        return {name: getattr(self.application, name) for name in self.base_fields}

    def sent_again(self) -> dict[str, Any]:
        """What is stored, as a browser would send it."""
        return {name: value for name, value in self.stored().items() if value is not None}

    def keep(self) -> None:
        """Whatever is right of it; what is wrong stays on the page with its error."""
        self.application.save_facts(**self.facts())

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}


class HowForm(PageForm):
    language = forms.ChoiceField(
        label=_("In which language do you write?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a language."), "invalid_choice": _("Choose a language from the list.")},
    )
    mode = forms.ChoiceField(
        label=_("Who writes?"),
        choices=Mode,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who writes.")},
    )

    def __init__(self, data: Any = None, *, application: Application) -> None:
        super().__init__(data, application=application)
        self.fields["language"].choices = [(code, language_name(code)) for code in application.call.languages]  # type: ignore[attr-defined]


class HelperForm(PageForm):
    helper = forms.CharField(
        label=_("The helper's name"),
        max_length=200,
        error_messages={"required": _("Write the name of the helper.")},
    )
    consent = forms.ChoiceField(
        label=_("How did the group agree that the helper applies with them?"),
        choices=Consent,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the group agreed.")},
    )
    witness = forms.CharField(
        label=_("The witness's name"),
        help_text=_("Only if the group agreed by word of mouth: somebody else who heard it."),
        max_length=200,
        required=False,
    )
    consented_on = forms.DateField(
        label=_("When did they agree?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Write the day."), "invalid": _("Write a day, like 2026-12-31.")},
    )

    def clean_consented_on(self) -> Any:
        day = self.cleaned_data["consented_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> None:
        if self.cleaned_data.get("consent") == Consent.VERBAL and not self.cleaned_data.get("witness"):
            self.add_error("witness", _("Write the name of the witness who heard it."))


class GroupForm(PageForm):
    name = forms.CharField(
        label=_("The name of your group"),
        help_text=_("We keep it secret. It is never published unless you ask for it."),
        max_length=200,
        error_messages={"required": _("Write the name of your group.")},
    )
    public_alias = forms.CharField(
        label=_("Another name, for the public"),
        help_text=_("How we may call you in public, so that nobody can find you by it: “a women's group that cooks”."),
        max_length=200,
        required=False,
    )
    languages = forms.MultipleChoiceField(
        label=_("Which languages do people in your group speak?"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(code, language_name(code)) for code in SPOKEN],
        error_messages={"required": _("Choose at least one language.")},
    )
    place = forms.CharField(
        label=_("The place where you work"),
        help_text=_("Only if we need it to understand your work. We keep it secret and never publish it."),
        max_length=200,
        required=False,
    )
    registration = forms.CharField(label=_("Registration number, if you have one"), max_length=100, required=False)
    why_unregistered = forms.CharField(
        label=_("If you have none: why?"),
        help_text=_("Many groups cannot register. That is no reason to refuse you."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
    )
    host_name = forms.CharField(
        label=_("Does another organisation receive money for you? Which one?"), max_length=200, required=False
    )

    def clean(self) -> None:
        if not (self.cleaned_data.get("registration") or self.cleaned_data.get("why_unregistered")):
            self.add_error("why_unregistered", _("Write your registration number, or why you have none."))


class ContactForm(PageForm):
    contact = forms.CharField(
        label=_("Whom may we ask?"),
        help_text=_("A name that you want to be called by is enough."),
        max_length=200,
        error_messages={"required": _("Write a name.")},
    )
    email = forms.EmailField(
        label=_("Email address"),
        help_text=_("We send you the link to come back, and our answer. Leave it empty if you have none."),
        max_length=254,
        required=False,
        error_messages={"invalid": _("Enter an email address like name@example.org.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        help_text=_("With the code of the country, like +60 12 345 6789."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "dir": "ltr"}),
    )

    def clean(self) -> None:
        if not (self.cleaned_data.get("email") or self.cleaned_data.get("phone") or self.errors):
            self.add_error("email", _("Write an email address or a telephone number, so that we can answer you."))


class MoneyForm(PageForm):
    purpose = forms.CharField(
        label=_("What is the money for?"),
        help_text=_("In one sentence, without names of people or places."),
        max_length=300,
        error_messages={"required": _("Write what the money is for.")},
    )

    def __init__(self, data: Any = None, *, application: Application) -> None:
        super().__init__(data, application=application)
        self.fields["amount"] = MoneyField(
            label=_("How much do you need?"),
            help_text=_("At most %(most)s.")
            % {"most": application.call.most.format(get_language() or "en", brief=True)},
            currencies=[application.currency],
        )
        self.order_fields(["amount", "purpose"])

    def stored(self) -> dict[str, Any]:
        return {"purpose": self.application.purpose, "amount": self.application.amount}

    def sent_again(self) -> dict[str, Any]:
        amount = self.application.amount
        typed = {"amount": str(amount.decimal), "amount_currency": amount.currency} if amount else {}
        return {"purpose": self.application.purpose} | typed

    def clean_amount(self) -> Money:
        amount: Money = self.cleaned_data["amount"]
        if amount > self.application.call.most:
            most = self.application.call.most.format(get_language() or "en", brief=True)
            raise ValidationError(_("This call gives %(most)s at most.") % {"most": most})
        return amount

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        if amount := facts.pop("amount", None):
            facts["amount_minor"] = amount.minor
        return facts


class QuestionForm(PageForm):
    """One question of the call. Too many words are kept all the same: they only cannot be sent."""

    question: Question
    text = forms.CharField(
        label=_("Your answer"),
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
        max_length=MOST_LETTERS,
        required=False,
    )
    original = forms.CharField(
        label=_("The same in the words of the group"),
        help_text=_("If you have translated what they said: their own words, in their own language."),
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        max_length=MOST_LETTERS,
        required=False,
    )

    def __init__(self, data: Any = None, *, application: Application) -> None:
        super().__init__(data, application=application)
        self.fields["text"].help_text = self.hint()
        if application.mode == Mode.WRITTEN:
            del self.fields["original"]

    def hint(self) -> str:
        words = _now("At most %(count)s words.") % {"count": self.question.most_words}
        return f"{self.question.hint} {words}".strip()

    def stored(self) -> dict[str, Any]:
        answer = self.application.answers.filter(question=self.question).first()
        return {"text": answer.text, "original": answer.original} if answer else {}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        count, most = len(text.split()), self.question.most_words
        if not text and not self.question.optional:
            raise ValidationError(_("Write an answer."))
        if count > most:
            raise ValidationError(
                _("These are %(count)s words. Please use %(most)s at most.") % {"count": count, "most": most}
            )
        return text

    def keep(self) -> None:
        typed = {name: self[name].value() or "" for name in ("text", "original") if name in self.fields}
        text, original = typed["text"][:MOST_LETTERS].strip(), typed.get("original", "")[:MOST_LETTERS].strip()
        self.application.answer(self.question, text, original)


class FileForm(forms.Form):
    file = AttachmentField(
        label=_("Add a file"),
        help_text=_(
            "PDF, JPG, PNG, Word, Excel or OpenDocument, at most 5 MB. Photos lose what they tell of the place."
        ),
    )


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    title: str | Promise
    form: type[PageForm]

    def done(self, application: Application) -> bool:
        """Whether all that it asks is there and right."""
        filled = self.form(application=application).sent_again()
        return self.form(filled, application=application).is_valid()


def pages_of(application: Application) -> list[Page]:
    """In the order that they are asked in."""
    return list(_pages(application))


def _pages(application: Application) -> Iterator[Page]:
    yield Page("how", _("How you write"), HowForm)
    if application.mode != Mode.WRITTEN:
        yield Page("helper", _("Your helper"), HelperForm)
    yield Page("group", _("Your group"), GroupForm)
    yield Page("contact", _("How we reach you"), ContactForm)
    yield Page("money", _("The money"), MoneyForm)
    for question in application.call.questions.all():
        form = type("QuestionForm", (QuestionForm,), {"question": question})
        yield Page(f"question-{question.number}", question.text, form)
