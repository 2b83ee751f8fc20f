"""Stories as pages show them, in the reader's language where there is one, read from one query (`stories.as_told`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.urls import reverse
from django.utils.translation import get_language

from appeal.languages import is_read_by, own_name
from appeal.sharing import Picture, Share, in_short, whole


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    key: str
    description: str
    width: int
    height: int
    small_width: int | None
    lighter: bool
    """Whether there are copies of newer kinds; those of before have none."""

    @property
    def path(self) -> str:
        return reverse("appeal:story-photo", args=[self.key, "jpg"])

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Media type and addresses, the lightest first."""
        kinds = ("avif", "webp") if self.lighter else ()
        return [(f"image/{kind}", self.widths(kind)) for kind in kinds]

    @property
    def narrower(self) -> str:
        """The addresses of both widths, if there are two."""
        return self.widths("jpg") if self.small_width else ""

    def widths(self, kind: str) -> str:
        whole = f"{reverse('appeal:story-photo', args=[self.key, kind])} {self.width}w"
        small = reverse("appeal:story-photo-small", args=[self.key, kind])
        return f"{small} {self.small_width}w, {whole}" if self.small_width else whole


@dataclass(frozen=True, slots=True)
class Version:
    """A story in one language, at an address of its own."""

    language: str
    title: str
    text: str
    path: str

    @property
    def name(self) -> str:
        return own_name(self.language)


@dataclass(frozen=True, slots=True)
class ToldStory:
    key: str
    shown: Version
    original: Version
    others: tuple[Version, ...]
    month: date
    appeal: str
    slug: str
    ours: bool
    corrected: bool
    photos: tuple[ShownPhoto, ...]

    @classmethod
    def of(cls, told: dict[str, Any], language: str = "") -> Self:
        """In this language, or the reader's, or else as it was told."""
        versions = [version(told["key"], words) for words in (told, *told["translations"])]
        shown = best(versions, language or get_language() or "")
        return cls(
            key=told["key"],
            shown=shown,
            original=versions[0],
            others=tuple(each for each in versions if each is not shown),
            month=date.fromisoformat(told["month"]),
            appeal=told["appeal"],
            slug=told["slug"],
            ours=told["ours"],
            corrected=told["corrected"],
            photos=tuple(ShownPhoto(**photo) for photo in told["photos"]),
        )

    @property
    def path(self) -> str:
        return reverse("appeal:story", args=[self.key])

    @property
    def is_translated(self) -> bool:
        return self.shown is not self.original


def version(key: str, words: dict[str, Any]) -> Version:
    path = reverse("appeal:story-in", args=[key, words["language"]])
    return Version(words["language"], words["title"], words["text"], path)


def best(versions: Sequence[Version], language: str) -> Version:
    """The very language before another kind of it; the original where nobody has written either."""
    exact = (each for each in versions if each.language == language)
    near = (each for each in versions if is_read_by(each.language, language))
    return next(exact, None) or next(near, None) or versions[0]


@dataclass(frozen=True, slots=True)
class StoryPage:
    story: ToldStory
    share: Share

    @classmethod
    def of(cls, told: dict[str, Any], language: str = "") -> Self:
        story = ToldStory.of(told, language)
        appeal = Share.of_appeal(story.slug, story.appeal, words="")
        pictures = [
            Picture(whole(photo.path), photo.width, photo.height, photo.description) for photo in story.photos[:1]
        ]
        share = Share(
            title=story.shown.title,
            words=in_short(story.shown.text),
            address=whole(story.shown.path if language else story.path),
            picture=[*pictures, appeal.picture][0],
            feed=appeal.feed,
            kind="article",
        )
        return cls(story, share)


@dataclass(frozen=True, slots=True)
class StoryList:
    """Newest first, from one place on; `older` leads to the rest."""

    appeal: str
    slug: str
    stories: tuple[ToldStory, ...]
    older: str
    share: Share
