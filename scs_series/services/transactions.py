"""One decorator for every write: atomic, and tried again when the database chose it as a deadlock's victim."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

P = ParamSpec("P")
T = TypeVar("T")

#: SQLSTATE of PostgreSQL: deadlock_detected, serialization_failure. MySQL: 1213 (deadlock), 1205 (lock wait).
_AGAIN = {"40P01", "40001", 1213, 1205}
_TRIES = 4


def atomic_write(write: Callable[P, T]) -> Callable[P, T]:
    """Run a service in a transaction. Within an outer one it is a savepoint and is not tried again.

    Two posts in two series may share tags and take their rows in different order; then one is told to start
    over. Pauses grow (5–20 ms, doubled each time) so that both do not meet again.
    """

    @functools.wraps(write)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if transaction.get_connection().in_atomic_block:
            with transaction.atomic():
                return write(*args, **kwargs)
        for attempt in range(_TRIES):
            try:
                with transaction.atomic():
                    return write(*args, **kwargs)
            except OperationalError as error:
                if not _is_deadlock(error) or attempt == _TRIES - 1:
                    raise
                time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311  (a pause, not a secret)
        raise AssertionError("unreachable")

    return run


def _is_deadlock(error: OperationalError) -> bool:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or (cause.args[0] if cause and cause.args else None)
    # SQLite, where a host left transactions deferred: the one that read first and wrote second is told this.
    return state in _AGAIN or "database is locked" in str(error)
