"""The supporters' wall: what donors let everybody read, page by page, and never how much they gave."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from appeal import freshness
from appeal.models import Campaign
from donations.models import WallEntry

ON_A_PAGE = 24


@dataclass(frozen=True, slots=True)
class Said:
    name: str
    message: str
    month: date


@dataclass(frozen=True, slots=True)
class WallPage:
    title: str
    slug: str
    url: str
    entries: tuple[Said, ...]
    first: bool
    older: int | None
    """What the next page begins below, if there is one."""

    @classmethod
    def of(cls, campaign: Campaign, before: int | None) -> Self:
        """As many entries as fit, and one more to know whether there are others: no page counts or skips rows."""
        rows = WallEntry.objects.shown().filter(campaign=campaign)
        rows = rows if before is None else rows.filter(pk__lt=before)
        found = list(rows[: ON_A_PAGE + 1])
        return cls(
            title=campaign.title,
            slug=campaign.slug,
            url=campaign.get_absolute_url(),
            entries=tuple(Said(entry.name, entry.message, entry.month) for entry in found[:ON_A_PAGE]),
            first=before is None,
            older=found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else None,
        )


@require_safe
def wall(request: HttpRequest, slug: str, before: int | None = None) -> HttpResponse:
    return freshness.serve(request, "donations/wall.html", lambda: wall_page(slug, before))


def wall_page(slug: str, before: int | None) -> WallPage:
    return WallPage.of(get_object_or_404(Campaign.objects.public(), slug=slug), before)
