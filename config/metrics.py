"""Figures for Prometheus, in its text format: is anything waiting that should not be, and is anybody trying out cards?

They are read by whoever has METRICS_TOKEN, and for others do not exist. An address would be no protection: behind a
proxy on the same machine every visitor comes from loopback.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from donations.models import ChallengeMode, Donation, State, StripeEvent, Tally
from donations.models.card_testers import LONG_AGO
from receipts.models import Receipt

FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class Figure(NamedTuple):
    name: str
    kind: str
    meaning: str
    value: float

    def __str__(self) -> str:
        name = f"refugeesrise_{self.name}"
        return f"# HELP {name} {self.meaning}\n# TYPE {name} {self.kind}\n{name} {float(self.value)}\n"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    told = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(told, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return HttpResponse("".join(map(str, figures(timezone.now()))), content_type=FORMAT)


def figures(now: datetime) -> Iterator[Figure]:
    seen = Tally.objects.since(LONG_AGO)
    for event in Tally.Event:
        name = {"declined": "cards", "challenged": "forms", "refused": "forms"}.get(event, "donations")
        yield Figure(f"{name}_{event}_total", "counter", str(event.label), seen[event])
    yield Figure("challenge_mode", "gauge", "1 while every give form asks a question", ChallengeMode.objects.on(now))
    waiting = StripeEvent.objects.waiting().aggregate(oldest=Min("received_at"))["oldest"]
    yield Figure("inbox_lag_seconds", "gauge", "age of the oldest event that is not handled", age(waiting, now))
    needing = StripeEvent.objects.needing_a_person().count()
    yield Figure("inbox_needing_a_person", "gauge", "events that are not understood after several tries", needing)
    unmailed = Receipt.objects.unmailed().count()
    yield Figure("receipts_unmailed", "gauge", "receipts issued and not mailed yet", unmailed)
    unsettled = Donation.objects.filter(state=State.PAID).aggregate(oldest=Min("charged_at"))["oldest"]
    yield Figure(
        "unsettled_seconds", "gauge", "age of the oldest paid gift that is not in the books", age(unsettled, now)
    )


def age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0) if moment else 0
