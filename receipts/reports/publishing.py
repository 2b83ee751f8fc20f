"""A report's way to the public: prepared, its files made, checked by another person, published.

When less may be shown than it shows, it is renewed by itself. Each step is committed alone: whatever stops a worker,
the next one goes on.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appeal.models import Campaign
from appeal.refusal import Refused
from grants.models import Grant
from receipts.models import ReportFile, ReportVersion, ShownGrant
from receipts.printing import Unprintable
from receipts.reports import opendata, periods, withholding
from receipts.reports.facts import Correction, TransparencyReport
from receipts.reports.freezing import freeze, thaw
from receipts.reports.gathering import gather
from receipts.reports.writing import written
from receipts.statement import Scope

log = logging.getLogger(__name__)
TURN = "receipts.reports"


def prepare(
    campaign: Campaign | None,
    period: str,
    *,
    by: User,
    text: str,
    changed: str = "",
    currency: str = "",
    language: str = "en",
) -> ReportVersion:
    """The next version of a report, for another person to check; of all funds of a currency without a campaign.

    What waited before is dropped: this one takes its place. Refused says why there is none.
    """
    scope = Scope.of(campaign) if campaign else Scope.all_funds(currency)
    days = periods.read(period)
    if days.since > timezone.localdate():
        raise Refused(_("This period has not begun."))
    last = ReportVersion.objects.about(campaign, scope.currency, period).published().order_by("version").last()
    if last and not changed.strip():
        raise Refused(_("Version %(version)s is published. Say what this one changes.") % {"version": last.version})
    version = last.version + 1 if last else 1
    report = gather(
        scope,
        days,
        version=version,
        language=language,
        text=text.strip(),
        corrections=corrections(last, version, changed.strip()),
    )
    refuse_names(report, text, changed)
    return keep(report, campaign, last, prepared_by=by, changed=changed.strip() if last else "")


def corrections(last: ReportVersion | None, version: int, changed: str) -> tuple[Correction, ...]:
    """All so far, and this one."""
    if last is None:
        return ()
    month = timezone.localdate().replace(day=1)
    return (*thaw(bytes(last.facts)).corrections, Correction(version, month, changed))


def refuse_names(report: TransparencyReport, *texts: str) -> None:
    hidden = withholding.hidden_words(report, report.grants)
    if any(withholding.names_any(text, hidden) for text in texts):
        raise Refused(
            _("These words name a group, a place or a purpose that this report does not show. Leave that out.")
        )


@transaction.atomic
def keep(
    report: TransparencyReport,
    campaign: Campaign | None,
    last: ReportVersion | None,
    *,
    prepared_by: User | None,
    changed: str = "",
) -> ReportVersion:
    """Store it as the version that waits. Refused if somebody was faster, or less may be shown by now."""
    waiting = ReportVersion.objects.about(campaign, report.currency, periods.name(report.period)).waiting()
    for old in waiting.select_for_update(of=["self"]):
        drop(old)
    try:
        with transaction.atomic():
            version = ReportVersion.objects.create(
                campaign=campaign,
                currency=report.currency,
                period=periods.name(report.period),
                version=report.version,
                language=report.language,
                facts=freeze(report),
                changed=changed,
                replaces=last,
                renewal=prepared_by is None,
                prepared_by=prepared_by,
            )
            show(version, report)
    except IntegrityError as error:
        raise Refused(_("Something has changed meanwhile. Please try again.")) from error
    if withholding.agreed_lines(report) != report.grants:
        raise Refused(_("Less may be shown of a grant than a moment ago. Please try again."))
    return version


def show(version: ReportVersion, report: TransparencyReport) -> None:
    """Write down which grants it shows, each locked by the database until this is committed."""
    lines = {line.grant.reference: line for line in report.grants}
    grants = Grant.objects.filter(reference__in=lines).order_by("pk").values_list("pk", "reference")
    ShownGrant.objects.bulk_create(
        ShownGrant(report=version, grant_id=pk, level=lines[name].level, country=lines[name].grant.country or "")
        for pk, name in grants
    )


def drop(version: ReportVersion) -> None:
    version.files.all().delete()
    version.shown.all().delete()
    version.delete()


def make_files(version: ReportVersion) -> None:
    """What is given out of it, in the language of the report. Made once."""
    report = thaw(bytes(version.facts))
    made = written(report, bytes(version.facts)) + [(name, data) for name, _type, data in opendata.files(report)]
    with transaction.atomic():
        held = ReportVersion.objects.without_files().select_for_update(of=["self"]).filter(pk=version.pk).first()
        if held:
            ReportFile.objects.bulk_create(ReportFile(report=held, name=name, content=data) for name, data in made)


def work() -> int:
    """What a worker does: renew what was withdrawn, and make the files that are missing; of how many reports.

    One worker at a time: the files of a long report take minutes, and no second one should make them too.
    """
    with alone() as first:
        if not first:
            return 0
        for last in ReportVersion.objects.to_renew().select_related("campaign"):
            renew(last)
        made = sum(try_to_make_files(each) for each in ReportVersion.objects.without_files().order_by("-renewal", "pk"))
        for version in ReportVersion.objects.renewed():
            version.publish(by=None)
    return made


@contextmanager
def alone() -> Iterator[bool]:
    """Whether nobody else is at it; the lock ends with the connection at the latest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [TURN])
        (first,) = cursor.fetchone()
        try:
            yield first
        finally:
            if first:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [TURN])


def try_to_make_files(version: ReportVersion) -> bool:
    try:
        make_files(version)
    except Unprintable as problem:
        log.error("report %s cannot be printed: %s", version, type(problem).__name__)
        version.cannot_be_printed(str(problem))
        return False
    return True


def renew(last: ReportVersion) -> None:
    """A version without what is withheld now takes the place of one that was withdrawn. It waits for its files."""
    waiting = ReportVersion.objects.waiting().filter(replaces=last).first()
    if waiting is None or not waiting.renewal or waiting.withdrawn_at is not None:
        report = withholding.renewed(thaw(bytes(last.facts)))
        try:
            keep(report, last.campaign, last, prepared_by=None)
        except Refused as refusal:  # it changed again meanwhile; the next look finds it
            log.warning("report %s is not renewed yet: %s", last, refusal)


def files(version: ReportVersion) -> list[tuple[str, bytes]]:
    """Name and content of each stored file."""
    return [(file.name, bytes(file.content)) for file in version.files.order_by("pk")]


def file_digests(version: ReportVersion) -> dict[str, str]:
    """Name and SHA-256, in hexadecimal, of each stored file: what a log of published reports signs."""
    return dict(version.files.order_by("pk").values_list("name", "sha256"))
