"""Screening, and who reads what: from the moment a call is over until its vote opens."""

import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from grants import conflicts, panel
from grants.models import Application, ApplicationState, Call, Initiative, Member, ReadingNotice, Recusal, Review, Stage


@transaction.atomic
def begin(call: Call, now: datetime.datetime, *, by: User) -> None:
    """The call is over: compare what came with the panel, before anybody reads."""
    call.begin_reading(now)
    conflicts.detect(call, by=by)


@transaction.atomic
def screen(application: Application, *, eligible: bool, by: User, why: str = "") -> None:
    if application.call.stage != Stage.REVIEW:
        raise Refused(_("Applications are screened once their call is over, until its vote opens."))
    application.screen(eligible=eligible, by=by, why=why)
    conflicts.detect(application.call, by=by)


@transaction.atomic
def link(application: Application, initiative: Initiative, *, by: User) -> None:
    """This group is that initiative of ours, whose contact and accounts count as its own from now on."""
    call = Call.objects.select_for_update(no_key=True).get(pk=application.call_id)
    if call.stage in conflicts.DECIDED:
        raise Refused(_("It is decided on, for the group that it came from. That stays as it is."))
    Application.objects.filter(pk=application.pk).update(initiative=initiative)
    application.refresh_from_db()
    conflicts.detect(application.call, by=by)


@transaction.atomic
def assign(call: Call, *, by: User) -> int:
    """Give every eligible application as many readers as its call asks for, evenly; the number of new ones."""
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    if locked.stage != Stage.REVIEW:
        raise Refused(_("Readers are assigned while the call is being read."))
    conflicts.detect(locked, by=by)
    reviews = Review.objects.filter(member__call=locked)
    loads = {member.pk: reviews.filter(member=member).count() for member in Member.objects.of(locked).readers()}
    wanted = {
        one.pk: max(0, locked.readers - one.reviews.that_count().count()) for one in locked.applications.eligible()
    }
    pairs = panel.shared_out(wanted, loads, barred(locked))
    new = [Review(application_id=application, member_id=reader, assigned_by=by) for application, reader in pairs]
    readers = Member.objects.filter(pk__in={review.member_id for review in new}).select_related("person")
    ReadingNotice.objects.tell(readers, timezone.now())
    return len(Review.objects.bulk_create(new))


def barred(call: Call) -> set[tuple[int, int]]:
    """Pairs of application and member that have each other already, or must not."""
    aside = Recusal.objects.filter(member__call_id=call.pk)
    assigned = Review.objects.filter(member__call_id=call.pk)
    return {*aside.values_list("application_id", "member_id"), *assigned.values_list("application_id", "member_id")}


def assign_to(application: Application, member: Member, *, by: User) -> Review:
    """One more reader, by hand."""
    if Recusal.objects.filter(application=application, member=member).exists():
        raise Refused(_("This member stands aside from this application."))
    if application.reviews.filter(member=member).exists():
        raise Refused(_("This member reads it already."))
    if member.call_id != application.call_id or not member.may_read:
        raise Refused(_("Only readers of this call's panel read its applications."))
    if application.state != ApplicationState.ELIGIBLE or application.call.stage != Stage.REVIEW:
        raise Refused(_("Only eligible applications are read, while their call is being read."))
    ReadingNotice.objects.tell([member], timezone.now())
    return Review.objects.create(application=application, member=member, assigned_by=by)
