"""What a request costs, whatever the number of rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scs_series.models import Post
from tests import caches
from tests.api.conftest import Api, World
from tests.api.test_conditional import READS, VERSIONED, path_of
from tests.factories import make_part, make_post, make_series, make_source, make_thread

#: A number could be a slug too: both are looked for.
BY_NUMBER = ("parts/scs/1/", "parts/scs/1/revisions/", "threads/?series=scs&part=1")


def queries(api: Api, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert api.get(path).status_code == 200
    return len(captured)


@pytest.fixture
def unlimited(settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "1000/s"}


def grow(world: World, rows: int) -> None:
    """More of everything that any list shows."""
    author, member = world.api("author"), world.api("member")
    for _ in range(rows):
        part = make_part(world.series)
        source = make_source(world.series, tags=("credit", f"tag {part.number}"))
        author.post("source-links/", {"series": "scs", "source": source.key, "part": 1})
        make_thread(world.part, tags=["credit", f"tag {part.number}"])
        make_thread(part, tags=["credit"])
        make_post(world.thread, body=f"See [@{source.key}] and [@kuo2019].", answers=1)
        make_series(author=world.author)
        for api, path in ((member, f"posts/{world.post.pk}/"), (author, "parts/scs/1/")):
            sent = {"body": f"Edited {part.number}", "expected_revision": api.get(path).json()["revision"]}
            assert api.patch(path, sent).status_code == 200


def test_reads_cost_the_same_with_3_and_with_30_rows(world: World, unlimited: None):
    costs = []
    for more in (3, 27):
        grow(world, more)
        caches.forget()
        here = {}
        for read in READS:
            path = path_of(world, read)
            if read.count("/") == 1:  # a list; one thing is not asked for by size
                path += ("&" if "?" in path else "?") + "page_size=100"
            cold, warm = queries(Api(), path), queries(Api(), path)
            here[read] = (cold, warm, queries(world.api("member"), path))
        costs.append(here)

    few, many = costs
    assert few == many
    for read, (cold, warm, signed_in) in many.items():
        assert cold <= 6, (read, cold)
        # From any number on is not kept: only pages as one walks them are.
        assert read.endswith("from=2") or warm <= 2, (read, warm)
        assert signed_in <= 8, (read, signed_in)
        if read in VERSIONED and read not in BY_NUMBER and not read.endswith("from=2"):
            assert warm == 1, (read, warm)


def test_the_end_of_a_long_thread_costs_what_its_beginning_costs(world: World):
    first = Post.objects.get(thread=world.thread, number=1)
    Post.objects.bulk_create(
        Post(
            thread=world.thread,
            number=number,
            author=first.author,
            body="x",
            body_html="<p>x</p>",
            created_at=first.created_at,
        )
        for number in range(4, 5_001)
    )
    world.thread.__class__.objects.filter(pk=world.thread.pk).update(last_number=5_000, post_count=4_999)
    statements = {}
    for start in (1, 4_981):
        with CaptureQueriesContext(connection) as captured:
            answer = Api().get(f"posts/?thread={world.thread.pk}&from={start}&page_size=20").json()
        assert [post["number"] for post in answer["results"]] == list(range(start, start + 20))
        statements[start] = captured
    assert len(statements[1]) == len(statements[4_981]) == 3
    rows = statements[4_981].captured_queries[-1]["sql"]
    assert "OFFSET" not in rows.upper()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {rows}")
            plan = " ".join(str(row[-1]) for row in cursor.fetchall())
        assert "number>" in plan
        assert "TEMP B-TREE" not in plan


def test_a_304_takes_one_query(world: World):
    for read in VERSIONED:
        path = path_of(world, read)
        etag = Api().get(path).headers["ETag"]
        with CaptureQueriesContext(connection) as captured:
            assert Api().get(path, If_None_Match=etag).status_code == 304
        assert len(captured) == (2 if read in BY_NUMBER else 1), path
