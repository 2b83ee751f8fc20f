"""What an issuer's papers say, by kind and language: part of its profile, and as fixed as that once it is approved."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from receipts import wording
from receipts.models.issuer import IssuerProfile


class TextKind(models.TextChoices):
    RECEIPT = "receipt", _("receipt")
    REPLACEMENT = "replacement", _("replacement: stands on a receipt besides, where it replaces another")
    STATEMENT = "statement", _("annual statement")
    ACKNOWLEDGEMENT = "acknowledgement", _("acknowledgement, without a receipt for tax")
    DECLARATION = "declaration", _("declaration of the donor, such as Gift Aid")


PLACEHOLDERS = {
    TextKind.RECEIPT: wording.OF_A_GIFT,
    TextKind.ACKNOWLEDGEMENT: wording.OF_A_GIFT,
    TextKind.STATEMENT: wording.OF_A_YEAR,
    TextKind.REPLACEMENT: wording.OF_A_REPLACEMENT,
    TextKind.DECLARATION: wording.OF_NOBODY_YET,
}


class IssuerText(models.Model):
    """A receipt names the one that it was printed with, so that its words and their version stay known."""

    issuer = models.ForeignKey(IssuerProfile, models.PROTECT, related_name="texts", verbose_name=_("issuer"))
    kind = models.CharField(_("kind"), max_length=15, choices=TextKind)
    language = models.CharField(_("language"), max_length=10, help_text=_("A code such as en or fa."))
    version = models.CharField(
        _("version"),
        max_length=20,
        validators=[RegexValidator(r"^[\w.-]+$", _("Use letters, digits, dots and hyphens."))],
        help_text=_("So that you know the words again, such as 2026-1."),
    )
    words = models.TextField(_("words"), help_text=_("Plain text. Names in braces, such as {amount}, are filled in."))

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["kind", "language"]
        constraints = [
            models.UniqueConstraint(name="text_one_of_a_kind_and_language", fields=["issuer", "kind", "language"]),
            models.CheckConstraint(name="text_kind_is_known", condition=Q(kind__in=TextKind.values)),
            models.CheckConstraint(name="text_says_something", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.language}, {self.version}"

    def clean(self) -> None:
        if self.kind in TextKind.values:
            try:
                wording.check(self.words, PLACEHOLDERS[TextKind(self.kind)])
            except ValidationError as error:
                raise ValidationError({"words": error}) from error


def text_of(issuer: IssuerProfile, kind: TextKind, language: str) -> IssuerText | None:
    """The words in the reader's language, or else in the issuer's own; None where it has none of this kind."""
    found = {text.language: text for text in issuer.texts.all() if text.kind == kind}
    return found.get(language) or found.get(issuer.language)
