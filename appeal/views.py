"""The public pages. They ask for no session, set no cookie, and cost a browser that has them next to nothing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from appeal.freshness import render_if_changed
from appeal.models import Campaign, Phase
from appeal.pages import CampaignPage, HomePage


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render_if_changed(request, "appeal/home.html", HomePage.on(timezone.localdate()))


@require_safe
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """Everyone sees live and closed campaigns; staff may look at a draft first."""
    found = get_object_or_404(Campaign.objects.with_raised(), slug=slug)
    today = timezone.localdate()
    if found.phase(today) == Phase.DRAFT and not may_see_drafts(request):
        raise Http404
    return render_if_changed(request, "appeal/campaign.html", CampaignPage.of(found, today))


def may_see_drafts(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff
