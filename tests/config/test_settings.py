import os
import re
from pathlib import Path

import pytest

from config.embedded import PROJECT
from tests.config.command import manage, setting

REQUIRED = [
    "SECRET_KEY",
    "FIELD_KEYS",
    "PUBLIC_URL",
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "EMAIL_URL",
]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_variable_is_one_sentence_that_says_what_to_set(name: str) -> None:
    done = manage("check", **{name: None})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Set {name} (or {name}_FILE): ")
    assert done.stderr.endswith("See docs/operators.md.\n")
    assert len(done.stderr.splitlines()) == 1


def test_every_variable_is_in_the_operators_handbook_and_no_other() -> None:
    read = re.findall(
        r"""(?:env\.\w+|required|seconds|some_of|fee_estimates|field_keys|checkpoint_keys|framing_sites)\((?:\s*[A-Z]+,)?\s*"([A-Z_]+)\"""",
        (PROJECT / "config" / "settings.py").read_text(),
    )
    told = re.findall(r"^\| `([A-Z_]+)` ", (PROJECT / "docs" / "operators.md").read_text(), re.MULTILINE)
    assert set(told) == set(read)


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("rk_live_from_a_file\n")
    assert (
        setting("STRIPE_SECRET_KEY", STRIPE_SECRET_KEY=None, STRIPE_SECRET_KEY_FILE=str(secret))
        == secret.read_text().strip()
    )


