"""A published report in the words of other people's standards, out of the same frozen facts."""

from django.utils import translation

from receipts.reports.facts import TransparencyReport
from receipts.reports.opendata import iati, threesixty
from receipts.reports.opendata.publisher import Publisher

JSON, XML = "application/json", "application/xml"


def files(report: TransparencyReport) -> list[tuple[str, str, bytes]]:
    """Each file's name, content type and bytes; the same report and settings give the same bytes.

    A report about all funds has none: its campaigns' files have the same grants and gifts, and nobody should count them
    twice. A report without a grant that may be shown has no 360Giving file: that standard knows no empty one.
    """
    if not report.slug:
        return []
    publisher = Publisher.of_settings()
    with translation.override(report.language):
        found = [(f"{report.key}.iati.xml", XML, iati.written(report, publisher))]
        if report.grants:
            found.append((f"{report.key}.360giving.json", JSON, threesixty.written(report, publisher)))
    return found
