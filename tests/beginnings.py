"""What many tests begin with, built once for all of them that run one after another.

Building a stage takes ten times as long as most tests that use it. It is built in a transaction that stays open; each
test runs in a savepoint within it and gets a copy of the objects. Before a test that begins otherwise, or that commits,
the transaction is rolled back.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

_builders: dict[str, Callable[[], Any]] = {}


def beginning(name: str, build: Callable[[], Any]) -> Any:
    """A fixture ``name`` that gives a copy of what ``build`` made in an empty database."""
    _builders[name] = build

    @pytest.fixture(name=name)
    def fixture(_beginning: Beginning, db: None) -> Any:
        return copy.deepcopy(_beginning.built)

    return fixture


class Beginning:
    """The one that is in the database now."""

    def __init__(self) -> None:
        self.built: Any = None
        self._name: str | None = None
        self._atomic: transaction.Atomic | None = None

    def prepare(self, name: str | None) -> None:
        """Have what ``name`` builds in the database, and nothing else; None: nothing at all."""
        if name == self._name:
            return
        self.clear()
        if name is None:
            return
        self._atomic = transaction.atomic()
        self._atomic._from_testcase = True  # type: ignore[attr-defined]  # as Django's own tests: durable blocks pass
        self._atomic.__enter__()
        try:
            self.built = _builders[name]()
        except BaseException:
            self.clear()
            raise
        self._name = name

    def clear(self) -> None:
        atomic, self._atomic, self._name, self.built = self._atomic, None, None, None
        if atomic is not None:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


def wanted_by(request: pytest.FixtureRequest) -> str | None:
    """Which beginning a test asks for; a test that commits builds its own."""
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames:
        return None
    return next((name for name in _builders if name in request.fixturenames), None)
