"""Connections to PostgreSQL are kept: one that the server ended is noticed, and what one was asked is not planned again."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from scs_series.models import Series
from scs_series.prepared import Prepared

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's engine"),
    pytest.mark.django_db(transaction=True),
]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def next_request() -> None:
    """What a request finds: a kept connection, not looked at yet."""
    connection.health_check_enabled, connection.health_check_done = True, False


def test_a_quiet_connection_is_used_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    before = backend()
    next_request()
    monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("asked"))
    assert backend() == before


def test_a_connection_that_the_server_ended_is_made_anew() -> None:
    before = backend()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [before])
    finally:
        other.close()
    time.sleep(0.2)
    next_request()
    assert backend() != before


def test_queries_are_planned_once() -> None:
    asked = Prepared(lambda pk: Series.objects.filter(pk=pk).order_by("pk"))
    for pk in range(4):
        asked(pk=pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%scs_series_series%'"
        )
        assert cursor.fetchone() == (1,)
