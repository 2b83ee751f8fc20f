"""Joining, the whole way: the form, the mailed link, its button, staff, all that is held, and its end."""

import secrets
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from appeal.joining import asking
from appeal.joining.requests import JoinRequest, JoinState
from config.demo import story
from config.demo.walking import Walk, hidden_fields, require

FORM = ("appeal:join-ask", ["refugee"])


def blank_form(walk: Walk) -> dict[str, str]:
    return hidden_fields(walk.get(reverse(FORM[0], args=FORM[1])).text)


def go(walk: Walk, form: dict[str, str]) -> None:
    """The form was shown a while ago, as to a person."""
    email = f"{secrets.token_hex(4)}@example.org"
    words = {"name": "Zohra", "email": email, "words": "I teach.", "agreed": "on", "token": form["token"]}
    walk.send(reverse(FORM[0], args=FORM[1]), words)
    request = JoinRequest.objects.of_address(email).get()
    link = urlsplit(asking.confirm_address(request, timezone.now())).path
    walk.get(link)
    request.refresh_from_db()
    require(request.state == JoinState.ASKED, "to open the link sends nothing")
    walk.send(link, {})
    request.refresh_from_db()
    request.welcome(by=story.person("editor"))
    token = asking.OWN.token(request.reference, timezone.now())
    held = walk.get(reverse("appeal:join-data", args=[token])).json()
    require(held["email"] == email, "who joins reads all that is held of them")
    walk.step("A refugee joins by a mailed link", f"{len(held)} values are held of them, for them to read")
    walk.send(reverse("appeal:join-erase", args=[token]), {})
    require(email not in walk.get(reverse("appeal:join-data", args=[token])).text, "what is erased is gone at once")
    walk.step("… and erases it: nothing tells who it was", f"{JoinRequest.objects.standing().count()} others stand")
