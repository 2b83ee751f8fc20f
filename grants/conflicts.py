"""Finds the members of a panel that have something in common with a group that applies, and takes them aside.

Ties are kept as keyed marks of what was typed, made alike first (`alike`); a member is recused where a mark of theirs
is one of the application's. Finding the same again changes nothing, and no recusal is ever taken back.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import mark, marks
from grants.models import (
    Application,
    Call,
    Grant,
    How,
    Initiative,
    Kind,
    Member,
    PayeeAccount,
    Recusal,
    Route,
    Stage,
    Tie,
)
from grants.quorum import missing_votes

SAME_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ـ": None})  # Arabic and Persian keyboards
FEWEST_DIGITS = 6
LAST_DIGITS = 9
DECIDED = (Stage.DECIDED, Stage.ALLOCATED)
Fact = tuple[Kind, str]


def letters(text: str) -> str:
    """A name however it is written: no capitals, spaces or punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(SAME_LETTERS)
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LMN")


def digits(text: str) -> str:
    """A number in any script's digits; empty if it has too few to say whose it is."""
    number = "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdecimal())
    return number if len(number) >= FEWEST_DIGITS else ""


def alike(kind: Kind, text: str) -> str:
    """What two people would write alike; empty if there is nothing to compare."""
    match kind:
        case Kind.MAIL:
            return text.strip().lower()
        case Kind.PHONE:
            return digits(text)[-LAST_DIGITS:]
        case Kind.ACCOUNT:
            return digits(text)
        case _:
            return letters(text)


def marked(kind: Kind, text: str) -> str:
    """What is marked. A host is an organisation too, so that who works for it is found by either word."""
    return f"tie:{Kind.ORGANISATION if kind == Kind.HOST else kind}:{alike(kind, text)}"


def facts(application: Application) -> Iterator[Fact]:
    """All of an application, and of the initiative it came from, that a person could be tied to."""
    for name in (application.name, application.public_alias, application.registration):
        yield Kind.ORGANISATION, name
    yield Kind.MAIL, application.email
    yield Kind.PHONE, application.phone
    yield Kind.HOST, application.host_name
    if application.initiative:
        yield from facts_of_initiative(application.initiative)


def facts_of_initiative(initiative: Initiative) -> Iterator[Fact]:
    for name in (initiative.name, initiative.public_alias, initiative.registration):
        yield Kind.ORGANISATION, name
    yield Kind.MAIL, initiative.email
    yield Kind.PHONE, initiative.phone
    for account in initiative.accounts.select_related("host"):
        yield from facts_of_account(account)


def facts_of_account(account: PayeeAccount) -> Iterator[Fact]:
    """Its numbers: of each line as a whole, and each by itself, for a line may name the bank's own number too."""
    if account.host:
        yield Kind.HOST, account.host.name
    if account.phone:
        yield Kind.PHONE, account.phone
    for line in (account.number, account.phone, *account.details.splitlines()):
        for number in {line, *re.findall(r"\d[\d \-./]*\d", line)}:
            yield Kind.ACCOUNT, number
            if account.route == Route.MOBILE_MONEY:
                yield Kind.PHONE, number


def marks_of(application: Application) -> dict[str, Kind]:
    return all_marks(facts(application))


def all_marks(given: Iterable[Fact]) -> dict[str, Kind]:
    """Each mark of these facts, by every key, and what kind of thing it marks."""
    return {one: kind for kind, text in given if alike(kind, text) for one in marks(marked(kind, text))}


def known_as(application: Application) -> list[Initiative]:
    """The initiatives of ours that have something in common with it."""
    its = marks_of(application).keys()
    return [one for one in Initiative.objects.all() if not its.isdisjoint(all_marks(facts_of_initiative(one)))]


def same(one: dict[str, Kind], others: Iterable[str]) -> Kind | None:
    """What they have in common; the first of the kinds, if it is more."""
    common = {one[each] for each in others if each in one}
    return next((kind for kind in Kind if kind in common), None)


