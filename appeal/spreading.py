"""What others pass an appeal on with: a page of it, a box for their own site, a QR code, a poster, pictures."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from appeal import card, freshness, qr
from appeal.models import Campaign
from appeal.pages import Appeal
from appeal.sharing import Share, whole

SNIPPET = (
    '<iframe src="{}" title="{}" width="360" height="330" loading="lazy" style="border:0;max-width:100%"></iframe>'
)


@dataclass(frozen=True, slots=True)
class Poster:
    """An appeal on a sheet of paper: where to give, and how without a phone."""

    slug: str
    title: str
    summary: str
    address: str
    bank_details: str
    transfer_code: str

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """The bank's part only while the appeal takes gifts."""
        takes = campaign.takes_gifts(timezone.localdate())
        return cls(
            slug=campaign.slug,
            title=campaign.title,
            summary=campaign.summary,
            address=whole(campaign.get_absolute_url()),
            bank_details=campaign.bank_details if takes else "",
            transfer_code=campaign.written_transfer_code,
        )

    @property
    def shown_address(self) -> str:
        """As people type it."""
        return self.address.partition("://")[2].rstrip("/")

    @property
    def code(self) -> SafeString:
        return qr.svg(self.address, _("QR code that opens the page of this appeal"))

    @property
    def path(self) -> str:
        return reverse("appeal:campaign", args=[self.slug])


@dataclass(frozen=True, slots=True)
class SpreadPage:
    poster: Poster
    share: Share
    snippet: str

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        path = reverse("appeal:spread", args=[campaign.slug])
        return cls(
            poster=Poster.of(campaign),
            share=Share.of_appeal(campaign.slug, campaign.title, campaign.summary, path),
            snippet=format_html(SNIPPET, whole(reverse("appeal:widget", args=[campaign.slug])), campaign.title),
        )

    @property
    def letter(self) -> str:
        """The address of a mail that is written already, but for whom it goes to."""
        body = f"{self.poster.title}\n{self.poster.summary}\n\n{self.poster.address}\n"
        return f"mailto:?subject={quote(self.poster.title)}&body={quote(body)}"


def public(slug: str) -> Campaign:
    return get_object_or_404(Campaign.objects.public(), slug=slug)


@require_safe
def spread(request: HttpRequest, slug: str) -> HttpResponse:
    return freshness.serve(request, "appeal/spread.html", lambda: SpreadPage.of(public(slug)))


@require_safe
def poster(request: HttpRequest, slug: str) -> HttpResponse:
    return freshness.serve(request, "appeal/poster.html", lambda: Poster.of(public(slug)))


@require_safe
def qr_svg(request: HttpRequest, slug: str) -> HttpResponse:
    made = lambda: qr.svg_file(whole(public(slug).get_absolute_url()))  # noqa: E731
    return freshness.serve_made(request, made, kind="image/svg+xml")


@require_safe
def qr_png(request: HttpRequest, slug: str) -> HttpResponse:
    made = lambda: qr.png_file(whole(public(slug).get_absolute_url()))  # noqa: E731
    return freshness.serve_made(request, made, kind="image/png")


@require_safe
def campaign_card(request: HttpRequest, slug: str) -> HttpResponse:
    return freshness.serve_made(request, lambda: card.png(public(slug).title), kind="image/png")


@require_safe
def house_card(request: HttpRequest) -> HttpResponse:
    title = _("Communities of refugees, resourced directly.")
    return freshness.serve_made(request, lambda: card.png(title), kind="image/png")


def widget(request: HttpRequest, slug: str) -> HttpResponse:
    """A small box for other sites. It is the one page that they may frame (EMBEDDABLE_ON)."""
    framed: Any = csp_override(of_the_widget())(xframe_options_exempt(box))
    return framed(request, slug)  # type: ignore[no-any-return]


@require_safe
def box(request: HttpRequest, slug: str) -> HttpResponse:
    def appeal() -> Appeal:
        found = get_object_or_404(Campaign.objects.public().with_raised(), slug=slug)
        return Appeal.of(found, timezone.now())

    return freshness.serve(request, "appeal/widget.html", appeal)


def of_the_widget() -> dict[str, Any]:
    """Our stylesheet and links, and nothing else."""
    return {
        "default-src": [CSP.NONE],
        "style-src": [CSP.SELF],
        "base-uri": [CSP.NONE],
        "form-action": [CSP.NONE],
        "frame-ancestors": settings.EMBEDDABLE_ON,
    }
