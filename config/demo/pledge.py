"""The pledge of the demonstration: its text in two languages, and those who signed it. All of them are invented."""

from dataclasses import asdict, dataclass

from django.utils import timezone

from appeal.pledge import signing
from appeal.pledge.signatures import Signature
from appeal.pledge.suggestion import TEXT
from appeal.pledge.texts import PledgeText
from config.demo import story

IN_PERSIAN = {
    "language": "fa",
    "title": "پیمان مشارکت پناهندگان",
    "opening": """\
بیشتر تصمیم‌ها دربارهٔ زندگی کسانی که ناچار به گریز شده‌اند هنوز بدون خود آنان گرفته می‌شود. ما امضاکنندگان باور \
داریم کسانی که آوارگی را زیسته‌اند حق دارند هر جا که دربارهٔ زندگی‌شان گفت‌وگو، برنامه‌ریزی و تصمیم‌گیری می‌شود، \
از آغاز و به‌راستی سهم داشته باشند.

هیچ چیز دربارهٔ ما بدون ما.""",
    "points": """\
پناهندگان را از آغاز همراه می‌کنیم: پیش از آن که پرسشی طرح، برنامه‌ای نوشته یا پولی کنار گذاشته شود.
جایی که تصمیم گرفته می‌شود جا باز می‌کنیم: کرسی با حق رأی، و هرگز یک کرسی برای نمایش.
به ابتکارهای زیر رهبری پناهندگان مستقیم منابع می‌دهیم: پولی که بتوان با آن برنامه ریخت، \
و نه بیش از کاغذی که قانون می‌خواهد.
برای تخصص و وقت، و برای رفت‌وآمد، نگهداری کودک و ترجمه پول می‌دهیم، همان گونه که به هر کارشناس دیگری.
از کسانی که شرکت می‌کنند محافظت می‌کنیم: خودشان می‌گویند چه از آنان دانسته شود، \
و کسی برای سخنش زیان نمی‌بیند.
مشارکت را ممکن می‌کنیم: به زبان‌ها، در ساعت‌ها و در جاهایی که مردم به آن دسترس دارند، با مدرک یا بی مدرک.
هر سال می‌گوییم چه کردیم، چه نکردیم، و از پناهندگان چه آموختیم.""",
    "closing": "به خواست خود امضا می‌کنیم، و می‌خواهیم ما را با آنچه می‌کنیم بسنجند.",
    "support_question": "اگر پناهنده نیستید: چگونه از ابتکارهای زیر رهبری پناهندگان پشتیبانی می‌کنید؟",
    "together_question": "اگر پناهنده هستید: چگونه می‌توانیم با هم جامعه‌های‌مان را نیرومندتر کنیم؟",
}


@dataclass(frozen=True)
class Hand:
    kind: str
    name: str
    email: str
    country: str = ""
    contact: str = ""
    shown: str = "words"
    support: str = ""
    together: str = ""


HANDS = (
    Hand("organisation", "Lamplight Legal Clinic", "clinic@example.org", "ID", "Farid A., coordinator",
         together="By training each other: whoever has won a case teaches the next ten how."),
    Hand("funder", "Harbour Foundation", "grants@example.org", "AU", "J. Park, director",
         support="Half of our grants go straight to groups led by refugees, for three years at a time, and two of the"
         " five who decide are refugees."),
    Hand("government", "City of Kita, office for newcomers", "newcomers@example.org", "JP", "M. Sato, head of office",
         support="We pay our refugee advisers as we pay other experts, and publish what became of their advice."),
    Hand("organisation", "Nine Lanes Youth Club", "lanes@example.org", "MY", "Htet K., chair", shown="name"),
    Hand("person", "مینا رضایی", "mina.r@example.org", "AU",
         together="با ساختن کتابخانه‌ای از تجربه‌های‌مان، به زبان خودمان."),
    Hand("person", "Tom Okafor", "t.okafor@example.org", "NZ",
         support="I bring my neighbours to their meetings, and listen."),
    *(Hand("person", "", f"quiet{number}@example.org", "MY", shown="hidden") for number in range(1, 5)),
    Hand("person", "", "quiet5@example.org", "TH", shown="hidden"),
)  # fmt: skip


def text() -> PledgeText:
    """Written by one person and published by another; found again at the next start."""
    if found := PledgeText.objects.for_reader("en"):
        return found
    for words in (TEXT, TEXT | IN_PERSIAN):
        draft = PledgeText.objects.create(**words, prepared_by=story.person("editor"))
        draft.publish(by=story.person("committee"))
    return PledgeText.objects.get(language="en")


def tell() -> None:
    """One more has confirmed, and waits for the editor."""
    if not Signature.objects.exists():
        signed = text()
        for hand in HANDS:
            sign(signed, hand).accept(by=story.person("editor"))
        sign(
            signed, Hand("organisation", "Roof Kitchen Women's Circle", "circle@example.org", "TH", "A. N., treasurer")
        )


def sign(signed: PledgeText, hand: Hand) -> Signature:
    now = timezone.now()
    signing.ask(signed, asdict(hand), "en", now)
    return signing.confirm(Signature.objects.of_address(hand.email).latest("pk"), now)
