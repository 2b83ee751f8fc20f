"""No request brings more than the largest file that a page takes."""

import pytest
from django.test import Client

from config.limits import MOST_BYTES


def test_a_body_that_is_too_large_is_refused_unread_and_in_words() -> None:
    unread = b""
    answer = Client().generic(
        "POST", "/grants/resume/", unread, "multipart/form-data; boundary=x", CONTENT_LENGTH=str(MOST_BYTES + 1)
    )
    assert answer.status_code == 413
    assert "larger than we can take" in answer.content.decode()


@pytest.mark.parametrize("address", ["/grants/award/%00/", "/award/%00.pdf", "/grants/calls/x/?invitation=%00"])
def test_a_letter_that_no_address_has_is_refused_and_no_crash(address: str) -> None:
    assert Client().get(address).status_code == 400
