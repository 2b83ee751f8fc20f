"""The open books: leaves that are only ever added, the tree that PostgreSQL grows over them, and its signed states."""

from typing import Self

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class LeafHash(Func):
    """RFC 6962's hash of a leaf, by PostgreSQL itself: it cannot differ from the bytes."""

    template = r"sha256('\x00'::bytea || %(expressions)s)"
    output_field = models.BinaryField()


class LeafKind(models.TextChoices):
    RECEIPT = "receipt", _("receipt")
    EVENT = "event", _("end of a receipt")
    LEDGER = "ledger", _("day of the journal")
    REPORT = "report", _("report")
    KEY = "key", _("key")


class LogLeafQuerySet(models.QuerySet["LogLeaf"]):
    def of(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def size(self) -> int:
        """How many leaves there are. They are numbered from 0, with none missing."""
        last = self.order_by("-index").values_list("index", flat=True).first()
        return 0 if last is None else last + 1


class LogLeaf(models.Model):
    """One thing that is in the log, once. PostgreSQL refuses a gap, a change, and a leaf that is not of its words."""

    index = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10, choices=LeafKind)
    key = models.CharField(max_length=200)
    body = models.TextField(help_text="Canonical JSON: what the leaf is made of.")
    salt = models.BinaryField(null=True)
    leaf = models.BinaryField()
    leaf_hash = models.GeneratedField(
        expression=LeafHash(F("leaf")), output_field=models.BinaryField(), db_persist=True
    )
    stored_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    objects = LogLeafQuerySet.as_manager()

    class Meta:
        verbose_name = _("leaf of the open books")
        verbose_name_plural = _("leaves of the open books")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="log_leaf_once", fields=["kind", "key"]),
            models.CheckConstraint(name="log_leaf_names_its_thing", condition=~Q(key="") & Q(index__gte=0)),
        ]
        indexes = [models.Index(name="log_leaf_by_hash", fields=["leaf_hash"])]

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"


class LogNode(models.Model):
    """A subtree that is whole, and so never changes. A trigger writes it with the leaf that completes it."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        verbose_name = _("subtree of the open books")
        verbose_name_plural = _("subtrees of the open books")
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="log_node_once", fields=["level", "index"])]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class SignedCheckpointQuerySet(models.QuerySet["SignedCheckpoint"]):
    def current(self) -> "SignedCheckpoint | None":
        return self.order_by("-size").first()

    def covering(self, index: int) -> "SignedCheckpoint | None":
        """The newest, if this leaf is in it."""
        return self.filter(size__gt=index).order_by("-size").first()


class SignedCheckpoint(models.Model):
    """The log as it was, signed. Each is larger than the one before, and of the tree that PostgreSQL has."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    key = models.CharField(max_length=300)
    stored_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    objects = SignedCheckpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        default_permissions = ()
        constraints = [models.CheckConstraint(name="checkpoint_of_a_leaf_at_least", condition=Q(size__gt=0))]

    def __str__(self) -> str:
        return str(self.size)

    @property
    def origin(self) -> str:
        """The log's name: the first line that is signed."""
        return self.note.partition("\n")[0]

    @property
    def root_letters(self) -> str:
        """The root as the checkpoint writes it."""
        return self.note.split("\n")[2]
