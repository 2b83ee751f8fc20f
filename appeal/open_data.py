"""How the API is read: by anyone, from any page, as JSON, page by page, and so many times a minute."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import exceptions, generics, negotiation, pagination, permissions, renderers, serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from appeal.throttle import PerConnection
from ledger.money import Money


@extend_schema_serializer(component_name="Money")
class MoneyShape(serializers.Serializer[Money]):
    """`minor` counts the smallest unit of the currency: 300000 USD are 3,000.00 dollars, 300000 JPY that many yen."""

    minor = serializers.IntegerField(read_only=True, min_value=-(2**63), max_value=2**63 - 1)
    currency = serializers.RegexField(r"^[A-Z]{3}$", read_only=True, help_text="ISO 4217")


@extend_schema_serializer(component_name="Problem")
class ProblemShape(serializers.Serializer[Any]):
    detail = serializers.CharField(read_only=True, help_text="What is wrong, in a sentence.")


def problem(name: str, meaning: str, sentence: object) -> OpenApiResponse:
    example = OpenApiExample(name, {"detail": str(sentence)}, response_only=True)
    return OpenApiResponse(ProblemShape, description=meaning, examples=[example])


NO_SUCH_PAGE = _("There is no such page of this list. Begin with its first page.")
NOT_FOUND = problem("Not found", "There is nothing here, or the list has no such page.", NO_SUCH_PAGE)
TOO_MANY = problem(
    "Too many calls",
    "Too many calls in this minute from this internet connection.",
    "Request was throttled. Expected available in 12 seconds.",
)
SLUG = "^[-a-zA-Z0-9_]+$"
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429], description="Call again after so many seconds."
)


def slug(name: str, place: Literal["query", "path"], meaning: str) -> OpenApiParameter:
    examples = [OpenApiExample("Winter", "winter")]
    return OpenApiParameter(name, str, place, pattern=SLUG, description=meaning, examples=examples)


def described(
    summary: str, name: str, shape: Any, parameters: Sequence[Any] = ()
) -> Callable[[type[APIView]], type[APIView]]:
    """A view of the API in the OpenAPI document, with what every one of them may answer."""
    return extend_schema_view(
        get=extend_schema(
            summary=summary,
            operation_id=name,
            parameters=[*parameters, RETRY_AFTER],
            responses={200: shape, 404: NOT_FOUND, 429: TOO_MANY},
        )
    )


class JsonForAll(negotiation.BaseContentNegotiation):
    """There is one format, whatever is asked for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Pages(pagination.CursorPagination):
    """50 a page; `next` leads on. A cursor that is none of ours is answered with a sentence."""

    page_size = 50
    cursor_query_description = "Where a page begins. Follow `next` rather than make one up."
    invalid_cursor_message = NO_SUCH_PAGE  # type: ignore[assignment]  # lazy

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, DataError):  # it is no position in this list
            raise exceptions.NotFound(self.invalid_cursor_message) from None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri", "example": f"{settings.PUBLIC_URL}/api/…/?cursor=cD0y"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }


@method_decorator(conditional_page, name="dispatch")
class Open[Row: Model](generics.GenericAPIView[Row]):
    """Anyone may read; nobody is asked who they are. Whoever holds the current answer is told so (ETag, 304).

    Pages of other sites may read it too. That is safe: no cookie is looked at, so they see what everyone sees.
    """

    http_method_names = ["get", "head", "options"]
    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    throttle_classes = (PerConnection,)
    renderer_classes = (renderers.JSONRenderer,)
    content_negotiation_class = JsonForAll
    pagination_class = Pages

    @property
    def default_response_headers(self) -> dict[str, str]:
        return super().default_response_headers | {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "ETag, Retry-After",
            "Cache-Control": "no-cache",
        }
