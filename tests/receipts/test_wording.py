"""An issuer's words take a few names in braces, and nothing that could reach further."""

import pytest
from django.core.exceptions import ValidationError

from receipts import wording
from receipts.models.text import PLACEHOLDERS
from receipts.schemes import ACKNOWLEDGEMENT, SCHEMES


def test_each_name_is_put_in_and_a_value_is_never_read_as_words() -> None:
    said = {"amount": "5.00", "donor_name": "{amount} {x.y}"}
    assert wording.filled("{donor_name} gave {amount}.", said) == "{amount} {x.y} gave 5.00."


@pytest.mark.parametrize(
    "words", ["{price}", "{amount.minor}", "{amount!r}", "{amount:>9}", "{amount", "}", "{{amount}}", "{}"]
)
def test_anything_else_in_braces_is_refused_in_a_sentence(words: str) -> None:
    with pytest.raises(ValidationError, match=r"\{amount\}"):
        wording.of_a_gift(words)


@pytest.mark.parametrize("code", SCHEMES)
def test_every_template_says_only_what_a_paper_knows(code: str) -> None:
    scheme = SCHEMES[code]
    wording.of_a_gift(scheme.statement)
    wording.check(scheme.annual, wording.OF_A_YEAR)
    wording.of_a_gift(ACKNOWLEDGEMENT)
    for text in scheme.more:
        wording.check(text.words, {str(kind): names for kind, names in PLACEHOLDERS.items()}[text.kind])


@pytest.mark.parametrize("code", SCHEMES)
def test_every_template_names_its_source(code: str) -> None:
    assert SCHEMES[code].source.startswith("https://") or code == "plain"


def test_who_is_no_deductible_gift_recipient_never_implies_it() -> None:
    for words in (SCHEMES["au"].statement, SCHEMES["au"].annual):
        assert "is not a deductible gift recipient" in words
        assert "cannot be claimed" in words
