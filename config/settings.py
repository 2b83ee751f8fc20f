"""All settings, from the environment. Every NAME may also come from a file: NAME_FILE=/run/secrets/name.

Each variable is explained in docs/operators.md.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from cryptography.fernet import Fernet
from django.conf import global_settings, locale
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from environ import Env, FileAwareMapping

from config import catalogues
from donations.fees import Estimate, with_these
from donations.limits import LIMITS
from receipts.notes import Signer
from receipts.verify import Refusal

django_stubs_ext.monkeypatch()  # lets admin classes name their model: ModelAdmin[Campaign]

BASE_DIR = Path(__file__).resolve().parent.parent
A_DAY = 24 * 3600


class Environment(FileAwareMapping):  # type: ignore[misc]
    """The process's environment, where NAME_FILE stands for NAME; the line end that editors add is not part of it."""

    def __getitem__(self, name: str) -> str:
        try:
            value: str = super().__getitem__(name)
        except (OSError, UnicodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that cannot be read. See docs/operators.md."
            ) from error
        return value.strip()


env = Env()
env.ENVIRON = Environment()


def required(name: str, purpose: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE): {purpose}. See docs/operators.md.")
    return value


def seconds(name: str, default: float, least: float = 0.1) -> float:
    value: str = env.str(name, default=str(default))
    with suppress(ValueError):
        if least <= (number := float(value)) <= A_DAY:
            return number
    raise ImproperlyConfigured(
        f"Set {name} to a number of seconds from {least} to {A_DAY}, not to {value}. See docs/operators.md."
    )


def some_of(known: Collection[str], name: str, default: list[str]) -> list[str]:
    """A list of at least one item, and of known ones only."""
    chosen = [item.strip() for item in env.list(name, default=default)]
    if not chosen or not set(chosen) <= set(known):
        raise ImproperlyConfigured(
            f"Set {name} to some of {', '.join(sorted(known))}, separated by commas. See docs/operators.md."
        )
    return chosen


def fee_estimates(name: str) -> dict[str, Estimate]:
    with suppress(ValueError):
        return with_these(env.list(name, default=[]))
    raise ImproperlyConfigured(
        f"Set {name} to fees like EUR:3.25+0.25 (per cent and units), separated by commas. See docs/operators.md."
    )


def field_keys(name: str) -> list[str]:
    """Keys of Fernet: 32 random bytes each, in URL-safe base64."""
    required(name, "keys that seal contacts and bank accounts; `openssl rand -base64 32 | tr +/ -_` makes one")
    keys: list[str] = env.list(name)
    with suppress(ValueError):
        return [key for key in keys if Fernet(key)]
    raise ImproperlyConfigured(
        f"Set {name} to keys made by `openssl rand -base64 32 | tr +/ -_`, separated by commas. See docs/operators.md."
    )


def checkpoint_keys(name: str) -> list[str]:
    """Keys as `manage.py checkpoint_key` makes them."""
    keys: list[str] = [key.strip() for key in env.list(name, default=[])]
    with suppress(Refusal):
        return [str(Signer.read(key)) for key in keys]
    raise ImproperlyConfigured(
        f"Set {name} to keys made by `manage.py checkpoint_key`, separated by commas. See docs/operators.md."
    )


