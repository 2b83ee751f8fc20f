"""The public pages. They ask for no session, set no cookie, and are the same for everyone."""

from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from appeal import freshness
from appeal.models import Campaign, CampaignQuerySet
from appeal.pages import CampaignPage, HomePage


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return freshness.serve(request, "appeal/home.html", lambda: HomePage.on(timezone.now()))


@require_safe
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    return freshness.serve(request, "appeal/campaign.html", lambda: campaign_page(Campaign.objects.public(), slug))


@never_cache
@csrf_exempt  # nobody is harmed by a language, and so the page needs no cookie
def language(request: HttpRequest) -> HttpResponse:
    """Choose which language to read us in, and go back. Who never chose reads what their browser asks for."""
    if request.method == "POST":
        return set_language(request)
    came_from = urlsplit(request.headers.get("Referer", ""))
    back = came_from.path if came_from.netloc == request.get_host() else ""
    return render(request, "appeal/language.html", {"back": back or reverse("appeal:home")})


@never_cache
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """A campaign in any status as it will look, for staff; for anybody else there is no such page."""
    if not (request.user.is_authenticated and request.user.is_staff):
        raise Http404
    return render(request, "appeal/campaign.html", {"page": campaign_page(Campaign.objects.all(), slug)})


def campaign_page(campaigns: CampaignQuerySet, slug: str) -> CampaignPage:
    shown = campaigns.with_books().with_stories().with_matching()
    return CampaignPage.of(get_object_or_404(shown, slug=slug), timezone.now())
