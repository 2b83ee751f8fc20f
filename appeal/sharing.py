"""What a page says of itself where it is passed on: words, its whole address, and a picture. No script is asked."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

MOST_LETTERS = 200


def whole(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


@dataclass(frozen=True, slots=True)
class Picture:
    address: str
    width: int
    height: int
    shows: str


@dataclass(frozen=True, slots=True)
class Share:
    """Addresses are whole."""

    title: str
    words: str
    address: str
    picture: Picture
    feed: str
    kind: str = "website"

    @classmethod
    def of_home(cls) -> Self:
        return cls(
            title="RefugeesRise",
            words=_(
                "An emergency appeal run by refugees, for refugees. Give, and check to the cent what became of it."
            ),
            address=whole(reverse("appeal:home")),
            picture=card(reverse("appeal:house-card"), "RefugeesRise"),
            feed=whole(reverse("appeal:feed")),
        )

    @classmethod
    def of_appeal(cls, slug: str, title: str, words: str, path: str = "") -> Self:
        return cls(
            title=title,
            words=words,
            address=whole(path or reverse("appeal:campaign", args=[slug])),
            picture=card(reverse("appeal:card", args=[slug]), title),
            feed=whole(reverse("appeal:feed-of", args=[slug])),
        )


def card(path: str, title: str) -> Picture:
    return Picture(whole(path), 1200, 630, title)


def in_short(text: str) -> str:
    """The beginning of a text, in one line."""
    return Truncator(" ".join(text.split())).chars(MOST_LETTERS)