def framing_sites(name: str, default: list[str]) -> list[str]:
    """Origins as `frame-ancestors` takes them: `*`, `none`, or addresses without a path."""
    sites: list[str] = [site.strip() for site in env.list(name, default=default)]
    if sites == ["none"]:
        return [CSP.NONE]
    if not sites or not all(re.fullmatch(r"\*|https?://[\w.*-]+(:\d+)?", site) for site in sites):
        raise ImproperlyConfigured(
            f"Set {name} to *, to none, or to sites like https://news.example, separated by commas."
            " See docs/operators.md."
        )
    return sites


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "a long random text that signs links, forms and sessions")
FIELD_KEYS = field_keys("FIELD_KEYS")
CHECKPOINT_KEYS = checkpoint_keys("CHECKPOINT_KEYS")  # the first signs; another is being replaced
PUBLIC_URL = required("PUBLIC_URL", "the address people reach this service at, like https://appeal.example").rstrip("/")
if urlsplit(PUBLIC_URL).scheme not in {"http", "https"} or not urlsplit(PUBLIC_URL).hostname:
    raise ImproperlyConfigured("Set PUBLIC_URL to a whole address, like https://appeal.example. See docs/operators.md.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(PUBLIC_URL).hostname])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# Rooms are listed lowest first; before the packages, because the first template and static file of a name is taken.
ROOMS = ["ledger", "appeal", "donations", "grants", "receipts", "config"]
INSTALLED_APPS = [
    *ROOMS,
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "config.logs.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "config.limits.BodyLimit",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.staff.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.staff.SecondFactorMiddleware",
    "config.staff.HistoryMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- data -----------------------------------------------------------------------------------------------------------

required("DATABASE_URL", "the PostgreSQL to use, such as postgresql://user:password@host/name; `make demo` brings one")
DATABASES = {"default": env.db("DATABASE_URL")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "Set DATABASE_URL to a PostgreSQL: the books are guarded by its triggers. See docs/operators.md."
    )
DATABASES["default"] |= {
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": DATABASES["default"].get("OPTIONS", {}) | {"server_side_binding": True, "prepare_threshold": 1},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = required("CELERY_BROKER_URL", "the Valkey or Redis that nudges the workers, such as redis://host/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# The sweeps. A nudge that nobody took before the next one comes is worth nothing, so it expires.
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in {
        "donations.drain": 1.0,
        "donations.settle": seconds("SETTLE_EVERY", default=30),
        "donations.settle_late": 3600.0,
        "donations.send_refunds": 2.0,
        "donations.follow_payouts": 2.0,
        "donations.follow_up": 60.0,
        "donations.end_without_appeal": 10.0,
        "donations.follow_monthly": 600.0,
        "donations.match": 5.0,
        "donations.mail_links": 2.0,
        "donations.mail_letters": 30.0,
        "donations.mail_tributes": 60.0,
        "donations.forget_addresses": 3600.0,
        "donations.look_after_testers": 5.0,
        "donations.forget_testers": 3600.0,
        "donations.reconcile_recent": 300.0,
        "donations.reconcile": 24 * 3600.0,
        "appeal.mail_pledge": 5.0,
        "appeal.follow_pledge": 3600.0,
        "appeal.mail_joining": 5.0,
        "appeal.forget_joining": 3600.0,
        "grants.mail_notices": 30.0,
        "grants.mail_messages": 5.0,
        "grants.remind": 600.0,
        "grants.forget_drafts": 24 * 3600.0,
        "receipts.issue": 2.0,
        "receipts.render": 2.0,
        "receipts.mail": 2.0,
        "receipts.reports": 5.0,
        "receipts.log": 10.0,
        "receipts.ask": 600.0,
        "receipts.state": 2.0,
    }.items()
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # the workers log as LOGGING says

# --- people and languages -------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/staff/"
ACCOUNT_ADAPTER = "config.staff.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PUBLIC_URL.startswith("http://")  # the demo's; a browser itself asks for HTTPS
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=True)

# Django knows neither Pashto nor Dari, nor that they are written from right to left.
locale.LANG_INFO |= {
    "ps": {"bidi": True, "code": "ps", "name": "Pashto", "name_local": "پښتو"},
    "prs": {"bidi": True, "code": "prs", "name": "Dari", "name_local": "دری"},
}
LANGUAGES_BIDI = [*global_settings.LANGUAGES_BIDI, "ps", "prs"]
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_CODE = "en"
SPEAKABLE = [code for code, about in locale.LANG_INFO.items() if "name_local" in about]
SPOKEN = some_of(SPEAKABLE, "LANGUAGES", default=catalogues.offered())
LANGUAGES = [(code, locale.LANG_INFO[code]["name_local"]) for code in SPOKEN]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [catalogues.LOCALE]
USE_TZ = True
TIME_ZONE = "UTC"

# --- the API --------------------------------------------------------------------------------------------------------

API_CALLS_A_MINUTE = env.int("API_CALLS_A_MINUTE", default=240)  # from one internet connection
API_COUNTER_URL = env.str("API_COUNTER_URL", default=CELERY_BROKER_URL)
if urlsplit(API_COUNTER_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured(
        "Set API_COUNTER_URL to a Valkey or Redis, such as redis://host/0: it counts calls of the API."
        " See docs/operators.md."
    )
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "RefugeesRise",
    "VERSION": "1",
    "DESCRIPTION": "What was given, and what became of it. Read-only, open to all, without a key. See docs/api.md.",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": PUBLIC_URL}],
    "SCHEMA_PATH_PREFIX": "/api/",
}

# --- pages ----------------------------------------------------------------------------------------------------------

PAGE_SECONDS = seconds(
    "PAGE_SECONDS", default=1, least=0
)  # how old a public page may be: it is rendered once in this time
STATIC_URL = "/static/"
# Production gathers static files here once (`collectstatic`), compressed and under names that never go stale.
STATIC_ROOT = env.str("STATIC_ROOT", default=None)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_ROOT

# --- Stripe ---------------------------------------------------------------------------------------------------------

STRIPE_SECRET_KEY = required("STRIPE_SECRET_KEY", "Stripe's secret or restricted key")
# Two while one is being replaced.
STRIPE_WEBHOOK_SECRETS = [secret.strip() for secret in env.list("STRIPE_WEBHOOK_SECRETS", default=[])]
if not STRIPE_WEBHOOK_SECRETS:
    required("STRIPE_WEBHOOK_SECRETS", "the signing secrets of Stripe's webhook endpoint, separated by commas")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_CHECKOUT_ORIGINS = env.list(
    "STRIPE_CHECKOUT_ORIGINS", default=["https://checkout.stripe.com", "https://billing.stripe.com"]
)
STRIPE_TIMEOUT = seconds("STRIPE_TIMEOUT", default=20)  # seconds that a worker waits for an answer
STRIPE_PAGE_TIMEOUT = seconds("STRIPE_PAGE_TIMEOUT", default=6)  # seconds that a donor does
# Stripe takes a hundred calls a second from a live account, and 25 in test mode; this many from each process of ours.
STRIPE_CALLS_A_SECOND = env.int("STRIPE_CALLS_A_SECOND", default=20)
STRIPE_WEBHOOK_PATH = "/stripe/webhook/"
STRIPE_LIVEMODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
GIVING_CURRENCIES = some_of(
    LIMITS, "GIVING_CURRENCIES", default=["USD", "AUD", "EUR", "GBP", "JPY", "MYR", "NZD", "THB"]
)
FEE_ESTIMATES = fee_estimates("FEE_ESTIMATES")

# --- safety ---------------------------------------------------------------------------------------------------------

# The give form is answered with a redirect to Stripe: without its origins in form-action the browser stops there.
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF, *STRIPE_CHECKOUT_ORIGINS],
}
EMBEDDABLE_ON = framing_sites("EMBEDDABLE_ON", default=["*"])  # the widget of an appeal, and nothing else of ours
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
# Asked from inside, past the proxy that speaks HTTPS.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"

