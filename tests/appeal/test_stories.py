"""Stories: a second person publishes ours, nothing shown is rewritten, what is taken down is gone at once."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from appeal.models import Campaign
from appeal.refusal import Refused
from appeal.stories import Story, StoryTranslation
from appeal.uploads import Upload, read
from tests.appeal import build
from tests.appeal.build import refused, sql
from tests.grants import files

pytestmark = pytest.mark.django_db(transaction=True)
ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAY = date(2026, 5, 1)


def person(name: str) -> User:
    return User.objects.get_or_create(username=name, defaults={"is_staff": True})[0]


def draft(of: Campaign | None = None, **words: str) -> Story:
    told = {"title": "Dry mats", "text": "Every family\n\nhas a mat.", "language": "en"} | words
    return Story.objects.draft(by=person("writer"), on=build.day(), campaign=of or build.campaign(), **told)


def publish(story: Story) -> Story:
    story.publish(by=person("publisher"), at=timezone.now())
    return story


def shown(of: Campaign | None = None, **words: str) -> Story:
    return publish(draft(of, **words))


def of_a_group(of: Campaign, **words: Any) -> Story:
    """As a grant's report becomes one."""
    told = {"title": "Soup", "text": "We cooked.", "language": "en", "month": MAY} | words
    return Story.objects.create(campaign=of, **told)


def picture() -> Upload:
    return read("mats.jpg", files.image("JPEG", (1600, 900)))


def photographed() -> Story:
    story = draft()
    story.add_photo(picture(), "Mats in a row.", consent="Nobody is in it.")
    return publish(story)


