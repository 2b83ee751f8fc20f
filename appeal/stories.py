"""What became of an appeal's money, told with the consent of those who did it, or by us, in words and photos.

A group's story is shown when it has agreed and one of us publishes it. Ours is a draft until another person publishes
it. What is shown is never rewritten: it is taken down at once, or another text takes its place (`migrations/0009`).
"""

import secrets
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models, transaction
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.languages import is_read_by, known_language
from appeal.refusal import Refused
from appeal.uploads import Upload
from appeal.uploads.images import for_the_web

MOST_PHOTOS = 5
SMALL_SIDE = 400


def new_key() -> str:
    return secrets.token_hex(16)


class StoryQuerySet(models.QuerySet["Story"]):
    def shown(self) -> Self:
        """To everyone, once their appeal is."""
        return self.filter(~Q(campaign__status="draft"), taken_down=False, draft=False)

    def drafts(self) -> Self:
        return self.filter(taken_down=False, draft=True)

    def older_than(self, key: str) -> Self:
        """Those that follow the story of this key in a list, also when that one is not shown any more."""
        last = Story.objects.filter(key=key).values("month", "pk")[:1]
        month, pk = last.values("month"), last.values("pk")
        return self.filter(Q(month__lt=month) | Q(month=month, pk__lt=pk))

    def told(self) -> "models.QuerySet[Story, Any]":
        """Each as a dict of all that a page shows of it, read at once."""
        return self.values_list(as_told(), flat=True)

    def draft(self, *, by: User, on: date, **words: Any) -> "Story":
        """A story of ours that another person may publish."""
        return self.create(draft=True, written_by=by, written_at=timezone.now(), month=on.replace(day=1), **words)


