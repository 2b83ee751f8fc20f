"""The text that the page of staff begins with, as long as there is none. Whoever publishes it has made it their own."""

from typing import Any

OPENING = """\
Most decisions about the lives of people who had to flee are still made without them. We who sign this hold that \
people with lived experience of displacement have the right to take part, in earnest and from the beginning, wherever \
their lives are discussed, planned and decided.

Nothing about us without us."""

POINTS = """\
We bring refugees in from the beginning: before a question is put, a plan is written or money is set aside.
We make room where decisions are made: seats with a vote, and never one seat for show.
We resource refugee-led initiatives directly, with money they can plan with and no more paper than the law asks for.
We pay for expertise and time, and for travel, childcare and interpretation, as we do for any other expert.
We keep those who take part safe: they say what is known of them, and nobody is worse off for having spoken.
We make it possible to take part: in languages, at hours and in places that people can reach, with papers or without.
We tell every year what we did, what we did not do, and what we learned from refugees."""

TEXT: dict[str, Any] = {
    "version": 1,
    "language": "en",
    "title": "Refugee Participation Pledge",
    "opening": OPENING,
    "points": POINTS,
    "closing": "We sign of our own will, and want to be measured by what we do.",
    "support_question": "If you are not a refugee: how will you support and amplify refugee-led initiatives?",
    "together_question": "If you are a refugee: how can we strengthen our communities together?",
}
