"""What of a withheld group reaches the public by stories, feeds, shared links, pictures and boxes: nothing."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from appeal.stories import Story, StoryPhoto
from appeal.uploads import read
from grants import reporting
from grants.models import Photo, Publication, Report
from tests.grants import build, files

pytestmark = pytest.mark.django_db(transaction=True)
SECRETS = ("Hope School of Cisarua", "Jalan Raya 7", "hope@example.org", "REG-77", "Zahra", "Winter coats")


@pytest.fixture(autouse=True)
def _at_once(settings: Settings) -> None:
    settings.PAGE_SECONDS = 0


def told(publication: Publication = Publication.AGGREGATE) -> Report:
    """A group that nobody may name has told something, and agreed that it is shown without its name."""
    group = build.initiative(
        name=SECRETS[0], place=SECRETS[1], email=SECRETS[2], registration=SECRETS[3], contact=SECRETS[4]
    )
    paid = build.sent(of=build.grant(to=group, purpose=SECRETS[5], publication=publication))
    paid.grant.campaign.go_live()
    reporting.schedule(paid.grant, timezone.localdate())
    report: Report = paid.grant.reports.get()
    report.save_facts(text="In Cisarua, Zahra gave out coats.", language="en", spent_minor=1, mode="written")
    photo = Photo.objects.keep(report, read("zahra.jpg", files.image("JPEG", (1600, 900))), "Zahra.", agreed=True)
    report.consent(SECRETS[4], timezone.localdate())
    report.submit(timezone.now())
    report.accept(by=build.person())
    words = {"title": "Coats for sixty", "text": "We gave out coats.", "language": "en"}
    report.publish(**words, on=timezone.localdate(), photos={photo.key: "Coats on a line."})
    made: Story = report.story  # type: ignore[assignment]
    translation = made.translate(language="fa", title="شصت پالتو", text="پالتو دادیم.", by=build.person())
    translation.publish(by=build.person(), at=timezone.now())
    return report


def public(of: Campaign, story: Story, photo: StoryPhoto) -> dict[str, bytes]:
    """Every byte that the public is sent of an appeal and its stories, headers too."""
    here = f"/campaigns/{of.slug}/"
    parts = (
        "",
        "stories/",
        "stories.atom",
        "card.png",
        "widget/",
        "spread/",
        "poster/",
        "poster.pdf",
        "qr.svg",
        "qr.png",
    )
    places = ["/", "/stories/", "/stories.atom", "/card.png", *(here + part for part in parts)]
    places += [story.get_absolute_url(), f"{story.get_absolute_url()}fa/", f"/stories/before/{story.key}/"]
    places += [photo.get_absolute_url(), f"/stories/small/{photo.key}.jpg"]
    answers = {place: Client().get(place) for place in places}
    return {place: answer.content + str(answer.headers).encode() for place, answer in answers.items()}


def test_no_public_byte_names_a_group_that_is_withheld() -> None:
    report = told()
    story: Story = report.story  # type: ignore[assignment]
    answers = public(report.grant.campaign, story, story.photos.get())
    assert b"Coats for sixty" in answers[story.get_absolute_url()]
    named = {place for place, seen in answers.items() for secret in SECRETS if secret.encode() in seen}
    assert named == set()
    places = [place for place in answers for secret in (report.grant.reference, report.key) if secret in place]
    assert places == []


@pytest.mark.parametrize("less", ["consent is taken back", "embargo"])
def test_what_may_not_be_shown_any_more_is_gone_from_every_one_of_them(less: str) -> None:
    report = told()
    story: Story = report.story  # type: ignore[assignment]
    photo = story.photos.get()
    if less == "embargo":
        reporting.hide_stories_of(report.grant)
    else:
        report.withdraw_consent()
    answers = public(report.grant.campaign, story, photo)
    shown = {place for place, seen in answers.items() for word in ("Coats", "شصت", "پالتو") if word.encode() in seen}
    assert shown == set()
    for place in (story.get_absolute_url(), photo.get_absolute_url(), f"/stories/small/{photo.key}.jpg"):
        assert Client().get(place).status_code == 404


def test_the_address_of_a_story_tells_nothing_of_its_grant() -> None:
    report = told()
    story: Story = report.story  # type: ignore[assignment]
    assert len(story.key) == 32
    assert story.key not in {report.key, report.grant.key, report.grant.reference}
