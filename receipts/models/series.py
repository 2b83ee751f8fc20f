"""Numbers without a gap: the counter moves in the transaction that issues, so a rolled back receipt takes none."""

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from receipts.models.issuer import PATTERN
from receipts.wording import filled

COUNT_ON = """
    INSERT INTO receipts_numberseries (prefix, year, last) VALUES (%s, %s, %s)
    ON CONFLICT (prefix, year) DO UPDATE SET last = receipts_numberseries.last + excluded.last
    RETURNING last
"""


class NumberSeries(models.Model):
    """One run of numbers, 1 to `last`, for each prefix and each year of issue (by the issuer's calendar)."""

    prefix = models.CharField(_("prefix"), max_length=12)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"))

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [models.UniqueConstraint(name="series_one_for_each_year", fields=["prefix", "year"])]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"

    @classmethod
    def take(cls, prefix: str, year: int, count: int, pattern: str = PATTERN) -> list[str]:
        """The next numbers, such as RR-2026-000001. Others wait here until our transaction ends: keep it short."""
        with connection.cursor() as cursor:
            cursor.execute(COUNT_ON, [prefix, year, count])
            (last,) = cursor.fetchone()
        said = {"prefix": prefix, "year": str(year)}
        return [filled(pattern, said | {"number": f"{number:06d}"}) for number in range(last - count + 1, last + 1)]
