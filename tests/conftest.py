"""What every test needs: an empty cache, a settled clock of settings, no files left behind.

The outbox: what a test writes notes rows there as always, and nobody works them off (TASKS in tests/settings.py is a
backend that only keeps what was enqueued). A test of what is told or sent calls ``services.outbox.work_off()``, the task
or the command; one of the background itself sets another TASKS.
"""

from __future__ import annotations

import pytest

from tests import caches


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Counters of rate limits and stored pages of one test are nothing to the next."""
    caches.forget()
