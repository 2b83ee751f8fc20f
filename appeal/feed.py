"""Stories as an Atom feed. It tells no day: a story's moment is the first of its month."""

from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language

from appeal.sharing import whole
from appeal.told import ToldStory


class InManyLanguages(Atom1Feed):
    """Each entry says its language."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {**super().item_attributes(item), "xml:lang": item["language"]}


def atom(title: str, page: str, address: str, stories: list[dict[str, Any]]) -> bytes:
    made = InManyLanguages(
        title=title, link=page, description="", feed_url=address, language=get_language(), feed_guid=address
    )
    for each in stories:
        add(made, ToldStory.of(each, each["language"]))
    return str(made.writeString("utf-8")).encode()


def add(made: Atom1Feed, story: ToldStory) -> None:
    moment = datetime.combine(story.month, time(), UTC)
    made.add_item(
        title=story.shown.title,
        link=whole(story.path),
        unique_id=whole(story.path),
        description=render_to_string("appeal/feed_entry.html", {"story": story, "site": settings.PUBLIC_URL}),
        categories=[story.appeal],
        pubdate=moment,
        updateddate=moment,
        language=story.shown.language,
    )
