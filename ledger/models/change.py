"""Who changed what, and when: kept by the database itself, for the tables that `ledger.history` was told to keep."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """One row that was written, changed or deleted. Sealed texts stay sealed in it; passwords and secrets are left out.

    `made_by` is the id of the signed-in person, and empty where a program did it. It is no foreign key: a history
    outlives what it tells of.
    """

    made_at = models.DateTimeField(_("when"))
    made_by = models.BigIntegerField(_("who"), null=True)
    request = models.CharField(_("request"), max_length=64)
    place = models.CharField(_("table"), max_length=63)
    row = models.CharField(_("row"), max_length=64)
    deed = models.CharField(_("deed"), max_length=6)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change")
        verbose_name_plural = _("history")
        default_permissions = ("view",)
        indexes = [models.Index(name="change_of_a_row", fields=["place", "row"])]

    def __str__(self) -> str:
        return f"{self.deed} {self.place} {self.row}"
