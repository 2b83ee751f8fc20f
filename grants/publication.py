"""What the public may know of a grant. Every page, file and mail that shows one takes it from here."""

import datetime
from dataclasses import dataclass
from functools import partial

from grants.models import Grant, Publication
from ledger.money import Money


@dataclass(frozen=True, slots=True)
class PublicGrant:
    """A grant as a line of its own. None is withheld; `month` is the first day of the month it was awarded in."""

    reference: str
    amount: Money
    month: datetime.date
    region: str
    country: str | None = None
    purpose: str | None = None
    name: str | None = None


def public_view(grant: Grant) -> PublicGrant | None:
    """The line that may be shown, or None: then the grant may only be part of a sum, such as a campaign's total."""
    initiative = grant.initiative
    line = partial(
        PublicGrant,
        reference=grant.reference,
        amount=grant.given,
        month=grant.awarded_on.replace(day=1),
        region=initiative.region,
    )
    match Publication(grant.publication):
        case Publication.FULL:
            name = initiative.public_alias or initiative.name
            return line(country=initiative.country, purpose=grant.purpose, name=name)
        case Publication.NAME_WITHHELD:
            return line(country=initiative.country, purpose=grant.purpose)
        case Publication.COUNTRY_ONLY:
            return line(country=initiative.country)
        case Publication.REGION_ONLY:
            return line()
        case Publication.AGGREGATE | Publication.EMBARGO:
            return None
