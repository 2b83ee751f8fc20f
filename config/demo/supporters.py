"""What some donors of the demonstration say along with their gifts: for everyone, and in memory of somebody."""

import datetime
import time

from django.utils import timezone

from appeal.models import Campaign
from config.demo import story
from donations.models import Donation, Tribute, WallEntry
from donations.models.stayed import has_stayed

WORDS = {
    "leila@example.org": ("Leila", "From one who was carried across once."),
    "megumi@example.org": ("恵", "皆さんの無事を祈っています。"),
    "mina@example.org": ("مینا", "به امید روزهای بهتر"),
    "tom@example.org": ("The people of Almond Street", "Our street collected this. Keep going."),
}
UNREAD = "hamish@example.org", "Kia kaha. More about us at almond-street.example"
PATIENCE = 20  # seconds, until Stripe has told us of the gifts


def tell(campaign: Campaign) -> None:
    """Told once, of gifts that have come; one entry waits for a person, and one card for its day."""
    if WallEntry.objects.exists():
        return
    for email, (name, message) in WORDS.items():
        if gift := arrived(campaign, email):
            entry = WallEntry.objects.write(gift, name=name, message=message)
            entry.show(by=story.person("editor"), seen=entry.turn)
    if gift := arrived(campaign, UNREAD[0]):
        WallEntry.objects.write(gift, name="", message=UNREAD[1])
        Tribute.objects.write(
            gift,
            kind="memory",
            honoured="Nana Aroha",
            address="whanau@example.org",
            send_on=timezone.localdate() + datetime.timedelta(days=7),
            sender="Hamish",
            message="She never let anybody leave her house hungry.",
        )


def arrived(campaign: Campaign, email: str) -> Donation | None:
    """The gift from this address, once it has come."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        gift = campaign.donations.filter(email=email).first()
        if gift is None or has_stayed(gift):
            return gift
        time.sleep(0.2)
    return None
