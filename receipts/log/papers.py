"""Receipts in the open books: each when its PDF is made, and its end when it is void or replaced."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from receipts.log.appending import append
from receipts.models import LeafKind, LogLeaf, Receipt
from receipts.models.log import LogLeafQuerySet

AT_ONCE = 500
VOID, REPLACED = "void", "replaced"


def log_receipt(receipt: Receipt) -> LogLeaf:
    """The receipt as it was issued, and the digest of its PDF."""
    return append(kind=LeafKind.RECEIPT, key=receipt.number, body=snapshot(receipt))


def snapshot(receipt: Receipt) -> dict[str, Any]:
    """What its donor holds in their hands. Who they are is in the PDF alone."""
    return {
        "number": receipt.number,
        "amount_minor": receipt.amount_minor,
        "currency": receipt.currency,
        "purpose": receipt.purpose,
        "given_on": receipt.given_on.isoformat(),
        "issued_on": receipt.issued_on.isoformat(),
        "issuer": receipt.issuer.legal_name,
        "replaces": receipt.replaces.number if receipt.replaces else None,
        "files": {f"{receipt.number}.pdf": receipt.document.sha256},
    }


def catch_up() -> int:
    """Log what is not logged yet: ends of receipts, and receipts from before there was a log. How many."""
    whole = Receipt.objects.select_related("issuer", "document", "replaces", "replaced_by").order_by("pk")
    made = [log_receipt(receipt) for receipt in unlogged(whole.exclude(document=None))[:AT_ONCE]]
    void = whole.filter(voided_at__isnull=False)
    ended = [log_end(receipt, VOID) for receipt in unlogged(void, VOID)[:AT_ONCE]]
    replaced = whole.filter(replaced_by__isnull=False)
    followed = [log_end(receipt, REPLACED) for receipt in unlogged(replaced, REPLACED)[:AT_ONCE]]
    return len(made) + len(ended) + len(followed)


def unlogged(receipts: "QuerySet[Receipt]", event: str = "") -> "QuerySet[Receipt]":
    if event:
        leaf = LogLeaf.objects.of(LeafKind.EVENT).filter(key=Concat(OuterRef("number"), Value(f" {event}")))
    else:
        leaf = LogLeaf.objects.of(LeafKind.RECEIPT).filter(key=OuterRef("number"))
    return receipts.exclude(Exists(leaf))


def log_end(receipt: Receipt, event: str) -> LogLeaf:
    assert receipt.voided_at is not None  # noqa: S101 (a replaced one is void: the database says so)
    body = {"event": event, "number": receipt.number}
    if event == VOID:
        body["on"] = receipt.voided_at.date().isoformat()
    elif following := receipt.replacement():
        body["by"] = following.number
    return append(kind=LeafKind.EVENT, key=f"{receipt.number} {event}", body=body)


def leaves_of(receipt: Receipt) -> LogLeafQuerySet:
    """All that the log has about one receipt."""
    return LogLeaf.objects.filter(
        key__in=[receipt.number, f"{receipt.number} {VOID}", f"{receipt.number} {REPLACED}"],
        kind__in=[LeafKind.RECEIPT, LeafKind.EVENT],
    ).order_by("index")