# --- mail -----------------------------------------------------------------------------------------------------------

required("EMAIL_URL", "where mail goes, such as smtp+tls://user:password@host:587; receipts are sent there")
mail = env.email("EMAIL_URL")
mail_options = {
    "host": mail["EMAIL_HOST"],
    "port": mail["EMAIL_PORT"],
    "username": mail["EMAIL_HOST_USER"],
    "password": mail["EMAIL_HOST_PASSWORD"],
    "use_tls": mail.get("EMAIL_USE_TLS"),
    "use_ssl": mail.get("EMAIL_USE_SSL"),
    "timeout": mail["EMAIL_HOST"] and 20,
    "file_path": mail["EMAIL_FILE_PATH"],
}
MAILERS = {
    "default": {
        "BACKEND": mail["EMAIL_BACKEND"],
        "OPTIONS": {option: value for option, value in mail_options.items() if value},
    }
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="RefugeesRise <appeal@refugeesrise.example>")

# --- open data ------------------------------------------------------------------------------------------------------

ORGANISATION_NAME = env.str("ORGANISATION_NAME", default="RefugeesRise")
ORGANISATION_ID = env.str("ORGANISATION_ID", default="")
THREESIXTY_PREFIX = env.str("THREESIXTY_PREFIX", default="")
OPEN_DATA_LICENCE = env.str("OPEN_DATA_LICENCE", default="https://creativecommons.org/licenses/by/4.0/")

# --- logs -----------------------------------------------------------------------------------------------------------

LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.Json"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    # At INFO they tell what Stripe found wrong with a request, with the donor's address in it, and each font subset.
    "loggers": {name: {"level": "WARNING"} for name in ("stripe", "weasyprint.progress")},
    "root": {"handlers": ["stderr"], "level": some_of(LEVELS, "LOG_LEVEL", default=["INFO"])[0]},
}
