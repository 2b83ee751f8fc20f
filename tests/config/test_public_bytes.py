"""Whoever reads all that is public, page by page and file by file, finds nobody who is not to be found."""

import io
import re
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from PIL import Image

from appeal.pledge.signatures import Signature
from appeal.sealed import SealedTextField
from donations.models import Donation
from tests.receipts import paper
from tests.world import SECRETS, crawl, published

pytestmark = pytest.mark.django_db(transaction=True)


def secrets() -> set[str]:
    """What lies sealed in any table, and who gave; but not what those who signed the pledge want to be shown."""
    found = {*SECRETS.values(), *Donation.objects.values_list("email", flat=True)}
    found |= {*Donation.objects.values_list("name", flat=True)}
    for model in apps.get_models():
        sealed = [each.attname for each in model._meta.concrete_fields if isinstance(each, SealedTextField)]
        for row in model._default_manager.values_list(*sealed) if sealed else ():
            found |= {*row}
    agreed = Signature.objects.listed().values_list("name", "support", "together")
    return {each for each in found if each and len(each) > 3} - {each for row in agreed for each in row}


def readable(answer: Any) -> str:
    """All that is said in it, also where it is packed."""
    content, kind = b"".join(answer) if answer.streaming else answer.content, answer.headers.get("Content-Type", "")
    if kind.startswith("application/pdf"):
        return paper.text(content) + paper.title(content) + content.decode("latin-1")
    if kind.startswith("image/") and "svg" not in kind:
        picture = Image.open(io.BytesIO(content))
        return f"{picture.info} {dict(picture.getexif())}"
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return " ".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return content.decode("utf-8", "replace")


def test_nobody_is_found_in_any_public_byte_who_does_not_want_to_be(client: Client) -> None:
    published()
    hidden = secrets()
    assert len(hidden) > 15
    told, kinds = {}, set()
    for address, answer in crawl(client, ["/"]):
        said = readable(answer)
        kinds.add(answer.headers.get("Content-Type", "").partition(";")[0])
        if names := [each for each in hidden if each in said or each in re.sub(r"\s+", " ", said)]:
            told[address] = names
    assert told == {}
    assert kinds >= {"text/html", "application/pdf", "application/json", "application/xml", "image/png", "text/csv"}


def test_the_look_would_find_somebody(client: Client) -> None:
    published()
    signer = Signature.objects.listed().latest("pk")
    assert any(signer.name in readable(answer) for _address, answer in crawl(client, ["/pledge/signers/"], files=False))
