"""The committee's own pages: what I have to read, what I vote on, and where I stand aside.

They stand under /staff/, behind the second factor, and look like the public's, so that they work on a phone.
Whatever is not for this person is a 404, as if it did not exist.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appeal.countries import country_names
from appeal.refusal import Refused
from appeal.steps import signed_in
from grants import voting
from grants.committee_forms import ConflictForm, ReviewForm, VoteForm
from grants.models import Application, Attachment, Call, Choice, Member, Review, Stage, Vote
from grants.serving import serve

Page = Callable[..., HttpResponse]
ALL_READERS = ("grants.screen_applications", "grants.lead_panel")
READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


def for_who_may(permission: str) -> Callable[[Page], Page]:
    def guard(page: Page) -> Page:
        @never_cache
        @wraps(page)
        def guarded(request: HttpRequest, **named: str) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return page(request, **named)

        return guarded

    return guard


@for_who_may("grants.read_applications")
@require_safe
def my_reading(request: HttpRequest) -> HttpResponse:
    own = Review.objects.of(signed_in(request)).select_related("application__call")
    shown = {"to_do": own.to_do(), "done": own.submitted(), "here": "reading"}
    return render(request, "grants/my_reading.html", shown)


@for_who_may("grants.read_applications")
@READ_OR_SEND
def review(request: HttpRequest, reference: str) -> HttpResponse:
    """What the group says, beside the form of one's own review; once that is in, the others' too."""
    person = signed_in(request)
    own = get_object_or_404(Review.objects.of(person), application__reference=reference)
    form = ReviewForm(request.POST if request.method == "POST" else None, review=own)
    if form.is_bound and written(request, form):
        return redirect("admin:grants_review_page", reference)
    shown = {
        "review": own,
        "form": form,
        "others": Review.objects.of_others(own.application, person),
        "here": "reading",
    }
    status = 422 if form.errors else 200
    return render(request, "grants/review.html", words(request, own.application) | shown, status=status)


def written(request: HttpRequest, form: ReviewForm) -> bool:
    """What is right is kept, also when something else is wrong."""
    try:
        form.keep(whole="submit" in request.POST)
        if not form.is_valid():
            return False
        if "submit" in request.POST:
            form.review.submit(timezone.now())
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    said = _("Submitted. Thank you.") if form.review.is_submitted else _("Saved. It is not submitted yet.")
    messages.success(request, said)
    return True


@for_who_may("grants.vote")
@require_safe
def ballots(request: HttpRequest) -> HttpResponse:
    """The calls on whose panel one votes, and their applications."""
    person = signed_in(request)
    calls = Call.objects.filter(members__person=person, members__may_vote=True).exclude(stage=Stage.DRAFT)
    cast = set(Vote.objects.filter(member__person=person).values_list("application_id", flat=True))
    shown = [(call, [(one, one.pk in cast) for one in votable(call, request)]) for call in calls]
    return render(request, "grants/ballots.html", {"calls": shown, "here": "vote"})


def votable(call: Call, request: HttpRequest) -> list[Application]:
    return list(call.applications.eligible().open_to(signed_in(request)).order_by("reference"))


@for_who_may("grants.vote")
@READ_OR_SEND
def ballot(request: HttpRequest, reference: str) -> HttpResponse:
    """What a voter reads, and the vote. What was voted is shown to nobody, not even on this page."""
    person = signed_in(request)
    seats = Member.objects.voters().filter(person=person)
    mine = Application.objects.eligible().open_to(person).filter(call__members__in=seats)
    application = get_object_or_404(mine, reference=reference)
    form = VoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and voted(request, form, application):
        return redirect("admin:grants_vote_changelist")
    shown = {
        "form": form,
        "others": Review.objects.of_others(application, person),
        "cast": application.votes.filter(member__in=seats).exists(),
        "here": "vote",
    }
    return render(
        request, "grants/ballot.html", words(request, application) | shown, status=422 if form.errors else 200
    )


def voted(request: HttpRequest, form: VoteForm, application: Application) -> bool:
    try:
        voting.cast(application, signed_in(request), Choice(form.cleaned_data["choice"]))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("Your vote on %(reference)s is sealed.") % {"reference": application.reference})
    return True


@never_cache
@READ_OR_SEND
def stand_aside(request: HttpRequest, reference: str) -> HttpResponse:
    """GET says what it means; POST is for good."""
    person = signed_in(request)
    seats = Member.objects.undecided().filter(person=person)
    open_to = Application.objects.sent().open_to(person).filter(call__members__in=seats)
    application = get_object_or_404(open_to, reference=reference)
    form = ConflictForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        member = seats.get(call=application.call_id)
        member.declare(application, form.cleaned_data["reason"], by=person)
        messages.success(request, _("Thank you. You stand aside from this application."))
        return redirect("admin:grants_review_changelist" if member.may_read else "admin:grants_vote_changelist")
    shown = {"application": application, "form": form}
    return render(request, "grants/stand_aside.html", shown, status=422 if form.errors else 200)


@never_cache
@require_safe
def file(request: HttpRequest, key: str) -> HttpResponse:
    """A file of an application that this person may read: assigned, on its panel, or screening."""
    person = signed_in(request)
    readable = Application.objects.sent().open_to(person)
    if not any(request.user.has_perm(permission) for permission in ALL_READERS):
        readable = readable.filter(call__members__person=person)
    found = get_object_or_404(Attachment.objects.filter(application__in=readable), key=key)
    return serve(found)


def words(request: HttpRequest, application: Application) -> dict[str, object]:
    """What the group said. Who and where they are is for those alone who may see it."""
    answers = application.answers.select_related("question").prefetch_related("translations")
    return {
        "application": application,
        "country": country_names().get(application.country, application.country),
        "name": application.name if request.user.has_perm("grants.see_contact") else "",
        "answers": answers,
    }
