"""Reports for the tests, with what the test does not care about filled in."""

import datetime
from typing import Any

from appeal.models import Campaign
from grants.models import Route, Tranche
from receipts.models import ReportVersion
from receipts.reports import publishing
from tests.grants import build as grants
from tests.receipts import build

TEXT = "The river came, and people helped each other."
AWARDED = datetime.date(2026, 5, 3)


def granted(campaign: Campaign, minor: int, *, route: Route = Route.BANK, pay: bool = True, **fields: Any) -> Tranche:
    """Promised, and paid by this way on grants.DAY, in November 2026."""
    fields = {"awarded_on": AWARDED, "consent": "yes"} | fields
    tranche = grants.approved_by_all(grants.planned_by(route, minor=minor, of=campaign, **fields))
    if pay:
        grants.pay(tranche)
    return tranche


def prepared(campaign: Campaign | None, period: str = "2026", **fields: Any) -> ReportVersion:
    defaults: dict[str, Any] = {"by": build.person(), "text": TEXT}
    return publishing.prepare(campaign, period, **defaults | fields)


def checked(campaign: Campaign | None, **fields: Any) -> ReportVersion:
    """With its files, and by another person."""
    version = prepared(campaign, **fields)
    publishing.work()
    version.check_it(by=build.person(), seen=version.sha256)
    return version


def published(campaign: Campaign | None, **fields: Any) -> ReportVersion:
    version = checked(campaign, **fields)
    version.publish(by=build.person())
    return version
