"""What donors write for others is plain text of any script, and leads nowhere else."""

import pytest

from donations.words import name_an_address, plain


@pytest.mark.parametrize(
    "text",
    ["Kia kaha.", "به امید روزهای بهتر", "می‌خواهم", "皆さんの無事を祈っています。", "မင်္ဂလာပါ", "❤️‍🔥", "<b>1 & 2</b>"],
)
def test_any_script_stays_as_it_was_written(text: str) -> None:
    assert plain(text) == text


def test_what_would_turn_the_page_around_or_cannot_be_seen_is_left_out() -> None:
    assert plain("a\u202egnp.b\u2066c\u0000d\x1be\ufefff") == "agnp.bcdef"
    assert plain("  one\r\n two\tthree ") == "one two three"


def test_lines_stay_where_they_are_wanted_and_never_many_empty_ones() -> None:
    assert plain("Dear Omid,\r\n\r\n\r\n\r\n thank  you.\n", lines=True) == "Dear Omid,\n\nthank you."


@pytest.mark.parametrize(
    "text",
    [
        *("https://thief.example", "Look: www.thief.example", "thief.example/win", "go to Thief.COM now", "t.me/thief"),
        *("write to me@thief.example", "javascript://x", "пример.рф", "thief。com", "bit.ly"),
    ],
)
def test_what_could_be_an_address_is_noticed(text: str) -> None:
    assert name_an_address("", text)


@pytest.mark.parametrize(
    "text", ["", "Thank you. We care.", "3.50 a day…", "你好。谢谢你们", "@home", "e. g. this", "10:30"]
)
def test_a_sentence_is_no_address(text: str) -> None:
    assert not name_an_address(text)
