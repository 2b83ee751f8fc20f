"""What we tell of an appeal ourselves, with a photo: one editor writes and translates it, the other publishes."""

import io

from django.utils import timezone
from PIL import Image, ImageDraw

from appeal.models import Campaign
from appeal.stories import Story
from appeal.uploads import Upload
from appeal.uploads import read as read_file
from config.demo import story

TITLE = "The first boats are back"
TEXT = (
    "On Tuesday the water fell below the lowest step for the first time. Three boats brought mats, pots and dry clothes"
    " from the other bank.\n\nWho came back first hung a lamp on the jetty, so that the others find it at night."
)
IN_PERSIAN = (
    "نخستین قایق‌ها برگشتند",
    (
        "روز سه‌شنبه آب برای نخستین بار از پایین‌ترین پله پایین‌تر رفت."
        " سه قایق بوریا، دیگ و لباس خشک از آن سوی رود آوردند."
        "\n\nهر که زودتر برگشت چراغی بر اسکله آویخت تا دیگران شب راه را پیدا کنند."
    ),
)


def tell(campaign: Campaign) -> Story:
    """Told once, and found again at the next start."""
    if told := Story.objects.filter(campaign=campaign, title=TITLE).first():
        return told
    writer, publisher = story.person("editor"), story.person("publisher")
    today = timezone.localdate()
    told = Story.objects.draft(by=writer, on=today, campaign=campaign, title=TITLE, text=TEXT, language="en")
    told.add_photo(picture(), "A lamp on a jetty at night; its light lies on the water.", consent="Nobody is in it.")
    told.publish(by=publisher, at=timezone.now())
    title, text = IN_PERSIAN
    translated = told.translate(language="fa", title=title, text=text, by=writer)
    translated.publish(by=publisher, at=timezone.now())
    return told


def picture() -> Upload:
    """Drawn, so that nobody is in it."""
    canvas = Image.new("RGB", (1200, 800), "#16213a")
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 470, 1200, 800), fill="#0f3040")
    for row in range(6):
        reach = 300 - 40 * row
        draw.rounded_rectangle((620 - reach, 500 + 46 * row, 620 + reach, 516 + 46 * row), 8, fill="#c98a2b")
    draw.polygon([(0, 560), (560, 470), (600, 470), (0, 680)], fill="#3b2f2a")
    draw.rectangle((596, 210, 606, 480), fill="#2a211d")
    draw.ellipse((556, 170, 686, 300), fill="#ffd27a")
    draw.rectangle((592, 205, 650, 275), fill="#ffb000")
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=85)
    return read_file("lamp.jpg", out.getvalue())
