"""A new issuer profile begins with the words and rules of its scheme, which its people then change as they need."""

from typing import Any

from django.db import transaction

from receipts.models import IssuerProfile, IssuerText, RequiredField, TextKind
from receipts.schemes import ACKNOWLEDGEMENT, SCHEMES, Words, first_version


def form_of(code: str) -> dict[str, Any]:
    """What the form of a new profile shows first."""
    scheme = SCHEMES[code]
    named = ("jurisdiction", "statement", "language", "time_zone", "year_begins", "currency")
    return {"scheme": code} | {name: getattr(scheme, name) for name in named}


@transaction.atomic
def fill(profile: IssuerProfile) -> None:
    """The scheme's other texts and its required fields, where the profile has none of its own."""
    if not profile.texts.exists():
        IssuerText.objects.bulk_create(texts_of(profile))
    if not profile.required.exists():
        fields = SCHEMES[profile.scheme].required
        RequiredField.objects.bulk_create(RequiredField(issuer=profile, field=field) for field in fields)


def texts_of(profile: IssuerProfile) -> list[IssuerText]:
    scheme = SCHEMES[profile.scheme]
    words = (
        Words(TextKind.STATEMENT, scheme.language, scheme.annual),
        Words(TextKind.ACKNOWLEDGEMENT, "en", ACKNOWLEDGEMENT),
        *(text for text in scheme.more if (text.kind, text.language) != (TextKind.RECEIPT, profile.language)),
    )
    version = first_version(profile.scheme)
    return [
        IssuerText(issuer=profile, kind=text.kind, language=text.language, words=text.words, version=version)
        for text in words
    ]
