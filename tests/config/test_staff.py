import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db
PASSWORD = "seven slow tortoises"
SIGN_IN = "/accounts/login/"


@pytest.fixture
def treasurer() -> User:
    return User.objects.create_superuser("treasurer", password=PASSWORD)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client) -> str:
    """With the password; the address one is sent to."""
    response = client.post(SIGN_IN, {"login": "treasurer", "password": PASSWORD})
    assert response.status_code == 302
    return str(response["Location"])


def code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_nobody_signs_up(client: Client) -> None:
    answer = {"username": "stranger", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get("/accounts/signup/").status_code == 200
    client.post("/accounts/signup/", answer)
    assert not User.objects.exists()
    assert not signed_in(client)


def test_djangos_own_sign_in_gives_way_to_the_one_that_knows_the_second_factor(client: Client, treasurer: User) -> None:
    response = client.post("/staff/login/?next=/staff/", {"username": "treasurer", "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"] == f"{SIGN_IN}?next=/staff/"
    assert not signed_in(client)


def test_staff_without_a_second_factor_are_sent_to_set_one_up(client: Client, treasurer: User) -> None:
    assert sign_in(client) == "/staff/"
    for page in ("/staff/", "/staff/auth/user/"):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"] == "/accounts/2fa/"


def test_a_password_alone_does_not_sign_in_who_has_a_second_factor(client: Client, treasurer: User) -> None:
    TOTP.activate(treasurer, generate_totp_secret())
    assert sign_in(client).startswith("/accounts/2fa/authenticate/")
    assert not signed_in(client)


def test_staff_come_in_with_both(client: Client, treasurer: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(treasurer, secret)
    response = client.post(sign_in(client), {"code": code(secret)})
    assert response.status_code == 302
    assert client.get("/staff/").status_code == 200


def test_who_is_no_staff_does_not_enter_and_is_told_so(client: Client) -> None:
    donor = User.objects.create_user("donor", password=PASSWORD)
    TOTP.activate(donor, generate_totp_secret())
    client.force_login(donor)
    assert client.get("/staff/", follow=True).status_code == 403


def test_nobody_reads_the_secret_of_another_persons_second_factor(client: Client, treasurer: User) -> None:
    other = User.objects.create_user("approver", password=PASSWORD)
    secret = generate_totp_secret()
    factor = TOTP.activate(other, secret).instance
    TOTP.activate(treasurer, generate_totp_secret())
    client.force_login(treasurer)
    page = client.get(f"/staff/mfa/authenticator/{factor.pk}/change/")
    assert page.status_code == 200
    assert factor.data["secret"] not in page.content.decode()
    assert "data" not in page.context["adminform"].form.fields
    assert client.post(f"/staff/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"}).status_code == 302
