"""The words that both standards need, and text that no reader of them can be led astray by."""

import unicodedata

from django.utils.translation import gettext as _

from appeal.countries import country_names
from grants.models import Region
from grants.publication import PublicGrant
from receipts.reports.facts import TransparencyReport

DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NO_CHARACTERS = frozenset({"Cc", "Cs", "Cn"})


def clean(text: str) -> str:
    """On one line, and without what XML forbids or what turns the direction of the words that follow."""
    kept = (" " if unicodedata.category(each) in NO_CHARACTERS else each for each in text if each not in DIRECTIONS)
    return " ".join("".join(kept).split())


def where(grant: PublicGrant) -> str:
    country = grant.country
    return country_names().get(country, country) if country else str(Region(grant.region).label)


def recipient(grant: PublicGrant) -> str:
    """Its name, or that it has one which is not told. It is never made up."""
    return clean(grant.name or "") or _("A refugee-led initiative whose name is withheld")


def purpose(grant: PublicGrant) -> str:
    return clean(grant.purpose or "") or _("What the grant is for is withheld, to protect people.")


def months_only() -> str:
    return _("Each date is the first day of a month, or the last day of the time told of: no day is told of anything.")


def about(report: TransparencyReport) -> str:
    between = {
        "campaign": clean(report.title),
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "url": report.url,
    }
    return _("%(campaign)s, from %(since)s to %(until)s. The whole report: %(url)s") % between
