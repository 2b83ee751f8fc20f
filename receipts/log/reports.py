"""Published reports in the open books: which files they are, for everybody to read."""

from receipts.log.appending import append
from receipts.models import LeafKind, LogLeaf, ReportVersion
from receipts.reports import publishing


def log_report(version: ReportVersion) -> LogLeaf:
    """What it is about, and the digest of each of its files."""
    named = {"campaign": version.about, "period": version.period, "version": version.version}
    body = named | {"files": publishing.file_digests(version)}
    return append(kind=LeafKind.REPORT, key=str(version), body=body)


def catch_up() -> int:
    """Log what was published and is not logged yet, withdrawn since or not; how many."""
    logged = set(LogLeaf.objects.of(LeafKind.REPORT).values_list("key", flat=True))
    published = ReportVersion.objects.published().select_related("campaign").order_by("pk")
    return len([log_report(version) for version in published if str(version) not in logged])
