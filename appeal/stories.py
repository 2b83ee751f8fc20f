"""What became of an appeal's money, told with the consent of those who did it, in words and photos."""

import secrets
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def new_key() -> str:
    return secrets.token_hex(16)


class StoryQuerySet(models.QuerySet["Story"]):
    def shown(self) -> Self:
        return self.filter(taken_down=False)


class Story(models.Model):
    """What became of a part of an appeal's money, told with the consent of those who did it."""

    campaign = models.ForeignKey("appeal.Campaign", models.PROTECT, related_name="stories", verbose_name=_("campaign"))
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), help_text=_("Plain text. An empty line starts a new paragraph."))
    language = models.CharField(_("language"), max_length=12)
    month = models.DateField(_("month"), help_text=_("The first day of the month it is told in."))
    taken_down = models.BooleanField(_("taken down"), default=False)

    objects = StoryQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        constraints = [models.CheckConstraint(name="story_month_is_a_month", condition=Q(month__day=1))]

    def __str__(self) -> str:
        return self.title

    @transaction.atomic
    def take_down(self) -> None:
        """It is shown nowhere from now on; what was copied of its photos is deleted."""
        Story.objects.filter(pk=self.pk).update(taken_down=True)
        self.photos.all().delete()


class StoryPhoto(models.Model):
    """A photo of a story, as everyone may see it."""

    story = models.ForeignKey(Story, models.PROTECT, related_name="photos", verbose_name=_("story"))
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    description = models.CharField(_("what it shows"), max_length=300)
    width = models.PositiveSmallIntegerField(_("width in pixels"))
    height = models.PositiveSmallIntegerField(_("height in pixels"))
    jpeg = models.BinaryField(editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("photo of a story")
        verbose_name_plural = _("photos of stories")
        constraints = [models.CheckConstraint(name="story_photo_is_described", condition=~Q(description=""))]

    def __str__(self) -> str:
        return self.description

    def get_absolute_url(self) -> str:
        return reverse("appeal:story-photo", args=[self.key])
