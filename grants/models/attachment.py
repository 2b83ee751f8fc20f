"""Files that a group sends beside its words. They lie in the database, sealed: in the same transactions and backups."""

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import SealedBinaryField, SealedTextField
from appeal.uploads import MEDIA_TYPES, MOST_BYTES, Kind, Upload
from appeal.uploads.names import MOST_LETTERS
from grants.models.application import Application
from grants.models.keys import new_key

MOST = 10
MOST_SEALED = MOST_BYTES * 4 // 3 + 200


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def keep(self, application: Application, upload: Upload) -> "Attachment":
        """Beside the words of a draft; Refused where there are ten already, or it has been sent."""
        with transaction.atomic():
            application.save_facts()
            if application.attachments.count() >= MOST:
                raise Refused(_("There are ten files already. Take one away first."))
            facts = {"name": upload.name, "kind": upload.kind, "size": upload.size, "sha256": upload.sha256}
            return self.create(application=application, **facts, content=upload.content)


class AttachmentManager(models.Manager.from_queryset(AttachmentQuerySet)):  # type: ignore[misc]
    """A list of attachments loads no contents: each is loaded when it is asked for."""

    def get_queryset(self) -> AttachmentQuerySet:
        found: AttachmentQuerySet = super().get_queryset().defer("content")
        return found


class Attachment(models.Model):
    """One file, as it was cleaned. Its key names it in addresses; its name is for people to read."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="attachments")
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    name = SealedTextField(_("name"), max_length=MOST_LETTERS)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    content = SealedBinaryField(editable=False)
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    objects = AttachmentManager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            models.CheckConstraint(name="attachment_is_named", condition=Q(name__empty=False)),
            models.CheckConstraint(name="attachment_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="attachment_size_is_bounded", condition=Q(size__range=(1, MOST_BYTES))),
            models.CheckConstraint(
                name="attachment_content_is_bounded", condition=LessThanOrEqual(Length("content"), MOST_SEALED)
            ),
            models.CheckConstraint(name="attachment_sha256_is_hex", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return self.key

    def take_away(self) -> None:
        with transaction.atomic():
            self.application.save_facts()
            self.delete()

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[Kind(self.kind)]
