"""What anybody may see of those who sign, as values: names of those who want it, and numbers that expose nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.db.models import Count, Q

from appeal.countries import country_names
from appeal.pledge.signatures import Kind, Shown, Signature, SignatureQuerySet
from appeal.pledge.texts import PledgeText

FEW = 3
"""Of so many who are not shown, none can be told from the others."""
A_PAGE = 24
FIRST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Signer:
    """As they wish to be seen. What they wrote is empty unless they want it shown."""

    name: str
    kind: str
    country: str
    signed_on: date
    support: str
    together: str
    did: str

    @classmethod
    def of(cls, signature: Signature, countries: dict[str, str]) -> Self:
        """Of one that is listed."""
        words = signature.shown == Shown.WORDS
        return cls(
            name=signature.name,
            kind=signature.get_kind_display(),
            country=countries.get(signature.country, signature.country),
            signed_on=signature.signed_on or signature.created_at.date(),
            support=signature.support if words else "",
            together=signature.together if words else "",
            did=signature.did if words and signature.did_shown_at else "",
        )


@dataclass(frozen=True, slots=True)
class Numbers:
    total: int
    kinds: tuple[tuple[str, int], ...]
    countries: tuple[tuple[str, int], ...]
    elsewhere: int
    """Those of no country, and those of countries where too few sign without being shown."""

    @classmethod
    def now(cls) -> Self:
        accepted = Signature.objects.accepted().order_by()
        kinds = dict(accepted.values_list("kind").annotate(Count("pk")))
        names = country_names()
        listed, hidden = Count("pk", filter=~Q(shown=Shown.HIDDEN)), Count("pk", filter=Q(shown=Shown.HIDDEN))
        rows = accepted.exclude(country="").values_list("country").annotate(listed=listed, hidden=hidden)
        told = {names.get(country, country): number for country, *both in rows if (number := tellable(*both))}
        total = sum(kinds.values())
        return cls(
            total=total,
            kinds=tuple((str(kind.label), kinds[kind]) for kind in Kind if kind in kinds),
            countries=tuple(sorted(told.items())),
            elsewhere=total - sum(told.values()),
        )


def tellable(listed: int, hidden: int) -> int:
    """How many of a country are said: whoever subtracts those listed by name is left with nobody, or with a few."""
    return listed + (hidden if hidden >= FEW else 0)


@dataclass(frozen=True, slots=True)
class PledgePage:
    text: PledgeText
    texts: Sequence[PledgeText]
    """Of this version, in all languages."""
    latest: int
    versions: Sequence[PledgeText]
    """One of each version, the newest first."""
    numbers: Numbers
    signers: tuple[Signer, ...]

    @classmethod
    def of(cls, text: PledgeText) -> Self:
        published = list(PledgeText.objects.published())
        one_each = {each.version: each for each in reversed(published)}
        return cls(
            text=text,
            texts=[each for each in published if each.version == text.version],
            latest=max(one_each),
            versions=[one_each[number] for number in sorted(one_each, reverse=True)],
            numbers=Numbers.now(),
            signers=signers(Signature.objects.listed()[:FIRST_ROWS]),
        )

    @property
    def is_current(self) -> bool:
        return self.text.version == self.latest


def signers(signatures: SignatureQuerySet) -> tuple[Signer, ...]:
    names = country_names()
    return tuple(Signer.of(signature, names) for signature in signatures)


@dataclass(frozen=True, slots=True)
class SignersPage:
    signers: tuple[Signer, ...]
    kind: str
    country: str
    kinds: tuple[tuple[str, Any], ...]
    countries: tuple[tuple[str, str], ...]
    more_after: str
    """Where the next page begins; empty on the last one."""

    @classmethod
    def of(cls, kind: str, country: str, after: str) -> Self:
        """Of this kind and country, where there are such; newest first, after the one with this reference."""
        listed = Signature.objects.listed().order_by("-pk")
        names = country_names()
        there = set(listed.order_by().exclude(country="").values_list("country", flat=True).distinct())
        kind, country = kind if kind in Kind else "", country if country in there else ""
        rows = listed.filter(**{name: value for name, value in (("kind", kind), ("country", country)) if value})
        if last := Signature.objects.filter(reference=after).first():
            rows = rows.filter(pk__lt=last.pk)
        found = list(rows[: A_PAGE + 1])
        return cls(
            signers=tuple(Signer.of(signature, names) for signature in found[:A_PAGE]),
            kind=kind,
            country=country,
            kinds=tuple(Kind.choices),
            countries=tuple((code, name) for code, name in names.items() if code in there),
            more_after=found[A_PAGE - 1].reference if len(found) > A_PAGE else "",
        )
