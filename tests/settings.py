"""The demo host's settings, made fast and kept apart for tests. DATABASE_URL and CACHE_URL choose the engines."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0123456789abcdef" * 4)
os.environ.setdefault("HTTPS", "off")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
# Tests say what the environment is; what a developer has exported for the demo does not reach them.
os.environ["DEBUG"] = "off"
os.environ["TRUSTED_PROXIES"] = "0"

from project.settings import *  # noqa: F403  (a test's settings are the host's, and then the few lines below)
from project.settings import CACHES, DATABASES

ROOT_URLCONF = "tests.urls"

# Of this run alone, so that two at once do not take each other's database away; each worker has its own besides.
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: tests that write from several threads then meet the log and the locks of the real thing.
    DATABASES["default"]["TEST"] = {
        "NAME": str(Path(tempfile.gettempdir()) / f"scs_series-test-{_RUN}.sqlite3")
    }
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_scs_series_{_RUN}"}
# Threads of a test's live server must let go of the test database, or it cannot be dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0

# Keys carry the worker and the test (tests/caches.py), so that tests that run at once do not read each other's.
for _cache in CACHES.values():
    _cache["KEY_FUNCTION"] = "tests.caches.make_key"
    if _cache["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
        _cache["BACKEND"] = "tests.caches.IsolatedRedisCache"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Served from where they lie: nothing is collected for tests.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Nothing works off the outbox by itself: a test that is about it calls the work, and others are not slowed by it.
TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The test client signs in without a request, which axes refuses; tests of the accounts switch both on again.
AXES_ENABLED = False
ACCOUNT_RATE_LIMITS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {
        # Refused requests are what many tests are about; a server error still shows.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
    },
}
