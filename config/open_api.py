"""What the API offers: as an OpenAPI document for programs, and as a page for people. Both are of one making."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import conditional_page, require_safe
from drf_spectacular.generators import SchemaGenerator

NOTHING_HERE = _("There is nothing at this address. All addresses are listed at /api/.")


@conditional_page
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The document, which programs of other sites may read as well."""
    response = JsonResponse(document(), json_dumps_params={"indent": 2})
    response.headers["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, no_cache=True)
    return response


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Programs are told in JSON that they have gone astray, too."""
    response = JsonResponse({"detail": str(NOTHING_HERE)}, status=404)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "config/api.html", {"addresses": addresses(document())})


@cache
def document() -> dict[str, Any]:
    """Made once: nothing of a request is in it."""
    with translation.override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@dataclass(frozen=True, slots=True)
class Address:
    path: str
    summary: str
    description: str
    parameters: list[tuple[str, str]]


def addresses(described: dict[str, Any]) -> list[Address]:
    return [
        Address(
            path,
            operation["summary"],
            operation["description"],
            [(each["name"], each.get("description", "")) for each in operation.get("parameters", [])],
        )
        for path, operations in described["paths"].items()
        for operation in operations.values()
    ]
