"""Which gifts came and stayed, at least in part: what was said along with them may be shown and sent."""

from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from donations.lattice import State
from donations.models.dispute import INQUIRIES, WON, Dispute
from donations.models.donation import Donation
from donations.models.refund import Refund

GAVE_BACK = {WON} | INQUIRIES
"""Disputes that have taken nothing, or no longer."""


def stayed(gift: str = "") -> tuple[Any, ...]:
    """Conditions for rows whose gift, named by this path (such as `donation__`), came and is not gone.

    A gift of which a part went back has stayed. One that its bank disputes has not, until that is won.
    """
    it = OuterRef(f"{gift}pk")
    back = Refund.objects.given_back().filter(donation=it).order_by().values("donation")
    went_back = Subquery(back.annotate(total=Sum("amount_minor")).values("total"), output_field=BigIntegerField())
    return (
        Q(**{f"{gift}state__in": [State.PAID, State.SETTLED], f"{gift}bounced": False, f"{gift}review": ""}),
        ~Exists(Dispute.objects.filter(donation=it).exclude(status__in=GAVE_BACK)),
        GreaterThan(F(f"{gift}amount_minor"), Coalesce(went_back, 0)),
    )


def has_stayed(gift: Donation) -> bool:
    return Donation.objects.filter(*stayed(), pk=gift.pk).exists()
