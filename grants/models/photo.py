"""Photos that a group sends with a report: sealed, and shown to nobody unless the group agreed to each by itself."""

from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import SealedBinaryField, SealedTextField
from appeal.uploads import MEDIA_TYPES, PICTURES, Kind, Upload
from grants.models.attachment import MOST_SEALED
from grants.models.keys import new_key
from grants.models.report import Report

MOST = 5


class PhotoQuerySet(models.QuerySet["Photo"]):
    @transaction.atomic
    def keep(self, report: Report, upload: Upload, description: str, *, agreed: bool) -> "Photo":
        """Beside a report that is being written; Refused where there are five already, or it has been sent."""
        report.hold_open()
        if report.photos.count() >= MOST:
            raise Refused(_("There are five photos already. Take one away first."))
        facts = {"kind": upload.kind, "content": upload.content, "description": description, "agreed": agreed}
        return self.create(report=report, **facts)

    def to_show(self) -> Self:
        """Those that the group agreed to."""
        return self.filter(agreed=True)


class PhotoManager(models.Manager.from_queryset(PhotoQuerySet)):  # type: ignore[misc]
    """A list of photos loads no contents: each is loaded when it is asked for."""

    def get_queryset(self) -> PhotoQuerySet:
        found: PhotoQuerySet = super().get_queryset().defer("content")
        return found


class Photo(models.Model):
    report = models.ForeignKey(Report, models.PROTECT, related_name="photos", verbose_name=_("report"))
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    kind = models.CharField(_("kind"), max_length=4, choices=[(kind.value, kind.label) for kind in PICTURES])
    description = SealedTextField(_("what it shows"), max_length=300)
    agreed = models.BooleanField(_("everybody in it agrees that it is shown"), default=False)
    content = SealedBinaryField(editable=False)
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    objects = PhotoManager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        constraints = [
            models.CheckConstraint(name="photo_is_described", condition=Q(description__empty=False)),
            models.CheckConstraint(name="photo_is_a_picture", condition=Q(kind__in=[*PICTURES])),
            models.CheckConstraint(
                name="photo_content_is_bounded", condition=LessThanOrEqual(Length("content"), MOST_SEALED)
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @transaction.atomic
    def take_away(self) -> None:
        self.report.hold_open()
        self.delete()

    @property
    def name(self) -> str:
        """What it is saved as."""
        return f"{self.key[:8]}.{self.kind}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[Kind(self.kind)]
