"""A question that every give form answers while challenge mode is on: four numbers in words, to be typed as digits.

It needs no JavaScript, no picture, no sound and nobody else's service; a screen reader reads it out, and the answer may
be typed in any script's digits.

What it stops: programs that repeat a recorded form, or know only the usual fields; guessing, as a wrong answer
counts like a gift that was started. What it does not stop: a program written for this page, in its language; no
question that everybody can answer stops that one. What it has to pay for is internet connections and browsers, as in
challenge mode each declined card fills their buckets three times as fast (`donations.testers`).
"""

import unicodedata

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

LENGTH = 4
# With a context of their own: Django's catalogues have some of these words, and would mix two languages.
DIGITS = (
    pgettext_lazy("digit", "zero"),
    pgettext_lazy("digit", "one"),
    pgettext_lazy("digit", "two"),
    pgettext_lazy("digit", "three"),
    pgettext_lazy("digit", "four"),
    pgettext_lazy("digit", "five"),
    pgettext_lazy("digit", "six"),
    pgettext_lazy("digit", "seven"),
    pgettext_lazy("digit", "eight"),
    pgettext_lazy("digit", "nine"),
)


def question(token: str) -> str:
    """The question that belongs to this form and no other: with the form's token, it is good for one gift."""
    words = [str(DIGITS[int(digit)]) for digit in digits(token)]
    return _("Type these four numbers as digits: %(words)s") % {"words": pgettext("between digits", ", ").join(words)}


def answered(token: str, typed: str) -> bool:
    return constant_time_compare(digits(token), as_digits(typed))


def digits(token: str) -> str:
    number = int(salted_hmac("donations.challenge", token, algorithm="sha256").hexdigest(), 16)
    return f"{number % 10**LENGTH:0{LENGTH}}"


def as_digits(typed: str) -> str:
    """The digits in it, of any script, as 0 to 9."""
    return "".join(str(unicodedata.digit(sign)) for sign in typed if sign.isdecimal())
