"""The project's settings, with what a test run must fix: keys of its own, and a flush that knows the books."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("FIELD_KEYS", "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtISE=")
os.environ.setdefault(
    "CHECKPOINT_KEYS", "PRIVATE+KEY+test.example/log+afd7da52+AW9ubHktZm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLTMy"
)
os.environ.setdefault("PUBLIC_URL", "http://testserver")
os.environ.setdefault("STRIPE_SECRET_KEY", "sk_test_tests")
os.environ.setdefault("STRIPE_WEBHOOK_SECRETS", "whsec_tests")
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("STRIPE_CALLS_A_SECOND", "10000")  # the sandbox has no limit of its own
os.environ.setdefault("API_CALLS_A_MINUTE", "1000000")  # tests come from one address
os.environ.setdefault("LANGUAGES", "en")  # a test that is about others names them
os.environ.setdefault("PAGE_SECONDS", "0")  # a test sees what it has just written
# A test run has set these two already (tests/services.py). mypy reads the settings too, and connects to nothing.
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@db.invalid/nothing")
os.environ.setdefault("CELERY_BROKER_URL", "redis://broker.invalid/0")

from config import catalogues
from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
catalogues.compile_whole()
