"""Queries that are compiled once give what the ORM gives."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scs_series.models import Part, Post, Thread
from scs_series.prepared import Prepared
from tests import factories

pytestmark = pytest.mark.django_db


def test_rows_are_those_of_the_orm_whatever_the_values() -> None:
    threads = [factories.make_thread() for _n in range(3)]
    prepared: Prepared[Thread] = Prepared(
        lambda pk: Thread.objects.filter(pk=pk).select_related("part__series", "author")
    )
    for thread in threads:
        with CaptureQueriesContext(connection) as queries:
            [found] = prepared(pk=thread.pk)
            assert found.part.series == thread.part.series
        asked = [query["sql"] for query in queries if "scs_series_thread" in query["sql"]]
        assert len(asked) == 1, [query["sql"] for query in queries]
        assert (found, found.author) == (thread, thread.author)
    assert prepared(pk=0) == []
    assert prepared.first(pk=0) is None


def test_tuples_moments_text_and_ranges() -> None:
    thread = factories.make_thread()
    factories.make_post(thread)
    prepared: Prepared[Any] = Prepared(
        lambda since, title, first, last: Post.objects.filter(
            created_at__gte=since, thread__title=title, number__range=(first, last)
        ).values_list("number", "created_at")
    )
    since = timezone.now() - timedelta(hours=1)
    rows = prepared(since=since, title=thread.title, first=1, last=1)
    assert rows == list(Post.objects.filter(thread=thread, number=1).values_list("number", "created_at"))
    assert prepared(since=timezone.now() + timedelta(hours=1), title=thread.title, first=1, last=9) == []
    assert [row[0] for row in prepared.raw(since=since, title=thread.title, first=1, last=9)] == [1, 2]


def test_a_moment_that_would_stand_still_is_refused() -> None:
    prepared: Prepared[Part] = Prepared(lambda series: Part.objects.visible_to(None).filter(series=series))
    with pytest.raises(ValueError, match="never pass"):
        prepared(series=1)
    assert (
        Prepared(lambda at, series: Part.objects.visible_to(None, at).filter(series=series))(
            at=timezone.now(), series=1
        )
        == []
    )


def test_a_value_that_the_query_loses_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        Prepared(lambda title: Thread.objects.filter(title__contains=title))(title="x")
    with pytest.raises(TypeError, match="no parameter"):
        Prepared(lambda pks: Thread.objects.filter(pk__in=pks))(pks=[1, 2])  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_threads_use_connections_of_their_own() -> None:
    pk = factories.make_thread().pk
    prepared: Prepared[Thread] = Prepared(lambda pk: Thread.objects.filter(pk=pk))
    assert [row.pk for row in prepared(pk=pk)] == [pk]
    seen: list[Any] = []

    def elsewhere() -> None:
        try:
            seen.append([row.pk for row in prepared(pk=pk)])
        finally:
            connection.close()

    other = threading.Thread(target=elsewhere)
    other.start()
    other.join()
    assert seen == [[pk]]
