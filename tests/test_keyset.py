"""Walking a list by key: every row once, in order, forward and back, with ties and with rows that come meanwhile."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from django.utils import timezone

from scs_series.exceptions import BadCursor
from scs_series.keyset import keyset_page
from scs_series.models import Source, Tag, Thread, ThreadTag
from tests import factories

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 1, 1, 12, 0, 0, 123_456, tzinfo=dt.UTC)


def walk(queryset: Any, order: tuple[str, ...], size: int, *, limit: int = 500) -> list[list[int]]:
    pages, cursor = [], None
    while True:
        page = keyset_page(queryset.all(), order=order, cursor=cursor, size=size)
        pages.append([row.pk for row in page.items])
        cursor = page.next
        if cursor is None:
            return pages
        assert len(pages) < limit


def walk_back(queryset: Any, order: tuple[str, ...], size: int) -> list[int]:
    page = keyset_page(queryset.all(), order=order, cursor=None, size=size)
    while page.next:
        page = keyset_page(queryset.all(), order=order, cursor=page.next, size=size)
    rows = [row.pk for row in page.items]
    while page.previous:
        page = keyset_page(queryset.all(), order=order, cursor=page.previous, size=size)
        rows = [row.pk for row in page.items] + rows
    return rows


@pytest.fixture
def tags(db: None) -> list[Tag]:
    """Fifty-three tags with few different counts: many ties."""
    chance = random.Random(7)  # noqa: S311
    return Tag.objects.bulk_create(
        Tag(
            name=f"t{n}",
            key=f"t{n}",
            slug=f"t{n}",
            thread_count=chance.choice([1, 1, 2, 3]),
            source_count=chance.randrange(3),
        )
        for n in range(53)
    )


ORDERS = [
    ("id",), ("-id",), ("-thread_count", "id"), ("thread_count", "-id"), ("-thread_count", "-source_count", "id"), ("name",),
]  # fmt: skip


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
@pytest.mark.parametrize("size", [1, 2, 7, 52, 53, 54])
def test_every_row_is_visited_once_in_order(tags: list[Tag], order: tuple[str, ...], size: int) -> None:
    expected = list(Tag.objects.order_by(*order).values_list("pk", flat=True))
    pages = walk(Tag.objects, order, size)
    assert [pk for page in pages for pk in page] == expected
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1], "the last page is never empty"


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
def test_the_way_back_is_the_way_there(tags: list[Tag], order: tuple[str, ...]) -> None:
    expected = list(Tag.objects.order_by(*order).values_list("pk", flat=True))
    for size in (1, 5, 10):
        assert walk_back(Tag.objects, order, size) == expected


def test_the_ends_have_no_cursor_beyond_them(tags: list[Tag]) -> None:
    first = keyset_page(Tag.objects.all(), order=("id",), cursor=None, size=10)
    assert first.previous is None
    second = keyset_page(Tag.objects.all(), order=("id",), cursor=first.next, size=10)
    again = keyset_page(Tag.objects.all(), order=("id",), cursor=second.previous, size=10)
    assert [row.pk for row in again.items] == [row.pk for row in first.items]
    assert again.previous is None
    assert again.next == first.next
    nothing = keyset_page(Tag.objects.none(), order=("id",), cursor=None, size=10)
    assert (nothing.items, nothing.next, nothing.previous) == ([], None, None)


def test_rows_that_come_and_go_meanwhile_move_nothing(tags: list[Tag]) -> None:
    """Whatever was there all the time is seen once; what came behind the reader is not waited for."""
    chance = random.Random(11)  # noqa: S311
    order = ("-thread_count", "id")
    stays = set(Tag.objects.values_list("pk", flat=True))
    seen: list[int] = []
    cursor = None
    for step in range(100):
        page = keyset_page(Tag.objects.all(), order=order, cursor=cursor, size=4)
        seen += [row.pk for row in page.items]
        for n in range(2):
            Tag.objects.create(
                name=f"new{step}-{n}",
                key=f"new{step}-{n}",
                slug=f"new{step}-{n}",
                thread_count=chance.choice([0, 1, 2, 3, 9]),
            )
        gone = (
            Tag.objects.exclude(pk__in=seen).order_by("?").values_list("pk", flat=True).first()
            if step < 10
            else None
        )
        if gone:
            Tag.objects.filter(pk=gone).delete()
            stays.discard(gone)
        if page.items and chance.random() < 0.3:
            Tag.objects.filter(pk=page.items[-1].pk).delete()  # the very row the cursor names
        cursor = page.next
        if cursor is None or stays <= set(seen):
            break
    assert len(seen) == len(set(seen)), "nothing twice"
    assert stays <= set(seen), "nothing missed"


def test_times_to_the_microsecond_and_ties_of_them(db: None) -> None:
    part = factories.make_part()
    by = factories.make_user()
    threads = [
        factories.make_thread(
            part,
            by=by,
            title=f"Thread number {n}",
            tags=("one",),
            at=NOON + dt.timedelta(microseconds=n // 3),
        )
        for n in range(11)
    ]
    for queryset, order in (
        (Thread.objects, ("-last_post_at", "-id")),
        (ThreadTag.objects.select_related("content_object"), ("-last_activity_at", "-content_object_id")),
        (ThreadTag.objects.select_related("content_object"), ("content_object__created_at", "id")),
    ):
        expected = list(queryset.order_by(*order).values_list("pk", flat=True))
        assert [pk for page in walk(queryset, order, 2) for pk in page] == expected
        assert walk_back(queryset, order, 3) == expected
    assert len(threads) == 11


def test_texts_in_every_script_are_walked_in_the_databases_own_order(db: None) -> None:
    series = factories.make_series()
    names = [
        "",
        "a",
        "A",
        "ä",
        "z",
        "社会",
        "信用",
        "ß",
        "ss",
        "ı",
        "i",
        "\u0130",
        "🙂",
        "a b",
        "a-b",
        "a'b",
        "é",
        "e\u0301",
        "Ω",
        "…",
        "0",
        "10",
        "9",
    ]
    Source.objects.bulk_create(
        Source(series=series, key=f"k{n}-{i}", title="t", sort_key=name)
        for n, name in enumerate(names)
        for i in range(2)
    )
    expected = list(Source.objects.order_by("sort_key", "id").values_list("pk", flat=True))
    for size in (1, 3, 7):
        assert [pk for page in walk(Source.objects, ("sort_key", "id"), size) for pk in page] == expected
    assert walk_back(Source.objects, ("sort_key", "id"), 3) == expected


def test_a_page_is_one_query_and_reads_no_more_than_it_shows(
    tags: list[Tag], django_assert_num_queries: Any
) -> None:
    cursor = keyset_page(Tag.objects.all(), order=("id",), cursor=None, size=5).next
    with django_assert_num_queries(1) as queries:
        keyset_page(Tag.objects.all(), order=("id",), cursor=cursor, size=5)
    assert "LIMIT 6" in queries.captured_queries[0]["sql"]
    assert "OFFSET" not in queries.captured_queries[0]["sql"]


def test_a_cursor_of_one_order_is_not_taken_for_another(tags: list[Tag]) -> None:
    cursor = keyset_page(Tag.objects.all(), order=("-thread_count", "id"), cursor=None, size=5).next
    with pytest.raises(BadCursor):
        keyset_page(Tag.objects.all(), order=("id",), cursor=cursor, size=5)
    with pytest.raises(BadCursor):
        keyset_page(Thread.objects.all(), order=("-last_post_at", "-id"), cursor=cursor, size=5)
    assert timezone.now() > NOON
