"""Those who ask to join the network of the demonstration. All of them are invented."""

from django.utils import timezone

from appeal.joining import asking
from appeal.joining.forms import CONSENTS
from appeal.joining.requests import JoinRequest, Kind
from config.demo import story

GIVEN = (
    (
        Kind.REFUGEE,
        "Zohra",
        "zohra@example.org",
        "MY",
        "I taught physics for nine years, and would like to teach again.",
    ),
    (Kind.GROUP, "Lantern Sewing Circle", "lantern@example.org", "ID", "Nine women who sew school uniforms."),
    (Kind.VOLUNTEER, "Tomás Rey", "tomas@example.org", "NZ", "I translate from Spanish and keep books."),
)


def tell() -> None:
    """One is a member, one is written to, one waits for the editor."""
    if JoinRequest.objects.exists():
        return
    volunteer, group, _waits = (ask(*given) for given in reversed(GIVEN))
    editor = story.person("editor")
    volunteer.welcome(by=editor)
    group.talk(by=editor)


def ask(kind: Kind, name: str, email: str, country: str, words: str) -> JoinRequest:
    now = timezone.now()
    given = {"name": name, "contact": "Farida" if kind == Kind.GROUP else "", "email": email, "country": country}
    asking.ask(kind, given | {"words": words}, str(CONSENTS[kind]), "en", now)
    return asking.confirm(JoinRequest.objects.of_address(email).latest("pk"), now)
