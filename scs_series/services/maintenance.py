"""Rendering stored text again: after an upgrade, a changed template, address or source record, a new name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape

from scs_series import bibliography
from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.services import versions
from scs_series.services.records import record_of
from scs_series.services.rendering import render_post_again, thread_row
from scs_series.services.sources import store_references
from scs_series.services.transactions import atomic_write
from scs_series.services.writing import render_again
from scs_series.text import Profile

_BATCH = 200


def _batches(rows: models.QuerySet[Any]) -> Iterator[list[int]]:
    """The keys of these rows, some at a time. No cursor stays open over the writes between them."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        yield batch
        last = batch[-1]


def _each(rows: models.QuerySet[Any], render: Callable[[int], bool]) -> Iterator[bool]:
    """Render these rows one by one, each in a transaction of its own, and say of each whether it differed."""
    for batch in _batches(rows):
        for pk in batch:
            yield render(pk)


def _hold(rows: models.QuerySet[Any]) -> None:
    """Lock rows to the end of the transaction. They are read after it, as whoever held them before left them:
    what is hidden or edited while all is rendered again is not put back."""
    list(rows.select_for_update().order_by("pk").values_list("pk"))


def render_part_again(part: Part) -> bool:
    """Render one part's stored text, under its lock; say whether the result differs."""
    rendered = render_again(part.body, series=part.series, profile=Profile.PART, doc_id="")
    toc = [{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings]
    references_differ = store_references(part)
    if (part.body_html, part.toc, part.word_count) == (rendered.html, toc, rendered.word_count):
        return references_differ
    part.body_html, part.toc, part.word_count = rendered.html, toc, rendered.word_count
    Part.objects.filter(pk=part.pk).update(body_html=part.body_html, toc=toc, word_count=part.word_count)
    return True


@atomic_write
def _render_source(pk: int) -> bool:
    _hold(Source.objects.filter(pk=pk))
    source = Source.objects.filter(pk=pk).first()
    if source is None:
        return False
    record = record_of(source)
    new = {
        "label": bibliography.label(record)[:200],
        "sort_key": bibliography.sort_key(record),
        "reference_html": bibliography.reference_html(record),
    }
    if all(getattr(source, name) == value for name, value in new.items()):
        return False
    Source.objects.filter(pk=pk).update(version=F("version") + 1, **new)
    return True


def render_parts(parts: models.QuerySet[Part]) -> Iterator[bool]:
    """Render the texts of these parts again, raise what shows them, and say of each whether it differed."""
    return _each(parts, _render_part)


@atomic_write
def _render_part(pk: int) -> bool:
    _hold(Part.objects.filter(pk=pk))
    part = Part.objects.select_related("series").filter(pk=pk).first()
    differs = part is not None and render_part_again(part)
    if part and differs:
        versions.raise_part(part.pk, part.series_id)
    return differs


def render_posts(posts: models.QuerySet[Post]) -> Iterator[bool]:
    """Render these posts again, raise their threads, and say of each whether it differed."""
    for batch in _batches(posts):
        yield from _render_posts(batch)


@atomic_write
def _render_posts(pks: list[int]) -> list[bool]:
    posts = Post.objects.filter(pk__in=pks)
    _hold(Thread.objects.filter(pk__in=posts.values("thread")))
    posts = posts.select_related("author", "answers__author", "thread__part", "thread__series").order_by("pk")
    differs = {post: render_post_again(post) for post in posts}
    threads = {post.thread_id for post, is_new in differs.items() if is_new}
    Thread.objects.filter(pk__in=threads).update(version=F("version") + 1)
    return list(differs.values())


@atomic_write
def _render_row(pk: int) -> bool:
    _hold(Thread.objects.filter(pk=pk))
    thread = Thread.objects.select_related("author", "part").filter(pk=pk).first()
    row = thread_row(thread) if thread else ""
    if thread is None or row == thread.row_html:
        return False
    Thread.objects.filter(pk=pk).update(row_html=row)
    versions.raise_thread(pk, thread.part_id, thread.series_id)
    return True


def render_rows_of(part: Part) -> None:
    """A part was renumbered: its threads' rows say its number."""
    for _changed in _each(Thread.objects.filter(part=part), _render_row):
        pass


def render_all() -> Iterator[tuple[str, int]]:
    """Render everything stored again, row by row, and yield (what, 1 if it differed) for a progress display."""
    for name, rendered in (
        ("sources", _each(Source.objects.all(), _render_source)),
        ("parts", render_parts(Part.objects.all())),
        ("posts", render_posts(Post.objects.all())),
        ("threads", _each(Thread.objects.all(), _render_row)),
    ):
        for differs in rendered:
            yield name, int(differs)


def raise_everything() -> None:
    """Raise every version: no cached page made before is found again (after a change of templates)."""
    for model in (Series, Part, Thread, Tag, Source):
        model._default_manager.update(version=F("version") + 1)


@atomic_write
def refresh_member(member: Member, *, was: str | None = None) -> None:
    """A member's public name changed: the posts and rows that show it, and answers that name whom they answer.

    ``was``: the username before, where it changed (or the member was erased): texts that mention it linked to a page
    which is not there any more.
    """
    shows_name = Q(author=member) | Q(answers__author=member)
    if was is not None:
        shows_name |= _links_to("member-detail", was)
    threads = Thread.objects.filter(
        Q(author=member) | Q(posts__author=member) | Q(posts__in=Post.objects.filter(shows_name))
    )
    # All at once, so that no answer to them that shows the old name comes between what is looked up and what is held.
    _hold(Thread.objects.filter(pk__in=threads.values("pk")))
    for _changed in render_posts(Post.objects.filter(shows_name)):
        pass
    for _changed in _each(Thread.objects.filter(author=member), _render_row):
        pass
    # Whoever decided is named in the thread's head; they may have written nothing in it.
    Thread.objects.filter(resolved_by=member).update(version=F("version") + 1)
    versions.raise_around_member(member)


def posts_naming_tag(slug: str) -> models.QuerySet[Post]:
    """Posts that name a tag by ``#tag``; their threads are held from now on, before the tag itself is written."""
    posts = Post.objects.filter(_links_to("tag-detail", slug))
    _hold(Thread.objects.filter(pk__in=posts.values("thread")))
    return posts


def _links_to(route: str, name: str) -> Q:
    """Posts whose text links to a page. They are looked for in the texts themselves, which takes a pass over all posts:
    names change rarely, and a row for each mention would be written with every post."""
    try:
        address = reverse(f"scs_series:{route}", args=[name])
    except NoReverseMatch:  # a host that mounts only the API: nothing links
        return Q(pk__in=())
    return Q(body_html__contains=f'href="{escape(address)}"')


def render_citing_in(series: Series) -> None:
    """The series has another address: whatever links to its sources is rendered again."""
    _render_linked(SourceLink.objects.filter(source__series=series))


def render_citing(source: Source) -> None:
    """A source's record changed: the parts and posts that cite it are rendered again."""
    links = SourceLink.objects.filter(source=source)
    _render_linked(links)
    # Its record shows beside these texts too.
    Part.objects.filter(source_links__in=links).update(version=F("version") + 1)
    Thread.objects.filter(posts__source_links__in=links).update(version=F("version") + 1)


def _render_linked(links: models.QuerySet[SourceLink]) -> None:
    for _changed in render_parts(Part.objects.filter(pk__in=links.filter(part__isnull=False).values("part"))):
        pass
    for _changed in render_posts(Post.objects.filter(pk__in=links.filter(post__isnull=False).values("post"))):
        pass
