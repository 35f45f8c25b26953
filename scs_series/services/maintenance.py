"""Rendering stored text again: after an upgrade, a changed template, address or source record, a new name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape

from scs_series import bibliography
from scs_series.models import Member, Part, Post, PostRevision, Series, Source, SourceLink, Tag, Thread
from scs_series.services import versions
from scs_series.services.records import record_of
from scs_series.services.rendering import post_fragment, render_post_again, thread_row
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

    ``was``: the username before, where it changed: texts that mention it linked to a page which is not there any more.
    """
    raise_naming(member, was=was)
    for _looked_at in refresh_names(member, was=was):
        pass


def raise_naming(member: Member, *, was: str | None = None) -> None:
    """Hold every thread that shows a member's name, and raise it and whatever else shows that name.

    All at once, so that no answer to them that shows the old name comes between what is looked up and what is held;
    an answer that was begun before finds another version under the lock, and looks at the names again.
    """
    posts, states = Post.objects.filter(author=member), PostRevision.objects.filter(editor=member)
    threads = Thread.objects.filter(
        Q(author=member)
        | Q(resolved_by=member)
        | Q(accepted_by=member)
        | Q(pk__in=posts.values("thread"))
        | Q(pk__in=Post.objects.filter(edited_by=member).values("thread"))
        | Q(pk__in=states.values("post__thread"))
        | Q(pk__in=_mentioning(was).values("thread"))
    )
    _hold(threads)
    threads.update(version=F("version") + 1)
    versions.raise_around_member(member)


def refresh_names(member: Member, *, was: str | None = None) -> Iterator[int]:
    """Put a member's name of now into stored posts and rows; yields how many each step looked at.

    Of a post only the fragment is made again: its text does not hold who wrote it. Texts that mention the name that the
    member had (``was``) are rendered whole.
    """
    for batch in _batches(_mentioning(was)):
        yield len(_render_posts(batch))
    naming = (
        Post.objects.filter(author=member),
        Post.objects.filter(answers__author=member),
        Post.objects.filter(thread__accepted_by=member, number=F("thread__accepted_number")),
    )
    for posts in naming:
        for batch in _batches(posts):
            yield _fragments_again(batch)
    for batch in _batches(Thread.objects.filter(author=member)):
        yield _rows_again(batch)


@atomic_write
def _fragments_again(pks: list[int]) -> int:
    posts = Post.objects.filter(pk__in=pks)
    _hold(Thread.objects.filter(pk__in=posts.values("thread")))
    differ = []
    for post in posts.select_related("author", "answers__author", "thread").defer("body"):
        fragment = post_fragment(post)
        if fragment != post.fragment:
            post.fragment = fragment
            differ.append(post)
    Post.objects.bulk_update(differ, ["fragment"], batch_size=50)
    Thread.objects.filter(pk__in={post.thread_id for post in differ}).update(version=F("version") + 1)
    return len(pks)


@atomic_write
def _rows_again(pks: list[int]) -> int:
    _hold(Thread.objects.filter(pk__in=pks))
    differ = []
    for thread in Thread.objects.filter(pk__in=pks).select_related("author", "part"):
        row = thread_row(thread)
        if row != thread.row_html:
            thread.row_html = row
            differ.append(thread)
    Thread.objects.bulk_update(differ, ["row_html"], batch_size=50)
    changed = [thread.pk for thread in differ]
    raised = {"version": F("version") + 1}
    Thread.objects.filter(pk__in=changed).update(**raised)
    Part.objects.filter(pk__in={thread.part_id for thread in differ}).update(**raised)
    Series.objects.filter(pk__in={thread.series_id for thread in differ}).update(**raised)
    Tag.objects.filter(thread_items__content_object__in=changed).update(**raised)
    return len(pks)


def _mentioning(username: str | None) -> models.QuerySet[Post]:
    """Posts whose text links to the page of a member of this name."""
    return Post.objects.filter(_links_to("member-detail", username)) if username else Post.objects.none()


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
