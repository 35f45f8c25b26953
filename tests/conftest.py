"""What every test needs: an empty cache, a settled clock of settings, no files left behind.

The outbox: what a test writes notes rows there as always, and nobody works them off (TASKS in tests/settings.py is a
backend that only keeps what was enqueued). A test of what is told or sent calls ``services.outbox.work_off()``, the task
or the command; one of the background itself sets another TASKS.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests import caches
from tests.beginnings import Beginning, wanted_by
from tests.stage import stage

__all__ = ["stage"]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Counters of rate limits and stored pages of one test are nothing to the next."""
    caches.forget()


@pytest.fixture(scope="session")
def _beginnings(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Beginning]:
    beginning = Beginning()
    yield beginning
    with django_db_blocker.unblock():
        beginning.clear()


@pytest.fixture
def _beginning(
    request: pytest.FixtureRequest, _beginnings: Beginning, django_db_blocker: DjangoDbBlocker
) -> Beginning:
    with django_db_blocker.unblock():
        _beginnings.prepare(wanted_by(request))
    return _beginnings


@pytest.fixture
def _django_db_helper(_beginning: Beginning, _django_db_helper: None) -> None:
    """What pytest-django's ``db`` and ``transactional_db`` rest on, once the right beginning is in the database."""
