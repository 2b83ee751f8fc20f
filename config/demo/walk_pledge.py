"""A signature's whole way: the form, the mailed link, its button, staff, the certificate, and back again."""

import secrets
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from appeal.pledge import signing
from appeal.pledge.listing import Numbers
from appeal.pledge.signatures import Signature, SignatureState
from config.demo import pledge, story
from config.demo.walking import Walk, hidden_fields, require

SIGN = "appeal:pledge-sign"


def blank_form(walk: Walk) -> dict[str, str]:
    pledge.text()
    return hidden_fields(walk.get(reverse(SIGN)).text)


def go(walk: Walk, form: dict[str, str]) -> None:
    """The form was shown a while ago, as to a person."""
    email = f"{secrets.token_hex(4)}@example.org"
    words = {"kind": "person", "name": f"Leila {email[:4]}", "shown": "name", "email": email, "token": form["token"]}
    walk.send(reverse(SIGN), words)
    signature, public = Signature.objects.of_address(email).get(), reverse("appeal:pledge-signers")
    link = urlsplit(signing.confirm_address(signature, timezone.now())).path
    walk.get(link)
    signature.refresh_from_db()
    require(signature.state == SignatureState.ASKED, "to open the link signs nothing")
    walk.send(link, {})
    signature.refresh_from_db()
    signature.accept(by=story.person("editor"))
    require(signature.name in walk.get(public).text, "who wants to be shown is shown")
    paper = walk.get(reverse("receipts:pledge-certificate", args=[own(signature)])).content
    require(paper.startswith(b"%PDF") and email.encode() not in paper, "the certificate is a PDF without the address")
    walk.step(
        "The pledge is signed by a mailed link, and counts once staff have read it",
        f"{Numbers.now().total} signatures of version {signature.text.version}, certificate of {len(paper):,} bytes",
    )
    walk.send(reverse("appeal:pledge-withdraw", args=[own(signature)]), {})
    require(words["name"] not in walk.get(public).text, "who withdraws is gone at once")
    walk.step("… and is withdrawn: nothing of it is public", f"{Numbers.now().total} signatures")


def own(signature: Signature) -> str:
    return signing.OWN.token(signature.reference, timezone.now())
