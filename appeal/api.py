"""The campaigns as JSON, for whoever wants to show or check them elsewhere. Read-only, open to all."""

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request

from appeal.models import SHOWN_TO_ALL, Campaign
from appeal.open_data import MoneyShape, Open, Pages, described, slug

SHOWN = [(status.value, str(status.label)) for status in SHOWN_TO_ALL]


@extend_schema_serializer(component_name="CampaignAddresses")
class AddressesShape(serializers.Serializer[dict[str, str]]):
    api = serializers.URLField(read_only=True)
    page = serializers.URLField(read_only=True)
    give = serializers.URLField(read_only=True)
    statement = serializers.URLField(read_only=True, help_text="Where its money is, to the cent.")


EXAMPLE = {
    "slug": "winter",
    "title": "Warm rooms",
    "summary": "Stoves and blankets before the snow.",
    "story": "The snow comes early.\n\nThe neighbours know who needs a stove.",
    "status": "live",
    "opens_on": "2026-10-01",
    "closes_on": None,
    "takes_gifts": True,
    "paused_because": "",
    "goal": {"minor": 5_000_000, "currency": "USD"},
    "second_goal": None,
    "raised": {"minor": 1_234_500, "currency": "USD"},
    "urls": {
        "api": "https://appeal.example/api/campaigns/winter/",
        "page": "https://appeal.example/campaigns/winter/",
        "give": "https://appeal.example/give/winter/",
        "statement": "https://appeal.example/campaigns/winter/statement/",
    },
}


@extend_schema_serializer(component_name="Campaign", examples=[OpenApiExample("Winter", EXAMPLE)])
class CampaignShape(serializers.ModelSerializer[Campaign]):
    """One appeal with a goal and a time."""

    status = serializers.ChoiceField(SHOWN, read_only=True)
    takes_gifts = serializers.SerializerMethodField(help_text="Whether one can give to it today.")
    paused_because = serializers.CharField(
        source="suspended_words", read_only=True, help_text="Why one cannot give to it for a time; empty unless so."
    )
    goal = MoneyShape(read_only=True)
    second_goal = MoneyShape(
        source="stretch", read_only=True, allow_null=True, help_text="For when the first one is reached."
    )
    raised = MoneyShape(read_only=True, help_text="Gifts less refunds and lost disputes, as the books have it.")
    urls = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = read_only_fields = (
            "slug", "title", "summary", "story", "status", "opens_on", "closes_on", "takes_gifts",
            "paused_because", "goal", "second_goal", "raised", "urls",
        )  # fmt: skip

    def get_takes_gifts(self, campaign: Campaign) -> bool:
        return campaign.takes_gifts(timezone.localdate())

    @extend_schema_field(AddressesShape)
    def get_urls(self, campaign: Campaign) -> dict[str, str]:
        request: Request = self.context["request"]
        paths = {
            "api": reverse("appeal:api-campaign", args=[campaign.slug]),
            "page": campaign.get_absolute_url(),
            "give": reverse("donations:give", args=[campaign.slug]),
            "statement": reverse("receipts:transparency", args=[campaign.slug]),
        }
        return {name: request.build_absolute_uri(path) for name, path in paths.items()}


class Newest(Pages):
    ordering = ("-opens_on", "-pk")


class Campaigns(Open[Campaign]):
    serializer_class = CampaignShape
    pagination_class = Newest
    queryset = Campaign.objects.public().with_raised()


@described("All campaigns", "campaigns", CampaignShape(many=True))
class CampaignList(Campaigns, generics.ListAPIView[Campaign]):
    """Newest first, with what each has really received. Drafts are not in it."""


@described("One campaign", "campaign", CampaignShape, [slug("slug", "path", "The last part of its address.")])
class CampaignDetail(Campaigns, generics.RetrieveAPIView[Campaign]):
    """What it asks for, and what it has really received."""

    lookup_field = "slug"
