"""What of the gifts stayed with us, after refunds, lost disputes and debits that came back."""

from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import BigIntegerField, Case, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, Greatest
from django_stubs_ext import WithAnnotations

from donations.models import Dispute, Donation, Refund


class Kept(TypedDict):
    kept_minor: int


if TYPE_CHECKING:
    DonationAndKept = WithAnnotations[Donation, Kept]
else:
    DonationAndKept = Donation


def disturbed() -> QuerySet[Donation]:
    """Settled gifts that something happened to afterwards: refunds and disputes, whatever became of them."""
    touched = Refund.objects.values("donation").union(Dispute.objects.values("donation"), all=True)
    return Donation.objects.settled().filter(Q(pk__in=touched) | Q(bounced=True))


def with_kept(gifts: QuerySet[Donation]) -> QuerySet[DonationAndKept]:
    """Each with `kept_minor`, in the donor's currency: what neither went back to the donor nor was lost to a bank."""
    back, lost = Refund.objects.filter(status="succeeded"), Dispute.objects.filter(lost_minor__gt=0)
    left = Greatest(F("amount_minor") - sum_of(back) - sum_of(lost), 0)
    return gifts.annotate(kept_minor=Case(When(bounced=True, then=0), default=left, output_field=BigIntegerField()))


def sum_of(amounts: QuerySet[Any]) -> Coalesce:
    of_one = amounts.filter(donation=OuterRef("pk")).order_by().values("donation").annotate(total=Sum("amount_minor"))
    return Coalesce(Subquery(of_one.values("total")), 0)
