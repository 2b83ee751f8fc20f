"""What of the gifts stayed with us, after refunds, lost disputes and debits that came back."""

from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import BigIntegerField, Case, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Greatest
from django_stubs_ext import WithAnnotations

from donations.models import BalanceTransaction, Dispute, Donation, Refund
from donations.models.dispute import LOST


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
    back = sum_of(Refund.objects.filter(status="succeeded"), F("amount_minor"))
    # Banks give a part again, too: what is lost is in the fund's currency, so count that part of what was taken.
    taken = BalanceTransaction.objects.filter(source=OuterRef("stripe_id"), amount__lt=0).order_by().values("source")
    disputes = Dispute.objects.filter(status__in=LOST, lost_minor__gt=0)
    whole = Cast(Subquery(taken.annotate(total=-Sum("amount")).values("total")), BigIntegerField())
    disputes = disputes.annotate(taken=Coalesce(whole, F("lost_minor")))
    lost = sum_of(disputes, (F("amount_minor") * F("lost_minor") + F("taken") - 1) / F("taken"))
    left = Greatest(F("amount_minor") - back - lost, 0)
    return gifts.annotate(kept_minor=Case(When(bounced=True, then=0), default=left, output_field=BigIntegerField()))


def sum_of(rows: QuerySet[Any], amount: Combinable) -> Coalesce:
    of_one = rows.filter(donation=OuterRef("pk")).order_by().values("donation")
    of_one = of_one.annotate(total=Sum(amount, output_field=BigIntegerField()))
    return Coalesce(Subquery(of_one.values("total")), 0)
