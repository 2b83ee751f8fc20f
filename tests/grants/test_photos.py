"""Photos beside a report: shown to nobody unless the group agreed to each, small when shown, gone when taken back."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from appeal.stories import StoryPhoto
from appeal.uploads import read
from grants import reporting
from grants.models import Photo, Refused, Report
from tests.grants import build, files
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _settings(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    settings.PAGE_SECONDS = 0


def report() -> Report:
    grant = build.sent().grant
    reporting.schedule(grant, timezone.localdate())
    return grant.reports.get()


def add(to: Report, name: str = "soup.jpg", content: bytes = b"", **said: str) -> Any:
    """What the page answers."""
    file = SimpleUploadedFile(name, content or files.image("JPEG", (1600, 900)))
    given = {"do": "add", "file": file, "description": "Soup is given out.", **said}
    return Client().post(f"{to.get_absolute_url()}photos/", given)


def page(of: Report) -> str:
    return Client().get(of.get_absolute_url()).content.decode()


def sent(**said: str) -> Report:
    """With two photos, the first of which may be shown."""
    made = report()
    add(made, agreed="on")
    add(made, "inside.png", files.png(), description="Inside.")
    told = {"do": "send", "text": "We cooked.", "language": "en", "mode": "written", "spent": "10"}
    Client().post(made.get_absolute_url(), told | {"shown": "on", "consent_of": "Zahra"} | said)
    made.refresh_from_db()
    made.accept(by=build.person())
    return made


def published(made: Report, **words: str) -> None:
    photos = {photo.key: words.get(photo.description.split()[0], photo.description) for photo in made.photos.all()}
    made.publish(title="Soup", text="We cooked.", language="en", on=build.DAY, photos=photos)
    made.grant.campaign.go_live()


def test_a_photo_is_added_by_the_link_and_taken_away_again() -> None:
    made = report()
    assert add(made, agreed="on").status_code == 302
    kept = made.photos.get()
    assert (kept.description, kept.agreed, kept.kind) == ("Soup is given out.", True, "jpg")
    assert "1 photo" in page(made)
    seen = Client().get(f"{made.get_absolute_url()}photos/{kept.key}/")
    assert Image.open(io.BytesIO(seen.content)).size == (1600, 900)
    assert seen["Content-Disposition"].startswith("attachment")
    Client().post(f"{made.get_absolute_url()}photos/", {"do": "take-away", "key": kept.key})
    assert not made.photos.exists()


def test_who_goes_to_the_photos_loses_no_word() -> None:
    made = report()
    answer = Client().post(made.get_absolute_url(), {"do": "photos", "text": "We cooked.", "mode": "written"})
    assert answer["Location"] == f"{made.get_absolute_url()}photos/"
    assert "We cooked." in page(made)


def test_only_pictures_with_words_are_taken() -> None:
    made = report()
    assert "one of these: JPG, PNG" in add(made, "plan.pdf", files.pdf()).content.decode()
    assert "not a real picture" in add(made, "plan.jpg", files.pdf()).content.decode()
    assert "what it shows" in add(made, description="").content.decode()
    assert not made.photos.exists()


def test_five_at_most_also_at_once_and_none_once_it_is_sent() -> None:
    made, upload = report(), read("a.png", files.png())

    def keep() -> Photo:
        kept: Photo = Photo.objects.keep(made, upload, "Soup.", agreed=False)
        return kept

    refusals = at_once([keep] * 8)
    assert (made.photos.count(), len(refusals)) == (5, 3)
    assert "five photos already" in refusals[0]
    with pytest.raises(IntegrityError, match="five photos at most"):
        sql(
            "INSERT INTO grants_photo (report_id, key, kind, description, agreed, content, stored_at)"
            " VALUES (%s, 'x', 'png', 'x', true, 'x', now())",
            made.pk,
        )
    over = sent()
    with pytest.raises(Refused, match="cannot change any more"):
        over.photos.all()[0].take_away()
    for change in (
        "DELETE FROM grants_photo WHERE report_id = %s",
        "UPDATE grants_photo SET agreed = true WHERE report_id = %s",
    ):
        with pytest.raises(IntegrityError, match="stays as it was sent"):
            sql(change, over.pk)


def test_who_reads_the_database_sees_nothing() -> None:
    add(report())
    with connection.cursor() as cursor:
        cursor.execute("SELECT description, content FROM grants_photo")
        description, content = cursor.fetchone()
    assert "Soup" not in description
    assert bytes(content).startswith(b"gAAAA")


def test_the_public_sees_what_the_group_agreed_to_and_no_more_small_and_with_words() -> None:
    made = sent()
    published(made, Soup="People queue for soup.")
    shown = StoryPhoto.objects.get()
    appeal = Client().get(made.grant.campaign.get_absolute_url()).content.decode()
    assert f'src="{shown.get_absolute_url()}"' in appeal
    assert 'alt="People queue for soup."' in appeal
    assert "Inside." not in appeal
    seen = Client().get(shown.get_absolute_url())
    picture = Image.open(io.BytesIO(seen.content))
    assert (picture.format, picture.size) == ("JPEG", (shown.width, shown.height)) == ("JPEG", (800, 450))
    assert seen["Cache-Control"] == "no-cache"
    assert Client().get(shown.get_absolute_url(), headers={"if-none-match": seen["ETag"]}).status_code == 304


def test_a_photo_without_words_is_not_shown() -> None:
    published(sent(), Soup="")
    assert not StoryPhoto.objects.exists()


def test_what_is_taken_back_is_gone_from_our_pages_and_from_our_tables() -> None:
    made = sent()
    published(made)
    address = StoryPhoto.objects.get().get_absolute_url()
    Client().post(made.get_absolute_url(), {"do": "withdraw"})
    assert Client().get(address).status_code == 404
    assert not StoryPhoto.objects.exists()


def test_staff_look_at_the_photos_and_say_what_they_show() -> None:
    made, client = sent(), Client()
    client.force_login(User.objects.create_superuser("editor"))
    photo = made.photos.to_show().get()
    address = f"/staff/grants/report/{made.pk}/photo/{photo.key}/"
    row = client.get(f"/staff/grants/report/{made.pk}/change/").content.decode()
    assert row.count("<img") == 2
    assert client.get(address).status_code == 200
    step = client.get(f"/staff/grants/report/{made.pk}/step/publish/").content.decode()
    assert address in step
    assert "Soup is given out." in step
    told = {"heading": "Soup", "language": "en", "text": "We cooked.", photo.key: "People queue."}
    client.post(f"/staff/grants/report/{made.pk}/step/publish/", told)
    assert StoryPhoto.objects.get().description == "People queue."
