"""What the benchmark fills its database with is what the services would have written."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Count, Max

from benchmarks import cases, fill, load, report
from scs_series.models import Member, Post, Series, SourceLink, Thread, ThreadTag
from scs_series.services import discussion
from scs_series.services.rendering import render_post_again, thread_row
from tests import factories

pytestmark = pytest.mark.django_db

BODIES = (
    "Plain text, *emphasis* and a list:\n\n- one\n- two",
    "It says so [@kuo2019, p. 3], twice [@kuo2019].[^1]\n\n[^1]: With a note.",
    "## A heading\n\n```python\nprint(1)\n```",
)


@pytest.fixture
def series() -> Series:
    series = factories.make_series()
    factories.make_source(series, "kuo2019")
    factories.make_part(series)
    factories.make_part(series)
    return series


@pytest.fixture
def filled(series: Series) -> fill.Filled:
    authors = [factories.make_member(f"writer{n}") for n in range(3)]
    return fill.fill(series, BODIES, authors, threads=4, posts=5, long_thread=30)


def test_what_is_filled_in_is_counted_right(filled: fill.Filled) -> None:
    assert [len(filled.threads), filled.long_thread and filled.long_thread.last_number] == [4, 30]
    said = io.StringIO()
    call_command("scs_recount", check=True, stdout=said)
    assert said.getvalue().startswith("0 wrong")
    assert cases.without_gaps([*filled.threads, *Thread.objects.filter(pk=filled.long_thread.pk)])
    assert SourceLink.objects.filter(post__isnull=False).exists()
    assert Member.objects.filter(post_count__gt=0).count() == 3
    assert not ThreadTag.objects.exclude(last_activity_at__in=Thread.objects.values("last_post_at")).exists()
    for thread in Thread.objects.annotate(n=Count("posts"), latest=Max("posts__created_at")):
        assert (thread.n, thread.latest) == (thread.post_count, thread.last_post_at)


def test_its_fragments_are_those_of_the_services(filled: fill.Filled) -> None:
    posts = Post.objects.filter(thread__in=filled.threads).select_related(
        "thread__series", "thread__part", "author", "answers__author"
    )
    assert len(posts) == 20
    for post in posts:
        assert not render_post_again(post), "nothing to mend"
    for thread in Thread.objects.select_related("part", "author"):
        assert thread.row_html == thread_row(thread)


def test_people_go_on_writing_in_it(filled: fill.Filled) -> None:
    thread = Thread.objects.select_related("part", "series", "author").get(pk=filled.threads[0].pk)
    post = discussion.reply(thread=thread, by=factories.make_user(), body="And another thing.")
    assert post.number == 6


def test_a_row_holds_each_slice_against_what_ran_beside_it() -> None:
    row = report.Row("a page", 1_000)
    row.base = [load.Result(requests=n, seconds=1) for n in (100, 300, 100)]
    row.slices = [load.Result(requests=100, seconds=1, latencies=[0.001]) for _n in range(2)]
    assert row.ratios == [0.5, 0.5]
    assert "**0.50** (0.50–0.50)" in report.table([row])


def test_the_generator_waits_for_whole_answers() -> None:
    client = load.Client(load.canned(b"x" * 100_000), 2, 1)
    result = client.run(lambda _place, _number: load.get("/"), status=200, seconds=5, at_most=20)
    client.close()
    assert result.requests == len(result.latencies) == 20


def test_the_table_goes_between_its_markers(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"Before.\n\n{report.START}\nold\n{report.END}\n\nAfter.\n", encoding="utf-8")
    report.write_between_markers(document, "new")
    assert document.read_text(encoding="utf-8") == f"Before.\n\n{report.START}\nnew\n{report.END}\n\nAfter.\n"
