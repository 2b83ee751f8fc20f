"""The public register: grants as lines of their own, as far as their initiatives have agreed.

Nothing that is withheld has any influence on it: with or without the withheld grants, it reads the same, to the byte.
Therefore it has no sum of them either; that is in the fund statement, as the books have it.

Of a grant without a name, the country is given only where enough initiatives share it; else the region alone. Counted
are those with a grant that may show its country and not its name. If others counted, one could work out where they are.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, QuerySet

from grants.models import Grant, Publication
from grants.publication import PublicGrant, public_view

NAMELESS = (Publication.NAME_WITHHELD, Publication.COUNTRY_ONLY)
FEWEST = 3
"""So many initiatives have to share a country, in one campaign, before a grant without a name says which it is."""

Cell = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Line:
    campaign: str
    grant: PublicGrant


def lines(grants: Sequence[Grant] | QuerySet[Grant], today: datetime.date) -> list[Line]:
    """The grants that may be shown, in the order given. Each needs its campaign and its initiative."""
    crowded = crowds({grant.campaign_id for grant in grants}, today)
    return [Line(grant.campaign.slug, shown) for grant in grants if (shown := rolled_up(grant, crowded))]


def rolled_up(grant: Grant, crowded: Collection[Cell]) -> PublicGrant | None:
    """What may be shown of it, without a country in which it would stand alone."""
    shown = public_view(grant)
    alone = grant.publication in NAMELESS and (grant.campaign_id, grant.initiative.country) not in crowded
    return replace(shown, country=None) if shown and alone else shown


def crowds(campaigns: Collection[int], today: datetime.date) -> set[Cell]:
    """The campaigns and countries in which enough initiatives are shown without a name."""
    nameless = Grant.objects.shown(today).filter(campaign__in=campaigns, publication__in=NAMELESS)
    cells = nameless.order_by().values_list("campaign", "initiative__country")
    return {
        (campaign, country)
        for campaign, country, initiatives in cells.annotate(initiatives=Count("initiative", distinct=True))
        if initiatives >= FEWEST
    }
