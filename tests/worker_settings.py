"""A worker beside a test: the demo host's settings, on the test's own database. For processes that tests start."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403  (and then the few lines below)
from tests.settings import DATABASES, SCS_SERIES, env

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
vars().update(env.email_url("EMAIL_URL"))
SCS_SERIES = {**SCS_SERIES, "OUTBOX_BATCH": env.int("TEST_OUTBOX_BATCH", default=500)}
