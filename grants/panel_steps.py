"""The steps of those who lead a panel: from a call that is over to a vote that is closed."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from appeal.steps import Step
from grants import conflicts, reviewing, voting
from grants.models import Application, ApplicationState, Member, Panel, Rationale, Stage

REASON = {"rows": 5, "cols": 60, "dir": "auto"}


class OfPanel(Step):
    permission = "grants.lead_panel"
    stages: set[Stage]

    @classmethod
    def open_to(cls, subject: Panel) -> bool:
        return subject.stage in cls.stages


class PersonChoice(forms.ModelChoiceField[User]):
    def label_from_instance(self, person: User) -> str:
        return person.get_full_name() or person.get_username()


class AddMember(OfPanel):
    title = _("Add a member")
    meaning = _("Their ties are compared with every application. When the vote has opened, nobody joins any more.")
    stages = {Stage.DRAFT, Stage.PUBLISHED, Stage.REVIEW, Stage.VOTE}

    person = PersonChoice(label=_("Person"), queryset=User.objects.filter(is_staff=True, is_active=True))
    may_read = forms.BooleanField(label=_("Reads and scores"), required=False, initial=True)
    may_vote = forms.BooleanField(label=_("Votes"), required=False, initial=True)

    def take(self, by: User) -> None:
        conflicts.join(self.subject, by=by, **self.cleaned_data)


class AssignReaders(OfPanel):
    title = _("Assign readers")
    meaning = _("Each eligible application gets the readers that it still lacks, evenly, and none who stands aside.")
    stages = {Stage.REVIEW}

    def take(self, by: User) -> None:
        reviewing.assign(self.subject, by=by)


class OpenVote(OfPanel):
    title = _("Open the vote")
    meaning = _("The reading ends. Members vote, and nobody sees or counts a vote until it is closed.")
    stages = {Stage.REVIEW}

    def take(self, by: User) -> None:
        voting.open_vote(self.subject, by=by)


class CloseVote(OfPanel):
    title = _("Close the vote")
    meaning = _("The votes are counted, and what they decide stands. Each application needs its quorum and its reason.")
    stages = {Stage.VOTE}

    def take(self, by: User) -> None:
        voting.close(self.subject, by=by)


PANEL_STEPS: dict[str, type[Step]] = {
    "member": AddMember,
    "assign": AssignReaders,
    "open-vote": OpenVote,
    "close-vote": CloseVote,
}


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


SCREENING_STEPS: dict[str, type[Step]] = {
    "eligible": Eligible,
    "not-eligible": NotEligible,
    "reader": AssignReader,
    "reason": WriteReason,
}
