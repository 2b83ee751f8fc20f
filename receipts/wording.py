"""Words of an issuer with a few names in braces that stand for what one paper says, and nothing else in braces.

The words are plain text: they are never markup, and a name in braces reaches no attribute and no format.
"""

import re
from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

OF_ANY_PAPER = frozenset(
    {"donor_name", "amount", "number", "issued_on", "legal_name", "registration", "signatory", "place_of_issue"}
)
OF_A_GIFT = OF_ANY_PAPER | {"eligible_amount", "advantage", "given_on", "purpose"}
OF_A_YEAR = OF_ANY_PAPER | {"first_day", "last_day"}
OF_A_REPLACEMENT = frozenset({"number", "replaces", "issued_on", "legal_name"})
OF_NOBODY_YET = frozenset({"legal_name", "registration"})
NAME = re.compile(r"\{([a-z_]+)\}")


def check(words: str, allowed: Collection[str]) -> None:
    """ValidationError says which name in braces is none of those allowed, and which there are."""
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    for name in NAME.findall(words):
        if name not in allowed:
            raise ValidationError(
                _("“{%(name)s}” stands for nothing here. You can use: %(names)s."),
                params={"name": name, "names": names},
            )
    if set("{}") & set(NAME.sub("", words)):
        raise ValidationError(
            _("Braces stand only around one of these names: %(names)s."),
            params={"names": names},
        )


def of_a_gift(words: str) -> None:
    check(words, OF_A_GIFT)


def filled(words: str, values: Mapping[str, str]) -> str:
    """Each name in braces by its value. A value is put in as it is: braces in it stand for nothing."""
    return NAME.sub(lambda found: values.get(found[1], found[0]), words)
