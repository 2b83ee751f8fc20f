"""The forms of the committee's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from grants.models import Choice, Criterion, Review
from grants.models.call import MOST_POINTS

WORDS = {"rows": 3, "dir": "auto"}


def scale(criterion: Criterion) -> list[tuple[int, str]]:
    """0 to 5, with the words that the call gives to some of them."""
    told = {0: criterion.none, 3: criterion.some, MOST_POINTS: criterion.full}
    return [
        (points, f"{points}: {told[points]}" if points in told else str(points)) for points in range(MOST_POINTS + 1)
    ]


class ReviewForm(forms.Form):
    """Points and a reason for each criterion. A draft may lack any of them."""

    def __init__(self, data: Any = None, *, review: Review) -> None:
        super().__init__(data)
        self.review = review
        self.criteria = list(review.application.call.criteria.all())
        scores = {score.criterion_id: score for score in review.scores.all()}
        for criterion in self.criteria:
            score = scores.get(criterion.pk)
            self.fields[points_of(criterion)] = forms.TypedChoiceField(
                label=_("%(criterion)s: points") % {"criterion": criterion},
                choices=scale(criterion),
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
                initial=score.points if score else None,
            )
            self.fields[reason_of(criterion)] = forms.CharField(
                label=_("%(criterion)s: why these points?") % {"criterion": criterion},
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs=WORDS),
                initial=score.reason if score else "",
            )

    def keep(self, *, whole: bool) -> None:
        """What is right of it; if it is to be whole, all that it lacks is an error."""
        given = {criterion: self.given(criterion) for criterion in self.criteria}
        self.review.write({criterion: told for criterion, told in given.items() if told})
        if whole:
            for criterion in self.criteria:
                self.miss(criterion)

    def given(self, criterion: Criterion) -> tuple[int | None, str] | None:
        names = (points_of(criterion), reason_of(criterion))
        if any(name in self.errors for name in names):
            return None
        return self.cleaned_data[names[0]], self.cleaned_data[names[1]]

    def miss(self, criterion: Criterion) -> None:
        points, reason = points_of(criterion), reason_of(criterion)
        if points not in self.errors and self.cleaned_data[points] is None:
            self.add_error(points, _("Give points for “%(criterion)s”.") % {"criterion": criterion})
        if reason not in self.errors and not self.cleaned_data[reason]:
            self.add_error(reason, _("Say why you give these points for “%(criterion)s”.") % {"criterion": criterion})


def points_of(criterion: Criterion) -> str:
    return f"points-{criterion.pk}"


def reason_of(criterion: Criterion) -> str:
    return f"reason-{criterion.pk}"


class VoteForm(forms.Form):
    choice = forms.ChoiceField(
        label=_("Should this be funded?"),
        choices=Choice,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes or no.")},
    )


class ConflictForm(forms.Form):
    reason = forms.CharField(
        label=_("How are you tied to this group?"),
        max_length=1000,
        widget=forms.Textarea(attrs=WORDS),
        help_text=_("A few words. Only those who lead the panel can read them."),
        error_messages={"required": _("Say in a few words how you are tied to this group.")},
    )
