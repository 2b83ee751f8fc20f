"""The steps of those who lead a panel: from a call that is over to a vote that is closed."""

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from appeal.steps import Step
from grants import conflicts, reviewing, voting
from grants.models import Panel, Stage


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
    meaning = _(
        "Their ties are compared with every application. When each application has the votes it needs, nobody joins."
    )
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
