"""What a donor chose: receipts for tax, or plain acknowledgements from now on."""

from collections.abc import Iterable

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReceiptChoice(models.Model):
    donor = models.CharField(_("donor"), max_length=254, unique=True)
    tax_receipt = models.BooleanField(_("a receipt for tax"), default=True)
    updated_at = models.DateTimeField(_("chosen at"), default=timezone.now)

    class Meta:
        verbose_name = _("choice of receipts")
        verbose_name_plural = _("choices of receipts")

    def __str__(self) -> str:
        return self.donor

    @classmethod
    def choose(cls, donor: str, *, tax_receipt: bool) -> None:
        cls.objects.update_or_create(donor=donor, defaults={"tax_receipt": tax_receipt, "updated_at": timezone.now()})

    @classmethod
    def wants(cls, donor: str) -> bool:
        return not cls.without([donor])

    @classmethod
    def without(cls, donors: Iterable[str]) -> set[str]:
        """Those of them who want no receipt for tax."""
        chosen = cls.objects.filter(donor__in=donors, tax_receipt=False)
        return set(chosen.values_list("donor", flat=True))
