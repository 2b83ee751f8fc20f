"""The campaigns as JSON, for whoever wants to show or check them elsewhere. Read-only, open to all."""

from django.urls import reverse
from django.utils import timezone
from rest_framework import generics, pagination, permissions, renderers, serializers
from rest_framework.request import Request

from appeal.models import Campaign
from ledger.money import Money


class MoneyShape(serializers.Serializer[Money]):
    minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)


class CampaignShape(serializers.ModelSerializer[Campaign]):
    goal = MoneyShape(read_only=True)
    raised = MoneyShape(read_only=True)
    takes_gifts = serializers.SerializerMethodField()
    urls = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = (
            "slug", "title", "summary", "story", "status", "opens_on", "closes_on", "takes_gifts",
            "goal", "raised", "urls",
        )  # fmt: skip

    def get_takes_gifts(self, campaign: Campaign) -> bool:
        return campaign.takes_gifts(timezone.localdate())

    def get_urls(self, campaign: Campaign) -> dict[str, str]:
        request: Request = self.context["request"]
        paths = {
            "api": reverse("appeal:api-campaign", args=[campaign.slug]),
            "page": campaign.get_absolute_url(),
            "give": reverse("donations:give", args=[campaign.slug]),
            "statement": reverse("receipts:transparency", args=[campaign.slug]),
        }
        return {name: request.build_absolute_uri(path) for name, path in paths.items()}


class Newest(pagination.CursorPagination):
    page_size = 50
    ordering = ("-opens_on", "-pk")


class Open(generics.GenericAPIView[Campaign]):
    """Anyone may read; nobody is asked who they are."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    renderer_classes = (renderers.JSONRenderer,)
    serializer_class = CampaignShape
    queryset = Campaign.objects.public().with_raised()


class CampaignList(Open, generics.ListAPIView[Campaign]):
    pagination_class = Newest


class CampaignDetail(Open, generics.RetrieveAPIView[Campaign]):
    lookup_field = "slug"
