"""The public pages. They ask for no session, set no cookie, and are the same for everyone."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appeal import freshness
from appeal.models import Campaign, CampaignQuerySet
from appeal.pages import CampaignPage, HomePage


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return freshness.serve(request, "appeal/home.html", lambda: HomePage.on(timezone.localdate()))


@require_safe
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    return freshness.serve(request, "appeal/campaign.html", lambda: campaign_page(Campaign.objects.public(), slug))


@never_cache
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """A campaign in any status as it will look, for staff; for anybody else there is no such page."""
    if not (request.user.is_authenticated and request.user.is_staff):
        raise Http404
    return render(request, "appeal/campaign.html", {"page": campaign_page(Campaign.objects.all(), slug)})


def campaign_page(campaigns: CampaignQuerySet, slug: str) -> CampaignPage:
    shown = campaigns.with_raised().with_stories().with_matching()
    return CampaignPage.of(get_object_or_404(shown, slug=slug), timezone.localdate())
