"""What every test needs: an empty cache, a settled clock of settings, no files left behind."""

from __future__ import annotations

import pytest

from tests import caches


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Counters of rate limits and stored pages of one test are nothing to the next."""
    caches.forget()
