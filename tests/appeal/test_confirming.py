"""Links that confirm, and forms that a person fills in: for one purpose, and for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from appeal.confirming import MailedLink, ShownForm, Unfit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def test_a_link_names_what_it_was_made_for_until_its_end() -> None:
    link = MailedLink("a", good_for=AN_HOUR)
    token = link.token("row", NOW)
    assert link.name_in(token, NOW + timedelta(minutes=59)) == "row"
    assert link.name_in(token, NOW + AN_HOUR) is None


def test_a_link_without_an_end_stays_good() -> None:
    link = MailedLink("a")
    assert link.name_in(link.token("row", NOW), NOW + timedelta(days=4000)) == "row"


@pytest.mark.parametrize("token", ["", "x", "x:y", "é", "\x00", "a" * 5000])
def test_what_is_no_link_of_ours_names_nothing(token: str) -> None:
    assert MailedLink("a").name_in(token, NOW) is None


def test_a_link_for_one_purpose_is_none_for_another() -> None:
    token = MailedLink("a").token("row", NOW)
    assert MailedLink("b").name_in(token, NOW) is None
    assert MailedLink("a").name_in(token[:-1], NOW) is None


@pytest.mark.parametrize(("seconds", "fits"), [(2, False), (3, True), (7200, True), (7201, False), (-5, False)])
def test_a_form_comes_back_as_soon_and_as_late_as_from_a_person(seconds: int, fits: bool) -> None:
    form = ShownForm("a")
    token, then = form.token("text 1", NOW), NOW + timedelta(seconds=seconds)
    if fits:
        assert form.about(token, then) == "text 1"
    else:
        with pytest.raises(Unfit):
            form.about(token, then)


def test_a_form_of_ours_alone_comes_back() -> None:
    with pytest.raises(Unfit):
        ShownForm("a").about(ShownForm("b").token("text 1", NOW), NOW + AN_HOUR)
