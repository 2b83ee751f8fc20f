"""The steps with one application: may it be considered, who reads it, what the group is told, in which words."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language
from appeal.steps import Step
from grants import reviewing, voting
from grants.conflicts import known_as
from grants.models import Answer, Application, ApplicationState, Initiative, Member, Rationale, Stage, Translation

REASON = {"rows": 5, "cols": 60, "dir": "auto"}


class Eligible(Step):
    title = _("Eligible")
    meaning = _("It keeps the rules of the call, and will be read.")
    permission = "grants.screen_applications"

    @classmethod
    def open_to(cls, subject: Application) -> bool:
        return may_be_screened(subject) and subject.state != ApplicationState.ELIGIBLE

    def take(self, by: User) -> None:
        reviewing.screen(self.subject, eligible=True, by=by)


class NotEligible(Step):
    title = _("Not eligible")
    meaning = _("It will not be read. The group reads your reason: write it to them, in plain words.")
    permission = "grants.screen_applications"

    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs=REASON))

    @classmethod
    def open_to(cls, subject: Application) -> bool:
        return may_be_screened(subject) and subject.state != ApplicationState.REFUSED

    def take(self, by: User) -> None:
        reviewing.screen(self.subject, eligible=False, by=by, why=self.cleaned_data["reason"])


def may_be_screened(application: Application) -> bool:
    return application.call.stage == Stage.REVIEW and application.state != ApplicationState.WITHDRAWN


def is_judged(application: Application) -> bool:
    return application.state == ApplicationState.ELIGIBLE and application.call.stage in {Stage.REVIEW, Stage.VOTE}


class MemberChoice(forms.ModelChoiceField[Member]):
    def label_from_instance(self, member: Member) -> str:
        return f"{member}: {member.in_words()}"


class AssignReader(Step):
    title = _("Assign a reader")
    meaning = _("One more person reads and scores it.")
    permission = "grants.lead_panel"

    def __init__(self, data: Any = None, *, subject: Application) -> None:
        super().__init__(data, subject=subject)
        readers = Member.objects.of(subject.call).readers().not_recused(subject).exclude(reviews__application=subject)
        self.fields["member"] = MemberChoice(label=_("Reader"), queryset=readers)

    @classmethod
    def open_to(cls, subject: Application) -> bool:
        return is_judged(subject) and subject.call.stage == Stage.REVIEW

    def take(self, by: User) -> None:
        reviewing.assign_to(self.subject, self.cleaned_data["member"], by=by)


class WriteReason(Step):
    title = _("Write the reason")
    meaning = _(
        "The group reads it with the decision. It is written before the votes are counted, so it has to be true"
        " whichever way they go: what was strong, and what was missing. No names of people or places."
    )
    permission = "grants.lead_panel"

    text = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs=REASON))

    def __init__(self, data: Any = None, *, subject: Application) -> None:
        super().__init__(data, subject=subject)
        kept = Rationale.objects.filter(application=subject).first()
        self.initial["text"] = kept.text if kept else ""

    @classmethod
    def open_to(cls, subject: Application) -> bool:
        return is_judged(subject)

    def take(self, by: User) -> None:
        voting.write_reason(self.subject, self.cleaned_data["text"], by=by)


class Link(Step):
    title = _("It is an initiative that we know")
    meaning = _(
        "What we know of that initiative, its contact and its accounts, is compared with the panel's ties. If a grant"
        " is awarded, it is paid to that initiative."
    )
    permission = "grants.change_initiative"

    def __init__(self, data: Any = None, *, subject: Application) -> None:
        super().__init__(data, subject=subject)
        likely = subject.initiative or next(iter(known_as(subject)), None)
        self.fields["initiative"] = forms.ModelChoiceField(
            Initiative.objects.all(), label=_("Initiative"), initial=likely
        )

    @classmethod
    def open_to(cls, subject: Application) -> bool:
        return subject.state != ApplicationState.WITHDRAWN and subject.call.stage in {Stage.REVIEW, Stage.VOTE}

    def take(self, by: User) -> None:
        reviewing.link(self.subject, self.cleaned_data["initiative"], by=by)


class AnswerChoice(forms.ModelChoiceField[Answer]):
    def label_from_instance(self, answer: Answer) -> str:
        return answer.question.text


class Translate(Step):
    title = _("Translate an answer")
    meaning = _("Readers see it beside the answer, which stays as it was given.")
    permission = "grants.add_translation"

    language = forms.CharField(
        label=_("Language"), max_length=12, initial="en", validators=[known_language], help_text=_("Its code, like en.")
    )
    text = forms.CharField(label=_("Translation"), max_length=8000, widget=forms.Textarea(attrs=REASON))

    def __init__(self, data: Any = None, *, subject: Application) -> None:
        super().__init__(data, subject=subject)
        self.fields["answer"] = AnswerChoice(subject.answers.select_related("question"), label=_("Answer to"))
        self.order_fields(["answer", "language", "text"])

    def take(self, by: User) -> None:
        Translation.objects.create(translated_by=by, **self.cleaned_data)


SCREENING_STEPS: dict[str, type[Step]] = {
    "eligible": Eligible,
    "not-eligible": NotEligible,
    "initiative": Link,
    "translate": Translate,
    "reader": AssignReader,
    "reason": WriteReason,
}
