"""How the money of a call was divided: by which of the three ways, out of how much, by whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grants.allocation import Method
from grants.models.call import Call
from ledger.money import Money


class Allocation(models.Model):
    """One for each call; it is never changed. Without a way, the call ended with a grant for nobody."""

    call = models.OneToOneField(Call, models.PROTECT, related_name="allocation", verbose_name=_("call"))
    method = models.CharField(_("way"), max_length=8, choices=Method, blank=True)
    pool_minor = models.BigIntegerField()
    parts = models.PositiveSmallIntegerField(_("tranches of each grant"))
    reason = models.TextField(_("reason"))
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(_("chosen at"), auto_now_add=True)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(name="allocation_method_is_known", condition=Q(method__in=["", *Method.values])),
            models.CheckConstraint(
                name="allocation_is_of_some_money", condition=Q(pool_minor__gt=0) | Q(method="", pool_minor__gte=0)
            ),
            models.CheckConstraint(
                name="allocation_is_in_a_few_parts",
                condition=~Q(method="") & Q(parts__gte=1, parts__lte=4) | Q(method="", parts=0),
            ),
            models.CheckConstraint(name="allocation_says_why", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.call}: {self.get_method_display() or _('a grant for nobody')}"

    @property
    def pool(self) -> Money:
        return Money(self.pool_minor, self.call.currency)
