"""The PDF of a receipt: rendered once, kept for good, and given out as the same bytes each time."""

from django.db import models
from django.db.models import F, Func
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from receipts.models.receipt import Receipt


class Sha256(Func):
    """PostgreSQL's own sum over the bytes, in hexadecimal: it cannot differ from them."""

    template = "encode(sha256(%(expressions)s), 'hex')"
    output_field = models.CharField(max_length=64)


class ReceiptDocument(models.Model):
    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="document")
    pdf = models.BinaryField()
    sha256 = models.GeneratedField(
        expression=Sha256(F("pdf")), output_field=models.CharField(max_length=64), db_persist=True
    )
    rendered_at = models.DateTimeField(_("rendered at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("document of a receipt")
        verbose_name_plural = _("documents of receipts")

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.sha256}"
