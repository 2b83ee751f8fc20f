"""Calls, and the public register of grants, as JSON. What of a grant may be shown is decided in `register`."""

from typing import Any

from django.core.validators import slug_re
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import exceptions, generics, serializers

from appeal.models import Campaign
from appeal.open_data import MoneyShape, Open, Pages, described, slug
from grants.models import Call, Grant, Region
from grants.register import Line, lines

GRANT = {
    "reference": "4f1c9a7be02d6e35",
    "campaign": "winter",
    "amount": {"minor": 300_000, "currency": "USD"},
    "month": "2026-10",
    "region": "south-eastern-asia",
    "country": "ID",
    "purpose": "Winter coats for 60 children",
    "name": None,
}
CALL = {
    "slug": "winter-fund",
    "title": "Winter fund",
    "summary": "Small grants for the cold months.",
    "guidance": "Tell us what you need, in your own words.",
    "campaign": "winter",
    "ceiling": {"minor": 1_000_000, "currency": "USD"},
    "most": {"minor": 500_000, "currency": "USD"},
    "languages": ["en", "prs"],
    "countries": [],
    "opens": "2026-10-01T02:00:00Z",
    "closes": "2026-10-31T16:59:00Z",
    "time_zone": "Asia/Bangkok",
    "takes_applications": False,
    "url": "https://appeal.example/grants/calls/winter-fund/",
}


@extend_schema_serializer(component_name="Grant", examples=[OpenApiExample("A grant without a name", GRANT)])
class GrantShape(serializers.Serializer[Line]):
    """One grant, as far as its initiative has agreed to be shown. What is null is withheld, or not ours to tell."""

    reference = serializers.RegexField(
        r"^[0-9a-f]{16}$", source="grant.reference", read_only=True, help_text="Random: it tells of no date or order."
    )
    campaign = serializers.SlugField(read_only=True)
    amount = MoneyShape(source="grant.amount", read_only=True)
    month = serializers.SerializerMethodField(help_text="The month in which it was awarded.")
    region = serializers.ChoiceField(Region.choices, source="grant.region", read_only=True)
    country = serializers.RegexField(
        r"^[A-Z]{2}$",
        source="grant.country",
        read_only=True,
        allow_null=True,
        help_text="ISO 3166. Null too where fewer than three initiatives without a name share a country.",
    )
    purpose = serializers.CharField(source="grant.purpose", read_only=True, allow_null=True)
    name = serializers.CharField(source="grant.name", read_only=True, allow_null=True)

    @extend_schema_field({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"})
    def get_month(self, line: Line) -> str:
        return f"{line.grant.month:%Y-%m}"


CAMPAIGN = slug("campaign", "query", "Only grants of the campaign with this slug.")


class Shuffled(Pages):
    ordering = "reference"


@described("The register of grants", "grants", GrantShape(many=True), [CAMPAIGN])
class GrantList(Open[Grant], generics.ListAPIView[Grant]):
    """Grants that may be shown as lines of their own, in no order, from the month after they were awarded.

    Others are withheld, to protect people; their sum is in the campaign's fund statement.
    """

    serializer_class = GrantShape  # type: ignore[assignment]  # of lines, not of rows
    pagination_class = Shuffled

    def get_queryset(self) -> QuerySet[Grant]:
        shown = (
            Grant.objects.shown(timezone.localdate())
            .select_related("initiative", "campaign")
            .prefetch_related("tranches")
        )
        asked = shown.of(self.campaign()) if "campaign" in self.request.query_params else shown
        return asked.defer("initiative__place", "initiative__email")

    def campaign(self) -> Campaign:
        asked = self.request.query_params["campaign"]
        found = Campaign.objects.public().filter(slug=asked).first() if slug_re.match(asked) else None
        if not found:
            raise exceptions.NotFound(_("There is no such campaign."))
        return found

    def paginate_queryset(self, queryset: Any) -> Any:
        return lines(super().paginate_queryset(queryset) or [], timezone.localdate())


@extend_schema_serializer(component_name="Call", examples=[OpenApiExample("Winter fund", CALL)])
class CallShape(serializers.ModelSerializer[Call]):
    """An invitation to refugee-led initiatives to apply for a part of a campaign's money."""

    campaign = serializers.SlugField(source="campaign.slug", read_only=True)
    ceiling = MoneyShape(read_only=True, help_text="For all initiatives together.")
    most = MoneyShape(read_only=True, help_text="For one initiative.")
    languages = serializers.ListField(child=serializers.CharField(), read_only=True)
    countries = serializers.ListField(
        child=serializers.RegexField(r"^[A-Z]{2}$"), read_only=True, help_text="Where one may work. Empty: anywhere."
    )
    takes_applications = serializers.SerializerMethodField(help_text="Whether one can begin an application now.")
    url = serializers.SerializerMethodField(help_text="Its page, where one applies.")

    class Meta:
        model = Call
        fields = read_only_fields = (
            "slug", "title", "summary", "guidance", "campaign", "ceiling", "most", "languages", "countries",
            "opens", "closes", "time_zone", "takes_applications", "url",
        )  # fmt: skip

    def get_takes_applications(self, call: Call) -> bool:
        return call.takes(timezone.now())

    @extend_schema_field(serializers.URLField)
    def get_url(self, call: Call) -> str:
        address: str = self.context["request"].build_absolute_uri(reverse("grants:call", args=[call.slug]))
        return address


class LatestOpened(Pages):
    ordering = ("-opens", "-pk")


@described("All calls", "calls", CallShape(many=True))
class CallList(Open[Call], generics.ListAPIView[Call]):
    """Calls for applications that are open to all: those to come, those that take applications, and past ones."""

    serializer_class = CallShape
    pagination_class = LatestOpened

    def get_queryset(self) -> QuerySet[Call]:
        return Call.objects.for_all().filter(campaign__in=Campaign.objects.public()).select_related("campaign")
