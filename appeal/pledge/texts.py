"""What is pledged: a text in versions, each in one language or more, which is never changed once people sign it."""

from collections.abc import Sequence
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language, own_name
from appeal.refusal import Refused


class PledgeTextQuerySet(models.QuerySet["PledgeText"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)

    def latest_version(self) -> int:
        """The newest that is published; 0 before the first."""
        return int(self.published().aggregate(number=Max("version"))["number"] or 0)

    def current(self) -> Sequence["PledgeText"]:
        """The newest version in all its languages."""
        return list(self.published().filter(version=self.latest_version()))

    def for_reader(self, language: str) -> "PledgeText | None":
        """The newest version in this language, or else in English, or else in its first one."""
        by_language = {text.language: text for text in self.current()}
        wanted = (language, language.partition("-")[0], "en")
        found = (by_language[each] for each in wanted if each in by_language)
        return next(found, None) or next(iter(by_language.values()), None)


class PledgeText(models.Model):
    """One version in one language. Published by another person than who wrote it, and never changed afterwards."""

    version = models.PositiveSmallIntegerField(
        _("version"), help_text=_("A translation has the version of the text that it translates.")
    )
    language = models.CharField(
        _("language"), max_length=12, validators=[known_language], help_text=_("Its code: en, fa, prs, my.")
    )
    title = models.CharField(_("title"), max_length=120)
    opening = models.TextField(_("opening"), help_text=_("Plain text. An empty line starts a new paragraph."))
    points = models.TextField(_("what is pledged"), help_text=_("Each point on a line of its own."))
    closing = models.TextField(_("closing"), blank=True, help_text=_("Plain text."))
    support_question = models.CharField(_("question to those who are not refugees"), max_length=200)
    together_question = models.CharField(_("question to refugees"), max_length=200)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published at"), null=True)

    objects = PledgeTextQuerySet.as_manager()

    class Meta:
        ordering = ["-version", "pk"]
        verbose_name = _("text of the pledge")
        verbose_name_plural = _("texts of the pledge")
        permissions = [("publish_pledgetext", "Can publish a text of the pledge that somebody else wrote")]
        constraints = [
            models.UniqueConstraint(
                name="pledge_text_is_one_of_its_version_and_language",
                fields=["version", "language"],
                violation_error_message=_("This version is there in this language already."),
            ),
            models.CheckConstraint(name="pledge_text_versions_begin_with_one", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="pledge_text_says_all",
                condition=~Q(title="")
                & ~Q(opening="")
                & ~Q(points="")
                & ~Q(support_question="")
                & ~Q(together_question=""),
            ),
            models.CheckConstraint(
                name="pledge_text_published_means_by_another_person",
                condition=Q(published_by=None, published_at=None)
                | Q(published_by__isnull=False, published_at__isnull=False) & ~Q(published_by=F("prepared_by")),
            ),
        ]

    def __str__(self) -> str:
        return _now("Version %(version)s, %(language)s") % {"version": self.version, "language": self.language}

    def get_absolute_url(self) -> str:
        return reverse("appeal:pledge-text", args=[self.version, self.language])

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def list_of_points(self) -> list[str]:
        return [line.strip() for line in self.points.splitlines() if line.strip()]

    @property
    def language_name(self) -> str:
        """As those call it who speak it."""
        return own_name(self.language)

    @property
    def direction(self) -> str:
        return "rtl" if self.language.partition("-")[0] in settings.LANGUAGES_BIDI else "ltr"

    def publish(self, *, by: User) -> None:
        """From now on people read and sign it, and it stays. Refused says what is in the way."""
        if self.is_published:
            raise Refused(_now("This text is published."))
        if by.pk == self.prepared_by_id:
            raise Refused(_now("Another person than who wrote it publishes a text."))
        if self.version not in {latest := PledgeText.objects.latest_version(), latest + 1}:
            raise Refused(_now("The next version to publish is %(number)s.") % {"number": latest + 1})
        self._is_a_translation_of_its_version()
        ready = PledgeText.objects.filter(pk=self.pk, published_at=None)
        published = ready.update(published_by=by, published_at=timezone.now())
        self.refresh_from_db()
        if not published:
            raise Refused(_now("This text is published."))

    def _is_a_translation_of_its_version(self) -> None:
        other = PledgeText.objects.published().filter(version=self.version).first()
        if other and len(other.list_of_points) != len(self.list_of_points):
            raise Refused(
                _now("This text has %(here)s points, and this version has %(there)s. They have to be the same.")
                % {"here": len(self.list_of_points), "there": len(other.list_of_points)}
            )