def test_the_database_and_the_broker_come_from_files_too(tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text("postgresql://appeal:secret@db.example/books\n")
    from_file = {"DATABASE_URL": None, "DATABASE_URL_FILE": str(url)}
    assert setting("DATABASES['default']['NAME']", **from_file) == "books"
    url.write_text("redis://broker.example/0\n")
    from_file = {"CELERY_BROKER_URL": None, "CELERY_BROKER_URL_FILE": str(url)}
    assert setting("CELERY_BROKER_URL", **from_file) == "redis://broker.example/0"


def test_several_webhook_secrets_from_a_file(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("whsec_old,whsec_new\n")
    from_file = {"STRIPE_WEBHOOK_SECRETS": None, "STRIPE_WEBHOOK_SECRETS_FILE": str(secrets)}
    assert setting("STRIPE_WEBHOOK_SECRETS", **from_file) == "['whsec_old', 'whsec_new']"


def test_a_secret_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = manage("check", SECRET_KEY_FILE=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert done.stderr == "SECRET_KEY_FILE names a file that cannot be read. See docs/operators.md.\n"


@pytest.mark.parametrize("url", ["sqlite:///books.sqlite3", "mysql://appeal@db.example/books"])
def test_no_database_but_postgresql(url: str) -> None:
    done = manage("check", DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith("Set DATABASE_URL to a PostgreSQL")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("url", ["appeal.example", "ftp://appeal.example", "https://"])
def test_a_public_address_is_a_whole_one(url: str) -> None:
    done = manage("check", PUBLIC_URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith("Set PUBLIC_URL to a whole address")


def test_the_public_address_decides_host_and_cookies() -> None:
    assert setting("ALLOWED_HOSTS") == "['appeal.example']"
    assert setting("SESSION_COOKIE_SECURE") == "True"
    assert setting("SESSION_COOKIE_SECURE", PUBLIC_URL="http://127.0.0.1:8000") == "False"


def test_mail_goes_where_its_address_says(tmp_path: Path) -> None:
    assert setting("MAILERS['default']['OPTIONS']['host']") == "mail.example"
    assert setting("MAILERS['default']['OPTIONS']['use_tls']") == "True"
    into_folder = {"EMAIL_URL": f"filemail:///{tmp_path}"}
    assert setting("MAILERS['default']['OPTIONS']", **into_folder) == f"{{'file_path': '{tmp_path}'}}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIELD_KEYS", "too-short"),
        ("FIELD_KEYS", "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtISE=,x"),
        ("LANGUAGES", "xx"),
        ("LANGUAGES", "zh-cn"),
        ("LANGUAGES", ","),
        ("GIVING_CURRENCIES", "SEK"),
        ("GIVING_CURRENCIES", "USD,usd"),
        ("FEE_ESTIMATES", "EUR"),
        ("FEE_ESTIMATES", "EUR:3.25"),
        ("FEE_ESTIMATES", "EUR:3.25+0.255"),
        ("FEE_ESTIMATES", "EUR:3.255+0.25"),
        ("FEE_ESTIMATES", "EUR:NaN+0.25"),
        ("FEE_ESTIMATES", "EUR:Infinity+0.25"),
        ("FEE_ESTIMATES", "EUR:99+0.25"),
        ("FEE_ESTIMATES", "EUR:1+-0.25"),
        ("FEE_ESTIMATES", "XAU:1+1"),
        ("SETTLE_EVERY", "abc"),
        ("SETTLE_EVERY", "0"),
        ("STRIPE_TIMEOUT", "inf"),
        ("PAGE_SECONDS", "-1"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_we_cannot_work_with_is_one_sentence(name: str, value: str) -> None:
    done = manage("check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Set {name} to ")
    assert done.stderr.endswith("See docs/operators.md.\n")
    assert len(done.stderr.splitlines()) == 1


def test_languages_and_currencies_are_those_that_were_named() -> None:
    assert setting("LANGUAGES", LANGUAGES="fa, prs") == "[('fa', 'فارسی'), ('prs', 'دری')]"
    assert setting("GIVING_CURRENCIES", GIVING_CURRENCIES="THB, USD") == "['THB', 'USD']"


def test_forms_may_lead_to_stripes_pages_and_nowhere_else() -> None:
    assert setting("SECURE_CSP['form-action'][1:]") == "['https://checkout.stripe.com', 'https://billing.stripe.com']"
    own_domain = {"STRIPE_CHECKOUT_ORIGINS": "https://pay.appeal.example"}
    assert setting("SECURE_CSP['form-action'][1:]", **own_domain) == "['https://pay.appeal.example']"


def test_live_mode_follows_the_key() -> None:
    assert setting("STRIPE_LIVEMODE") == "True"
    assert setting("STRIPE_LIVEMODE", STRIPE_SECRET_KEY="sk_test_example") == "False"


def test_deployment_checks_are_clean() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", DATABASE_URL=os.environ["DATABASE_URL"])
    assert done.returncode == 0, done.stderr
    assert done.stdout == "System check identified no issues (0 silenced).\n"


def test_deployment_checks_see_a_plain_http_address() -> None:
    plain = {"PUBLIC_URL": "http://appeal.example", "DATABASE_URL": os.environ["DATABASE_URL"]}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **plain)
    assert done.returncode == 1
    assert "SECURE_SSL_REDIRECT" in done.stderr


def test_calls_of_the_api_are_counted_in_a_redis() -> None:
    done = manage("check", API_COUNTER_URL="amqp://broker.example")
    assert done.returncode == 1
    assert done.stderr.startswith("Set API_COUNTER_URL to a Valkey or Redis")
    assert len(done.stderr.splitlines()) == 1
    assert setting("API_COUNTER_URL", CELERY_BROKER_URL="redis://broker.example/0") == "redis://broker.example/0"


def test_deployment_checks_see_that_nothing_signs_the_open_books() -> None:
    done = manage("check", "--deploy", DATABASE_URL=os.environ["DATABASE_URL"], CHECKPOINT_KEYS=None)
    assert done.returncode == 1
    assert "(config.E002) Set CHECKPOINT_KEYS" in done.stderr


def test_a_key_of_the_open_books_that_is_damaged_stops_the_start() -> None:
    done = manage("check", CHECKPOINT_KEYS="PRIVATE+KEY+appeal.example/log+00000000+AA==")
    assert done.stderr.startswith("Set CHECKPOINT_KEYS to keys made by `manage.py checkpoint_key`")
    assert len(done.stderr.splitlines()) == 1