def checked(kind: Kind, text: str) -> None:
    if not alike(kind, text):
        raise Refused(_("There is too little here to compare. A number needs at least six digits."))


def tie(person: User, kind: Kind, text: str, *, by: User) -> Tie:
    """Record what a person is tied to, and take them aside where that is found."""
    checked(kind, text)
    with transaction.atomic():
        made, _new = Tie.objects.get_or_create(
            person=person, kind=kind, mark=mark(marked(kind, text)), defaults={"recorded_by": by}
        )
        for call in Call.objects.filter(members__person=person).exclude(stage__in=DECIDED).order_by("pk"):
            detect(call, by=by)
        return made


@transaction.atomic
def join(call: Call, person: User, *, by: User, may_read: bool, may_vote: bool) -> Member:
    """One more member of the panel, compared with all that has been sent."""
    if Member.objects.of(call).filter(person=person).exists():
        raise Refused(_("This person is on the panel already."))
    if not (may_read or may_vote):
        raise Refused(_("A member reads, or votes, or both."))
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    if locked.stage in DECIDED or (locked.stage == Stage.VOTE and not (may_vote and lacks_votes(locked))):
        raise Refused(_("Each application has the votes it needs, so the panel stays as it is."))
    member = Member.objects.create(call_id=call.pk, person=person, added_by=by, may_read=may_read, may_vote=may_vote)
    detect(locked, by=by)
    return member


def lacks_votes(call: Call) -> bool:
    """An application has no quorum yet. What was voted stays sealed, so that nobody is added because of it."""
    return any(missing_votes(one) for one in call.applications.eligible().select_related("call"))


@transaction.atomic
def detect(call: Call, *, by: User) -> int:
    """Take every member aside who has something in common with an application; the number of new recusals."""
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    if locked.stage in DECIDED:
        return 0
    ties = {member: marks_of_person(member.person) for member in Member.objects.of(call).select_related("person")}
    known = set(Recusal.objects.filter(member__call_id=call.pk).values_list("application_id", "member_id"))
    found = [
        Recusal(application=application, member=member, how=How.DETECTED, kind=kind, recorded_by=by)
        for application in call.applications.sent().select_related("initiative")
        for its in [marks_of(application)]
        for member, theirs in ties.items()
        if (application.pk, member.pk) not in known and (kind := same(its, theirs))
    ]
    return len(Recusal.objects.bulk_create(found))


def bars(person: User, grant: Grant) -> bool:
    """Nobody approves a payment to a group that they are tied to, or stood aside from."""
    aside = Recusal.objects.filter(application=grant.application, member__person=person)
    its = all_marks(facts_of_initiative(grant.initiative)) | (marks_of(grant.application) if grant.application else {})
    return aside.exists() or same(its, marks_of_person(person)) is not None


def concerns(person: User, call: Call) -> bool:
    """Nobody divides money among groups one of which they are tied to, or stood aside from."""
    theirs = marks_of_person(person)
    return Recusal.objects.filter(application__call_id=call.pk, member__person=person).exists() or any(
        same(marks_of(one), theirs) for one in call.applications.eligible().select_related("initiative")
    )


def marks_of_person(person: User) -> set[str]:
    """What they are tied to, and the address of their own account."""
    own = marks(marked(Kind.MAIL, person.email)) if person.email else []
    return {*own, *person.ties.values_list("mark", flat=True)}


def alike_in(call: Call) -> dict[int, list[Application]]:
    """To each application, by its key: the others of this call that have something in common with it."""
    sent = list(call.applications.sent().select_related("initiative"))
    its = {one.pk: marks_of(one) for one in sent}
    return {
        one.pk: [other for other in sent if other.pk != one.pk and not its[one.pk].keys().isdisjoint(its[other.pk])]
        for one in sent
    }
