"""The initiative's own page: it says, without an account, that the money came."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from grants.models import Refused, Tranche


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows, so that a mail program that opens links confirms nothing; POST confirms, and again changes nothing."""
    tranche = get_object_or_404(Tranche.objects.select_related("grant__campaign"), confirmation_key=key)
    if request.method == "POST":
        with suppress(Refused):  # the page that follows says how things stand
            tranche.confirm(timezone.localdate())
        return redirect(tranche)
    return render(request, "grants/confirm.html", {"tranche": tranche})