class Story(models.Model):
    """What became of a part of an appeal's money, told by those who did it, with their consent, or by us."""

    campaign = models.ForeignKey("appeal.Campaign", models.PROTECT, related_name="stories", verbose_name=_("campaign"))
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), help_text=_("Plain text. An empty line starts a new paragraph."))
    language = models.CharField(
        _("language"), max_length=12, validators=[known_language], help_text=_("Its code, such as en, fa or my.")
    )
    month = models.DateField(_("month"), help_text=_("The first day of the month it is told in."))
    taken_down = models.BooleanField(_("taken down"), default=False)

    draft = models.BooleanField(_("draft"), default=False, db_default=False, editable=False)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="corrections", editable=False, verbose_name=_("corrects")
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("written by"),
    )
    written_at = models.DateTimeField(_("written at"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)

    objects = StoryQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        permissions = [("publish_story", "Can publish a story or translation that another person wrote")]
        indexes = [
            models.Index(
                name="story_shown_by_month",
                fields=["-month", "-id"],
                condition=Q(taken_down=False, draft=False),
            )
        ]
        constraints = [
            models.CheckConstraint(name="story_month_is_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="story_of_ours_is_published_by_another_person",
                condition=Q(written_by=None, written_at=None, draft=False, published_by=None, published_at=None)
                | Q(written_by__isnull=False, written_at__isnull=False)
                & (
                    Q(draft=True, published_by=None, published_at=None)
                    | Q(draft=False, published_by__isnull=False, published_at__isnull=False)
                    & ~Q(published_by=F("written_by"))
                ),
            ),
            models.CheckConstraint(
                name="story_corrects_another", condition=Q(corrects=None) | ~Q(corrects=F("id")) & ~Q(written_by=None)
            ),
            models.UniqueConstraint(
                name="story_has_one_correction", fields=["corrects"], condition=Q(taken_down=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("appeal:story", args=[self.key])

    @property
    def is_ours(self) -> bool:
        return self.written_by_id is not None

    @property
    def is_shown(self) -> bool:
        return not (self.draft or self.taken_down)

    @transaction.atomic
    def publish(self, *, by: User, at: datetime) -> None:
        """Show it to everyone; of what it corrects, it takes the photos and the place. Refused to who wrote it."""
        held = Story.objects.drafts().select_for_update(no_key=True, of=["self"]).filter(pk=self.pk).first()
        if held is None:
            raise Refused(_now("This story is no draft any more."))
        if held.written_at != self.written_at:
            raise Refused(_now("This story was changed since you read it. Please read it again."))
        if held.written_by_id == by.pk:
            raise Refused(_now("You wrote this story, so another person has to publish it."))
        if held.corrects:
            held.corrects.photos.update(story=held)
            held.corrects.take_down()
        facts: dict[str, Any] = {"published_by": by, "published_at": at, "month": at.date().replace(day=1)}
        Story.objects.filter(pk=self.pk).update(draft=False, **facts)
        self.refresh_from_db()

    def correct(self, *, title: str, text: str, by: User, on: date) -> "Story":
        """Another text that takes this one's place once another person publishes it."""
        if not self.is_ours:
            raise Refused(_now("This is what a group told. It can be taken down, and is not rewritten."))
        if not Story.objects.shown().filter(pk=self.pk).exists():
            raise Refused(_now("Only a story that is shown is corrected."))
        if self.corrections.filter(taken_down=False).exists():
            raise Refused(_now("A correction of this story is written already. Publish it, or drop it first."))
        words = {"title": title, "text": text, "language": self.language}
        return Story.objects.draft(by=by, on=on, campaign=self.campaign, corrects=self, **words)

    @transaction.atomic
    def take_down(self) -> None:
        """It is shown nowhere from now on; what was copied of its photos is deleted. A draft is dropped by it."""
        Story.objects.filter(pk=self.pk).update(taken_down=True)
        self.translations.standing().update(taken_down=True)
        self.photos.all().delete()
        self.refresh_from_db()

    @transaction.atomic
    def show_photo(self, content: bytes, description: str, *, consent: str = "") -> "StoryPhoto":
        """A small copy of a picture that was redrawn before (`appeal.uploads`), in two widths."""
        return self.photos.create(description=description, consent=consent, **small_copies(content))

    @transaction.atomic
    def add_photo(self, picture: Upload, description: str, *, consent: str) -> "StoryPhoto":
        """To a draft of ours; Refused once it is published, or where there are five already."""
        if not Story.objects.drafts().select_for_update(no_key=True).filter(pk=self.pk).exists():
            raise Refused(_now("Photos are added to a draft, before another person publishes it."))
        if self.photos.count() >= MOST_PHOTOS:
            raise Refused(_now("There are five photos already."))
        Story.objects.filter(pk=self.pk).update(written_at=timezone.now())
        self.refresh_from_db()
        return self.show_photo(picture.content, description, consent=consent)

    def translate(self, *, language: str, title: str, text: str, by: User) -> "StoryTranslation":
        if self.taken_down:
            raise Refused(_now("This story is taken down."))
        if is_read_by(language, self.language):
            raise Refused(_now("The story is in this language."))
        if self.translations.standing().filter(language=language).exists():
            raise Refused(_now("There is a translation into this language. Take it away first."))
        words = {"language": language, "title": title, "text": text}
        return self.translations.create(written_by=by, written_at=timezone.now(), **words)

    def rewrite(self, *, title: str, text: str, language: str, by: User) -> None:
        """A draft in other words, which are now this person's."""
        words = {"title": title, "text": text, "language": language}
        facts: dict[str, Any] = {"written_by": by, "written_at": timezone.now()}
        if not Story.objects.drafts().filter(pk=self.pk).update(**words, **facts):
            raise Refused(_now("This story is no draft any more."))
        self.refresh_from_db()


def small_copies(content: bytes) -> dict[str, Any]:
    made, small = for_the_web(content), for_the_web(content, SMALL_SIDE)
    whole = {"jpeg": made.jpeg, "avif": made.avif, "webp": made.webp, "width": made.width, "height": made.height}
    if small.width >= made.width:
        return whole
    narrower = {"small": small.jpeg, "small_avif": small.avif, "small_webp": small.webp}
    return whole | narrower | {"small_width": small.width}


class StoryTranslationQuerySet(models.QuerySet["StoryTranslation"]):
    def standing(self) -> Self:
        return self.filter(taken_down=False)

    def shown(self) -> Self:
        return self.standing().filter(published_at__isnull=False)


class StoryTranslation(models.Model):
    """A story in another language: written by one person, read and published by another, beside the original."""

    story = models.ForeignKey(Story, models.PROTECT, related_name="translations", verbose_name=_("story"))
    language = models.CharField(_("language"), max_length=12, validators=[known_language])
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written at"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published at"), null=True)
    taken_down = models.BooleanField(_("taken away"), default=False, db_default=False)

    objects = StoryTranslationQuerySet.as_manager()

    class Meta:
        ordering = ["story", "language", "pk"]
        verbose_name = _("translation of a story")
        verbose_name_plural = _("translations of stories")
        constraints = [
            models.UniqueConstraint(
                name="story_is_translated_once", fields=["story", "language"], condition=Q(taken_down=False)
            ),
            models.CheckConstraint(
                name="story_translation_is_published_by_another_person",
                condition=Q(published_by=None, published_at=None)
                | Q(published_by__isnull=False, published_at__isnull=False) & ~Q(published_by=F("written_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None and not self.taken_down

    @transaction.atomic
    def publish(self, *, by: User, at: datetime) -> None:
        if self.written_by_id == by.pk:
            raise Refused(_now("You wrote this translation, so another person has to publish it."))
        waiting = StoryTranslation.objects.standing().filter(pk=self.pk, published_at=None)
        if not waiting.update(published_by=by, published_at=at):
            raise Refused(_now("This translation is no draft any more."))
        self.refresh_from_db()

    def take_away(self) -> None:
        """It is shown nowhere from now on."""
        StoryTranslation.objects.standing().filter(pk=self.pk).update(taken_down=True)
        self.refresh_from_db()


class StoryPhoto(models.Model):
    """A photo of a story, as everyone may see it."""

    story = models.ForeignKey(Story, models.PROTECT, related_name="photos", verbose_name=_("story"))
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    description = models.CharField(_("what it shows"), max_length=300)
    consent = models.CharField(_("who agreed that it is shown"), max_length=300, blank=True, db_default="")
    width = models.PositiveSmallIntegerField(_("width in pixels"))
    height = models.PositiveSmallIntegerField(_("height in pixels"))
    jpeg = models.BinaryField(editable=False)
    small_width = models.PositiveSmallIntegerField(null=True, editable=False)
    small = models.BinaryField(null=True, editable=False)
    avif = models.BinaryField(null=True, editable=False)
    webp = models.BinaryField(null=True, editable=False)
    small_avif = models.BinaryField(null=True, editable=False)
    small_webp = models.BinaryField(null=True, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("photo of a story")
        verbose_name_plural = _("photos of stories")
        constraints = [
            models.CheckConstraint(name="story_photo_is_described", condition=~Q(description="")),
            models.CheckConstraint(
                name="story_photo_is_small_with_its_width",
                condition=Q(small=None, small_width=None) | Q(small__isnull=False, small_width__isnull=False),
            ),
            models.CheckConstraint(
                name="story_photo_lighter_copies_come_together",
                condition=Q(avif=None, webp=None, small_avif=None, small_webp=None)
                | Q(avif__isnull=False, webp__isnull=False)
                & (
                    Q(small=None, small_avif=None, small_webp=None)
                    | Q(small__isnull=False, small_avif__isnull=False, small_webp__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.description

    def get_absolute_url(self) -> str:
        return reverse("appeal:story-photo", args=[self.key, "jpg"])


def as_told() -> JSONObject:
    """All that a page shows of a story, as one JSON object of one query."""
    photo = JSONObject(
        key="key",
        description="description",
        width="width",
        height="height",
        small_width="small_width",
        lighter=Q(avif__isnull=False),
    )
    words = JSONObject(language="language", title="title", text="text")
    photos = StoryPhoto.objects.filter(story=OuterRef("pk")).order_by("pk").values_list(photo)
    translations = StoryTranslation.objects.shown().filter(story=OuterRef("pk")).order_by("language", "pk")
    return JSONObject(
        key="key",
        title="title",
        text="text",
        language="language",
        month="month",
        appeal="campaign__title",
        slug="campaign__slug",
        ours=Q(written_by__isnull=False),
        corrected=Q(corrects__isnull=False),
        photos=ArraySubquery(photos),
        translations=ArraySubquery(translations.values_list(words)),
    )


def withdrawn() -> str:
    """Changes as soon as anything is taken down, so that no page is kept that still shows it."""
    gone = StoryTranslation.objects.filter(taken_down=True).order_by().values("pk")
    return str(Story.objects.filter(taken_down=True).order_by().values("pk").union(gone, all=True).count())
