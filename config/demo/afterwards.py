"""What comes after the decision in the demonstration: a grant is accepted, paid, reported on and told of."""

import io

from django.utils import timezone
from PIL import Image, ImageDraw

from appeal.uploads import Upload
from appeal.uploads import read as read_file
from config.demo import story
from grants import awarding, bookkeeping
from grants.models import Figure, Grant, Measure, Onward, PayeeAccount, Photo, Publication, Report, Tranche
from ledger.money import Money


def tell(grant: Grant) -> None:
    """The whole way, in one go."""
    today = timezone.localdate()
    awarding.accept(grant, by="A. N. Other", said="", on=today)
    pay(grant, story.account_of(grant.initiative))
    grant.tranches.get().confirm(today)
    grant.refresh_from_db()
    grant.publication, grant.consent = Publication.NAME_WITHHELD, "By telephone, when they accepted."
    grant.save(update_fields=["publication", "consent"])
    report = grant.reports.get()
    report.save_facts(
        text="We cooked a warm meal a day for a month.", language="en", spent_minor=grant.amount_minor, mode="written"
    )
    Figure.objects.create(report=report, measure=Measure.MEALS, number=6200, estimate=True)
    photo = Photo.objects.keep(report, picture(), "Three pots on a fire, seen from above.", agreed=True)
    report.consent("A. N. Other", today)
    report.submit(timezone.now())
    show(report, "A warm meal a day", {photo.key: photo.description})


def pay(grant: Grant, account: PayeeAccount) -> Tranche:
    """One proposes where to, another approves, the bank sends; a host passes on all but its fee."""
    treasurer, approver = story.person("treasurer"), story.person("approver")
    tranche = grant.tranches.get()
    tranche.redirect_to(account, by=treasurer, at=timezone.now())
    tranche.approve(by=approver, seen=tranche.fingerprint)
    today, reference = timezone.localdate(), f"DEMO-{grant.pk}"
    bookkeeping.pay(tranche, by=treasurer, sent_on=today, bank_reference=reference, wire_fee=Money(2_50, "USD"))
    tranche.refresh_from_db()
    if tranche.awaits_onward:
        Onward.objects.record(
            tranche, by=treasurer, paid_on=today, amount=tranche.arriving, reference=f"HOST-{tranche.pk}"
        )
    return tranche


def show(report: Report, title: str, photos: dict[str, str]) -> None:
    """Accept it, and put its story on the appeal's page."""
    report.accept(by=story.person("committee"))
    report.publish(title=title, text=report.text, language="en", on=timezone.localdate(), photos=photos)


def picture() -> Upload:
    """Drawn, so that nobody is in it."""
    canvas = Image.new("RGB", (1200, 800), "#3b2f2a")
    draw = ImageDraw.Draw(canvas)
    for left, broth in ((90, "#d98c3f"), (450, "#b5502e"), (810, "#e3b04b")):
        draw.ellipse((left, 250, left + 300, 550), fill="#1d1a19", outline="#8a8178", width=14)
        draw.ellipse((left + 34, 284, left + 266, 516), fill=broth)
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=85)
    return read_file("pots.jpg", out.getvalue())
