"""The code on a bank transfer: found however it is written, and never taken for another appeal's."""

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal import transfer_code
from appeal.models import Campaign
from tests.appeal import build

CODES = st.builds(transfer_code.new)
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


@given(CODES)
def test_one_mistyped_character_makes_no_other_code(code: str) -> None:
    for place in range(6):
        for other in set(transfer_code.ALPHABET) - {code[place]}:
            typed = code[:place] + other + code[place + 1 :]
            assert transfer_code.check(typed[:5]) != typed[5]


@given(CODES)
def test_two_neighbours_swapped_make_no_other_code(code: str) -> None:
    for place in range(5):
        typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert typed == code or transfer_code.check(typed[:5]) != typed[5]


@given(code=CODES, before=st.text(), after=st.text(), joint=st.sampled_from(["", " ", "-", ".", " - ", "–", "/", "\n"]))
@settings(max_examples=200)
def test_it_is_found_however_it_is_written(code: str, before: str, after: str, joint: str) -> None:
    for written in (code, code.lower(), code.translate(WIDE), joint.join(code), transfer_code.spaced(code).lower()):
        assert code in transfer_code.found_in(f"{before} {written} {after}", [code])


@pytest.mark.parametrize("text", ["", "winter appeal", "2026-11-22", "IE29 AIBK 9311 5212 3456 78", "K7M-2X"])
def test_a_text_without_it_holds_none(text: str) -> None:
    assert transfer_code.found_in(text, ["KTM2XP", "RN5MRF"]) == set()


def test_two_codes_in_one_text_are_both_found() -> None:
    assert transfer_code.found_in("ktm2xp or rn5mrf?", ["KTM2XP", "RN5MRF", "CC2222"]) == {"KTM2XP", "RN5MRF"}


@pytest.mark.django_db
def test_each_campaign_starts_with_its_own() -> None:
    codes = {build.draft().transfer_code for _each in range(20)}
    assert len(codes) == 20
    assert all(transfer_code.check(code[:5]) == code[5] for code in codes)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["", "ktm2xp", "KTM2X0", "202611"])
def test_the_database_takes_no_other_shape(code: str) -> None:
    campaign = build.draft()
    with pytest.raises(IntegrityError, match="campaign_transfer_code_is_one"):
        Campaign.objects.filter(pk=campaign.pk).update(transfer_code=code)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["appeal:campaign", "donations:give"])
def test_it_is_shown_to_the_public_only_beside_bank_details(address: str) -> None:
    with_bank, without = build.campaign(bank_details="Example Trust\nBank 00 11 22"), build.campaign()
    shown, hidden = (Client().get(reverse(address, args=[each.slug])).content.decode() for each in (with_bank, without))
    assert with_bank.written_transfer_code in shown
    assert "Example Trust<br>Bank 00 11 22" in shown
    assert without.written_transfer_code not in hidden
    assert "bank transfer" not in hidden
