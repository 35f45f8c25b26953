"""The demo host's settings as in production, with a constant view beside the pages to measure against.

Nothing that costs time is left out: middleware, sessions, templates and static names are those of the demo.
"""

from __future__ import annotations

import os

os.environ["DEBUG"] = "off"
os.environ["HTTPS"] = "off"  # the generator speaks plain HTTP on loopback; no redirect is measured
os.environ["LOG_LEVEL"] = "WARNING"
os.environ.setdefault("SECRET_KEY", "benchmarks-only-" + "0123456789abcdef" * 4)

from project.settings import *  # noqa: F403
from project.settings import CACHES, SCS_SERIES

ROOT_URLCONF = "benchmarks.urls"
# Any name below .bench.test: a page asked for under a name that was never used before is not in the page cache.
ALLOWED_HOSTS = ["127.0.0.1", ".bench.test"]
# Members of a benchmark write faster than people may.
SCS_SERIES = {
    **SCS_SERIES,
    "POST_RATE": "1000000/s",
    "ADDRESS_RATE": "1000000/s",
    "BASE_URL": "https://series.bench.test",
}
# A reply enqueues the task that tells members, as on a site with workers; none runs here while pages are measured.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# A page that an earlier run left in Redis is nothing to this one.
for _name, _cache in CACHES.items():
    _cache["KEY_PREFIX"] = f"{os.environ.get('BENCH_RUN', 'bench')}-{_name}"
