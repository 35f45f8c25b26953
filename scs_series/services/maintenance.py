"""Rendering stored text again: after an upgrade, a changed template, address or source record, a new name."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models, transaction
from django.db.models import F

from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.services import versions
from scs_series.services.discussion import doc_id
from scs_series.services.records import record_of
from scs_series.services.rendering import post_fragment, thread_row
from scs_series.services.sources import store_references
from scs_series.services.writing import render_again
from scs_series.text import Profile

_BATCH = 200


def render_part_again(part: Part) -> bool:
    """Render one part's stored text; say whether the result differs."""
    rendered = render_again(part.body, series=part.series, profile=Profile.PART, doc_id="")
    toc = [{"level": h.level, "id": h.id, "text": h.text} for h in rendered.headings]
    references_differ = store_references(part)
    if (part.body_html, part.toc, part.word_count) == (rendered.html, toc, rendered.word_count):
        return references_differ
    part.body_html, part.toc, part.word_count = rendered.html, toc, rendered.word_count
    Part.objects.filter(pk=part.pk).update(body_html=part.body_html, toc=toc, word_count=part.word_count)
    return True


def render_post_again(post: Post) -> bool:
    """Render one post's stored text and fragment; say whether the result differs."""
    rendered = render_again(
        post.body, series=post.thread.series, profile=Profile.POST, doc_id=doc_id(post.number)
    )
    before = post.body_html, post.fragment
    post.body_html = rendered.html
    post.fragment = post_fragment(post)
    if (post.body_html, post.fragment) == before:
        return False
    Post.objects.filter(pk=post.pk).update(body_html=post.body_html, fragment=post.fragment)
    return True


def _render_posts(posts: models.QuerySet[Post]) -> Iterator[int]:
    posts = posts.select_related("author", "answers__author", "thread__part", "thread__series").order_by("pk")
    for post in posts.iterator(chunk_size=_BATCH):
        if render_post_again(post):
            Thread.objects.filter(pk=post.thread_id).update(version=F("version") + 1)
            yield 1
        else:
            yield 0


def _render_rows(threads: models.QuerySet[Thread]) -> Iterator[int]:
    for thread in threads.select_related("author", "part").order_by("pk").iterator(chunk_size=_BATCH):
        row = thread_row(thread)
        if row == thread.row_html:
            yield 0
            continue
        Thread.objects.filter(pk=thread.pk).update(row_html=row)
        versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
        yield 1


def render_rows_of(part: Part) -> None:
    """A part was renumbered: its threads' rows say its number."""
    for _changed in _render_rows(Thread.objects.filter(part=part)):
        pass


def render_all() -> Iterator[tuple[str, int]]:
    """Render everything stored again, row by row, and yield (what, 1 if it differed) for a progress display."""
    from scs_series import bibliography

    for source in Source.objects.order_by("pk").iterator(chunk_size=_BATCH):
        record = record_of(source)
        new = {
            "label": bibliography.label(record)[:200],
            "sort_key": bibliography.sort_key(record),
            "reference_html": bibliography.reference_html(record),
        }
        changed = any(getattr(source, name) != value for name, value in new.items())
        if changed:
            Source.objects.filter(pk=source.pk).update(version=F("version") + 1, **new)
        yield "sources", int(changed)
    for part in Part.objects.select_related("series").order_by("pk").iterator(chunk_size=20):
        changed = render_part_again(part)
        if changed:
            versions.raise_part(part.pk, part.series_id)
        yield "parts", int(changed)
    for differs in _render_posts(Post.objects.all()):
        yield "posts", differs
    for differs in _render_rows(Thread.objects.all()):
        yield "threads", differs


def raise_everything() -> None:
    """Raise every version: no cached page made before is found again (after a change of templates)."""
    for model in (Series, Part, Thread, Tag, Source):
        model._default_manager.update(version=F("version") + 1)


@transaction.atomic
def refresh_member(member: Member) -> None:
    """A member's public name changed: the posts and rows that show it, and answers that name whom they answer."""
    mine = Post.objects.filter(models.Q(author=member) | models.Q(answers__author=member))
    for _changed in _render_posts(mine):
        pass
    for _changed in _render_rows(Thread.objects.filter(author=member)):
        pass
    versions.raise_around_member(member)


def render_citing_in(series: Series) -> None:
    """The series has another address: whatever links to its sources is rendered again."""
    for part in (
        Part.objects.filter(series=series, source_links__isnull=False).select_related("series").distinct()
    ):
        render_part_again(part)
    for _changed in _render_posts(Post.objects.filter(pk__in=_citing_posts(series))):
        pass


def _citing_posts(series: Series) -> models.QuerySet[SourceLink, int | None]:
    return SourceLink.objects.filter(post__thread__series=series).values_list("post_id", flat=True)