def answered(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def text(path: str, **headers: str) -> str:
    answer = answered(path, **headers)
    assert answer.status_code == 200, path
    return " ".join(answer.content.decode().split())


def places(story: Story) -> list[str]:
    """Wherever the public can see a story."""
    slug = story.campaign.slug
    lists = ["/stories/", "/stories.atom", f"/campaigns/{slug}/stories/", f"/campaigns/{slug}/stories.atom"]
    return [*lists, f"/campaigns/{slug}/", story.get_absolute_url()]


# Two people


def test_a_draft_is_shown_nowhere_until_another_person_publishes_it() -> None:
    story = draft()
    assert answered(story.get_absolute_url()).status_code == 404
    assert not any("Dry mats" in text(place) for place in places(story)[:-1])
    publish(story)
    assert all("Dry mats" in text(place) for place in places(story))


def test_whoever_wrote_it_does_not_publish_it() -> None:
    with pytest.raises(Refused, match="another person"):
        draft().publish(by=person("writer"), at=timezone.now())


def test_whoever_wrote_it_last_has_written_it() -> None:
    story = draft()
    story.rewrite(title="Dry", text="Dry.", language="en", by=person("publisher"))
    with pytest.raises(Refused, match="another person"):
        publish(story)
    story.publish(by=person("writer"), at=timezone.now())


def test_what_is_published_is_what_was_read() -> None:
    story = draft()
    Story.objects.get(pk=story.pk).rewrite(title="Dry", text="Dry.", language="en", by=person("writer"))
    with pytest.raises(Refused, match="read it again"):
        publish(story)


def test_the_database_publishes_nothing_by_one_person_alone() -> None:
    story, who = draft(), person("writer").pk
    with refused("story_of_ours_is_published_by_another_person"):
        sql("UPDATE appeal_story SET draft = false, published_by_id = %s, published_at = now()", who)
    with refused("story_of_ours_is_published_by_another_person"):
        sql("UPDATE appeal_story SET draft = false")
    with refused("story_of_ours_begins_as_a_draft"):
        Story.objects.create(
            campaign=story.campaign, title="x", text="x", language="en", month=MAY,
            written_by_id=who, written_at=timezone.now(), published_by=person("publisher"), published_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize("words", ["title = 'x'", "text = 'x'", "language = 'fa'", "draft = true", "key = 'x'"])
def test_nobody_rewrites_what_is_shown(words: str) -> None:
    shown()
    with refused("story_stays_as_it_is_shown"):
        sql(f"UPDATE appeal_story SET {words}")


def test_what_was_taken_down_stays_down() -> None:
    shown().take_down()
    with refused("story_stays_down"):
        sql("UPDATE appeal_story SET taken_down = false")


def test_a_dropped_draft_is_never_published() -> None:
    story = draft()
    story.take_down()
    with pytest.raises(Refused, match="no draft"):
        publish(story)
    with refused("story_stays_down"):
        sql("UPDATE appeal_story SET draft = false, published_by_id = %s, published_at = now()", person("publisher").pk)


def test_a_story_of_an_appeal_that_is_a_draft_waits_for_it() -> None:
    campaign = build.draft()
    story = shown(campaign)
    assert answered(story.get_absolute_url()).status_code == 404
    assert "Dry mats" not in text("/stories/")
    campaign.go_live()
    assert "Dry mats" in text(story.get_absolute_url())


# Correcting


def test_a_correction_takes_the_place_the_photos_and_the_address() -> None:
    first = photographed()
    photo = first.photos.get()
    second = first.correct(title="Dry mats for all", text="All have one.", by=person("writer"), on=build.day())
    assert "Dry mats for all" not in text("/stories/")
    publish(second)
    assert answered(first.get_absolute_url())["Location"] == second.get_absolute_url()
    page = text(second.get_absolute_url())
    assert "corrected" in page
    assert photo.get_absolute_url() in page
    assert answered(photo.get_absolute_url()).status_code == 200
    assert "Every family" not in text(f"/campaigns/{first.campaign.slug}/")
    second.take_down()
    assert answered(first.get_absolute_url())["Location"] == second.get_absolute_url()
    assert answered(second.get_absolute_url()).status_code == 404


def test_what_a_group_told_is_not_rewritten_by_us() -> None:
    with pytest.raises(Refused, match="what a group told"):
        of_a_group(build.campaign()).correct(title="x", text="x", by=person("writer"), on=build.day())


def test_a_story_has_one_correction_at_a_time() -> None:
    story = shown()
    correction = story.correct(title="x", text="x", by=person("writer"), on=build.day())
    with pytest.raises(Refused, match="written already"):
        story.correct(title="y", text="y", by=person("writer"), on=build.day())
    correction.take_down()
    story.correct(title="y", text="y", by=person("writer"), on=build.day())


# Taking down


@pytest.fixture
def kept(settings: Settings) -> Iterator[None]:
    """Pages are kept for long."""
    settings.PAGE_SECONDS = 600
    cache.clear()
    yield
    cache.clear()


def test_what_is_taken_down_is_gone_at_once_from_page_lists_feeds_and_photos_though_pages_are_kept(kept: None) -> None:
    story = photographed()
    photo = story.photos.get()
    whole = [place for place in places(story) if place != story.campaign.get_absolute_url()]
    assert all("Dry mats" in text(place) for place in whole)
    assert answered(photo.get_absolute_url()).status_code == 200
    story.take_down()
    assert not any(b"Dry mats" in answered(place).content for place in whole)
    gone = [story.get_absolute_url(), photo.get_absolute_url(), f"/stories/small/{photo.key}.jpg"]
    assert [answered(place).status_code for place in gone] == [404, 404, 404]
    assert not story.photos.exists()


def test_it_is_gone_from_its_appeals_page_as_soon_as_that_is_made_anew() -> None:
    story = shown()
    story.take_down()
    assert "Dry mats" not in text(story.campaign.get_absolute_url())


def test_a_translation_that_is_taken_away_is_gone_at_once_though_pages_are_kept(kept: None) -> None:
    story = shown()
    made = translated(story)
    page = f"{story.get_absolute_url()}fa/"
    assert "بوریا" in text(page)
    made.take_away()
    assert answered(page).status_code == 404
    assert "فارسی" not in text(story.get_absolute_url())


# Languages


def translated(story: Story, language: str = "fa") -> StoryTranslation:
    made = story.translate(language=language, title="بوریا", text="هر خانواده.", by=person("writer"))
    made.publish(by=person("publisher"), at=timezone.now())
    return made


def test_a_story_is_shown_in_the_readers_language_with_a_way_to_the_original(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    story = shown()
    translated(story)
    page = text(story.get_absolute_url(), accept_language="fa")
    assert '<h1 lang="fa" dir="auto">بوریا</h1>' in page
    assert f'href="{story.get_absolute_url()}en/"' in page
    assert "بوریا" in text(story.campaign.get_absolute_url(), accept_language="fa")
    english = text(story.get_absolute_url(), accept_language="en")
    assert "<title> Dry mats · RefugeesRise" in english
    assert f'href="{story.get_absolute_url()}fa/" hreflang="fa" lang="fa">فارسی</a>' in english
    assert "Dry mats" in text(f"{story.get_absolute_url()}en/", accept_language="fa")


def test_a_language_that_nobody_wrote_has_no_page() -> None:
    assert answered(f"{shown().get_absolute_url()}my/").status_code == 404


def test_a_translation_is_published_by_another_person_and_never_rewritten() -> None:
    made = shown().translate(language="fa", title="بوریا", text="هر خانواده.", by=person("writer"))
    assert "بوریا" not in text("/stories/", accept_language="fa")
    with pytest.raises(Refused, match="another person"):
        made.publish(by=person("writer"), at=timezone.now())
    with refused("story_translation_is_published_by_another_person"):
        sql("UPDATE appeal_storytranslation SET published_by_id = written_by_id, published_at = now()")
    made.publish(by=person("publisher"), at=timezone.now())
    for words in ("title = 'x'", "text = 'x'", "published_at = null, published_by_id = null"):
        with refused("story_translation_stays"):
            sql(f"UPDATE appeal_storytranslation SET {words}")
    made.take_away()
    with refused("story_translation_stays"):
        sql("UPDATE appeal_storytranslation SET taken_down = false")


def test_there_is_one_translation_into_a_language_until_it_is_taken_away() -> None:
    story = shown()
    first = translated(story)
    with pytest.raises(Refused, match="Take it away first"):
        translated(story)
    with refused("story_is_translated_once"):
        sql(
            "INSERT INTO appeal_storytranslation (story_id, language, title, text, written_by_id, written_at)"
            " SELECT story_id, language, title, text, written_by_id, written_at FROM appeal_storytranslation"
        )
    first.take_away()
    translated(story)


# Photos


def test_a_photo_comes_in_two_widths_without_what_the_camera_wrote() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jalan Raya 7, Cisarua"
    out = io.BytesIO()
    Image.new("RGB", (1600, 900), "red").save(out, "JPEG", exif=exif)
    story = draft()
    story.add_photo(read("mats.jpg", out.getvalue()), "Mats.", consent="Nobody is in it.")
    photo = publish(story).photos.get()
    for path, width in ((photo.get_absolute_url(), 800), (f"/stories/small/{photo.key}.jpg", 400)):
        content = answered(path).content
        assert Image.open(io.BytesIO(content)).width == width
        assert b"Cisarua" not in content
        assert not Image.open(io.BytesIO(content)).getexif()
    page = text(story.get_absolute_url())
    assert f'srcset="/stories/small/{photo.key}.jpg 400w, {photo.get_absolute_url()} 800w"' in page


def test_a_photo_comes_in_the_lightest_kind_that_a_browser_knows() -> None:
    story = draft()
    exif = Image.Exif()
    exif[0x010E] = "Jalan Raya 7, Cisarua"
    out = io.BytesIO()
    Image.radial_gradient("L").resize((1600, 900)).convert("RGB").save(out, "JPEG", quality=95, exif=exif)
    story.add_photo(read("mats.jpg", out.getvalue()), "Mats.", consent="Nobody is in it.")
    photo = publish(story).photos.get()
    page = answered(story.get_absolute_url()).content.decode()
    for kind in ("avif", "webp"):
        assert f'type="image/{kind}"' in page
        for where, width in (("", 800), ("small/", 400)):
            address = f"/stories/{where}{photo.key}.{kind}"
            assert f"{address} {width}w" in page
            answer = answered(address)
            assert answer.headers["Content-Type"] == f"image/{kind}"
            shown = Image.open(io.BytesIO(answer.content))
            assert (shown.format, shown.width) == (kind.upper(), width)
            assert not shown.getexif()
            assert b"Cisarua" not in answer.content
            assert len(answer.content) < len(answered(f"/stories/{where}{photo.key}.jpg").content)
            assert Client().get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert page.index("image/avif") < page.index("image/webp") < page.index("<img")
    story.take_down()
    assert answered(f"/stories/{photo.key}.avif").status_code == 404


def test_a_photo_of_before_is_a_jpeg_alone() -> None:
    told = build.campaign().stories.create(
        title="Soup", text="We cooked.", language="en", month=build.day().replace(day=1)
    )
    photo = told.show_photo(picture().content, "Mats.")
    told.photos.update(avif=None, webp=None, small_avif=None, small_webp=None)
    page = answered(told.get_absolute_url()).content.decode()
    assert "<source" not in page
    assert f'src="{photo.get_absolute_url()}"' in page
    assert answered(f"/stories/{photo.key}.avif").status_code == 404
    assert answered(f"/stories/{photo.key}.gif").status_code == 404
    with refused("story_photo_lighter_copies_come_together"):
        told.photos.update(avif=b"x")


def test_the_photo_of_a_draft_has_no_address() -> None:
    story = draft()
    photo = story.add_photo(picture(), "Mats.", consent="Nobody is in it.")
    assert answered(photo.get_absolute_url()).status_code == 404


def test_photos_are_added_before_the_second_person_looks() -> None:
    story = shown()
    with pytest.raises(Refused, match="before another person"):
        story.add_photo(picture(), "Mats.", consent="x")
    with refused("story_photo_comes_before_it_is_shown"):
        story.show_photo(picture().content, "Mats.")


def test_a_photo_more_has_to_be_read_too() -> None:
    story = draft()
    Story.objects.get(pk=story.pk).add_photo(picture(), "Mats.", consent="x")
    with pytest.raises(Refused, match="read it again"):
        publish(story)


def test_who_agreed_to_a_photo_is_on_record_and_on_no_page() -> None:
    story = draft()
    story.add_photo(picture(), "Mats.", consent="Zahra, in a call")
    assert story.photos.get().consent == "Zahra, in a call"
    assert not any("Zahra" in text(place) for place in places(publish(story)))


# Lists and feeds


def test_a_list_goes_on_where_it_stopped_also_after_what_it_stopped_at_is_taken_down() -> None:
    campaign = build.campaign()
    made = [of_a_group(campaign, title=f"Story {number:02}") for number in range(30)]
    first = text("/stories/")
    older = f"/stories/before/{made[18].key}/"
    assert older in first
    assert [f"Story {number:02}" in first for number in (29, 18, 17)] == [True, True, False]
    made[18].take_down()
    second = text(older)
    assert [f"Story {number:02}" in second for number in (18, 17, 6, 5)] == [False, True, True, False]
    assert "/stories/before/" not in text(f"/campaigns/{campaign.slug}/stories/before/{made[6].key}/")


def test_the_list_of_an_appeal_has_no_others() -> None:
    one, other = shown(title="One"), shown(title="Other")
    page = text(f"/campaigns/{one.campaign.slug}/stories/")
    assert "One" in page
    assert "Other" not in page
    assert "Other" in text("/stories/")
    assert other.campaign.title in text("/stories/")


def test_a_page_of_the_list_costs_the_same_however_long_it_is(django_assert_num_queries: Any) -> None:
    campaign = build.campaign()
    for _ in range(20):
        of_a_group(campaign)
    with django_assert_num_queries(2):
        text("/stories/")
    with django_assert_num_queries(3):
        text(f"/campaigns/{campaign.slug}/stories/")


def test_the_feed_is_atom_with_whole_addresses_and_no_day(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://appeal.example"
    story = photographed()
    of_a_group(story.campaign, language="fa", title="آش")
    answer = answered(f"/campaigns/{story.campaign.slug}/stories.atom")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    entries = feed.findall("a:entry", ATOM)
    assert [each.findtext("a:title", None, ATOM) for each in entries] == ["Dry mats", "آش"]
    assert entries[1].get("{http://www.w3.org/XML/1998/namespace}lang") == "fa"
    assert entries[1].findtext("a:updated", None, ATOM) == "2026-05-01T00:00:00+00:00"
    ids = [each.findtext("a:id", "", ATOM) for each in entries]
    links = [each.get("href", "") for each in feed.iter("{http://www.w3.org/2005/Atom}link")]
    assert all(each.startswith("https://appeal.example/") for each in [*ids, *links])
    summary = entries[0].findtext("a:summary", "", ATOM)
    assert f'<img src="https://appeal.example{story.photos.get().get_absolute_url()}"' in summary


def test_stories_leave_no_cookie_and_are_not_sent_twice() -> None:
    for place in places(shown()):
        answer = answered(place)
        assert not answer.cookies
        assert answered(place, if_none_match=answer["ETag"]).status_code == 304


def test_words_of_stories_are_words() -> None:
    sharp = "<script>alert(1)</script>"
    story = shown(title=sharp, text=sharp)
    for place in places(story):
        assert "<script" not in text(place)
    assert "&lt;script" in ET.fromstring(answered("/stories.atom").content).findtext("a:entry/a:summary", "", ATOM)


# For staff


@pytest.fixture
def editors(settings: Settings) -> tuple[Client, Client]:
    from io import StringIO

    from django.core.management import call_command

    settings.STAFF_SECOND_FACTOR = False
    clients = []
    for name in ("first", "second"):
        call_command("staff", person(name).username, role=["editor"], stdout=StringIO())
        client = Client()
        client.force_login(person(name))
        clients.append(client)
    return clients[0], clients[1]


def test_two_editors_write_picture_publish_translate_correct_and_take_down(editors: tuple[Client, Client]) -> None:
    first, second = editors
    campaign = build.campaign()
    words = {"campaign": campaign.pk, "title": "Dry mats", "language": "en", "text": "All have one."}
    first.post("/staff/appeal/story/add/", words)
    story = Story.objects.get()
    step = f"/staff/appeal/story/{story.pk}/step"
    file = SimpleUploadedFile("mats.jpg", files.image("JPEG", (1600, 900)))
    first.post(f"{step}/photo/", {"file": file, "description": "Mats.", "consent": "Nobody is in it."})
    story.refresh_from_db()
    read_at = story.written_at.isoformat() if story.written_at else ""
    assert "data:image/jpeg" in second.get(f"{step}/publish/").content.decode()
    refusal = first.post(f"{step}/publish/", {"read_at": read_at}).content.decode()
    assert "another person has to publish it" in refusal
    assert second.post(f"{step}/publish/", {"read_at": read_at}).status_code == 302
    assert "Dry mats" in text(story.get_absolute_url())
    assert first.post(f"/staff/appeal/story/{story.pk}/change/", words | {"title": "x"}).status_code == 403
    first.post(f"{step}/translate/", {"language": "fa", "heading": "بوریا", "text": "همه."})
    made = StoryTranslation.objects.get()
    published = f"/staff/appeal/storytranslation/{made.pk}/step/publish/"
    second.post(published, {"read_at": made.written_at.isoformat()})
    assert "همه." in text(f"{story.get_absolute_url()}fa/")
    first.post(f"{step}/correct/", {"heading": "Dry mats", "text": "Nearly all have one."})
    assert Story.objects.drafts().get().corrects == story
    first.post(f"{step}/take-down/")
    assert answered(story.get_absolute_url()).status_code == 404


def test_a_step_on_what_was_changed_meanwhile_asks_to_read_again(editors: tuple[Client, Client]) -> None:
    story = draft()
    read_at = story.written_at.isoformat() if story.written_at else ""
    story.rewrite(title="x", text="x", language="en", by=person("writer"))
    page = editors[0].post(f"/staff/appeal/story/{story.pk}/step/publish/", {"read_at": read_at}).content.decode()
    assert "changed since you read it" in page


def test_photos_can_be_taken_away_from_what_is_shown(editors: tuple[Client, Client]) -> None:
    story = photographed()
    editors[0].post(f"/staff/appeal/story/{story.pk}/step/no-photos/")
    assert not story.photos.exists()
    assert "Dry mats" in text(story.get_absolute_url())


def test_an_earlier_story_keeps_its_words_and_gets_an_address() -> None:
    assert len(of_a_group(build.campaign()).key) == 32
    with pytest.raises(IntegrityError), transaction.atomic():
        sql("UPDATE appeal_story SET taken_down = NULL")
