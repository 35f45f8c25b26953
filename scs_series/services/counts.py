"""Stored counts, worked out anew from what they count: reports what differed, and mends it.

Writes keep counts within their own transaction; this is the check on that, and the way back after rows were
changed behind the app's back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from scs_series.models import (
    Member,
    Notification,
    Part,
    Post,
    Reaction,
    Series,
    Source,
    SourceLink,
    SourceTag,
    Tag,
    Thread,
    ThreadTag,
)
from scs_series.services.transactions import atomic_write


class Difference(NamedTuple):
    """One stored count that was wrong."""

    model: str
    pk: int
    field: str
    stored: int
    counted: int


def _counted(queryset: models.QuerySet[Any], by: str, aggregate: Any = None) -> Coalesce:
    rows = queryset.filter(**{by: OuterRef("pk")}).order_by().values(by)
    return Coalesce(Subquery(rows.annotate(n=aggregate or Count("pk")).values("n")), 0)


def _rules() -> list[tuple[type[models.Model], str, Coalesce]]:
    """In the order in which they rest on each other: parts add up what threads say."""
    shown = Thread.objects.filter(hidden_at=None)
    posts = Post.objects.filter(status=Post.Status.PUBLISHED)
    shown_posts = posts.filter(thread__hidden_at=None)
    links = SourceLink.objects.all()
    return [
        (Thread, "post_count", _counted(posts, "thread")),
        (Part, "thread_count", _counted(shown, "part")),
        (Part, "post_count", _counted(shown, "part", Sum("post_count"))),
        (Part, "source_count", _counted(links, "part")),
        (Series, "thread_count", _counted(shown, "series")),
        (Series, "post_count", _counted(shown, "series", Sum("post_count"))),
        (Series, "source_count", _counted(Source.objects.all(), "series")),
        (Tag, "thread_count", _counted(ThreadTag.objects.filter(content_object__hidden_at=None), "tag")),
        (Tag, "source_count", _counted(SourceTag.objects.all(), "tag")),
        (Member, "thread_count", _counted(shown, "author")),
        (Member, "post_count", _counted(shown_posts, "author")),
        (Member, "source_count", _counted(Source.objects.all(), "added_by")),
        (Member, "accepted_count", _counted(_accepted_answers(), "author")),
        (Member, "reaction_count", _counted(Reaction.objects.all(), "post__author")),
        (Member, "unread_count", _counted(Notification.objects.unread(), "member")),
        (Source, "part_count", _counted(links.filter(part__isnull=False), "source")),
        (
            Source,
            "post_count",
            _counted(
                links.filter(post__status=Post.Status.PUBLISHED, post__thread__hidden_at=None), "source"
            ),
        ),
    ]


def _accepted_answers() -> models.QuerySet[Post]:
    """Answers that stand as accepted, where anybody can read them."""
    return Post.objects.filter(
        number=models.F("thread__accepted_number"),
        thread__kind=Thread.Kind.QUESTION,
        thread__resolution=Thread.Resolution.ACCEPTED,
        thread__hidden_at=None,
    )


def wrong_counts() -> Iterator[Difference]:
    """Every stored count that differs from what it counts."""
    for model, field, counted in _rules():
        rows = (
            model._default_manager.annotate(counted=counted)
            .exclude(counted=models.F(field))
            .values_list("pk", field, "counted")
        )
        for pk, stored, value in rows.iterator():
            yield Difference(model._meta.label, pk, field, stored, value)
    for pk, said, counted_words in _wrong_reactions():
        yield from _differences(pk, said, counted_words)


_Counts = dict[str, int]


def _wrong_reactions() -> Iterator[tuple[int, _Counts, _Counts]]:
    """Posts whose reactions are counted wrongly: (post, stored, counted). They are counted by word, in one field."""
    said = Reaction.objects.filter(post=OuterRef("pk"))
    posts = Post.objects.filter(~Q(reaction_counts={}) | Exists(said)).order_by("pk")
    rows = posts.values_list("pk", "reaction_counts").iterator()
    while batch := dict(itertools.islice(rows, 500)):
        counted: dict[int, _Counts] = {pk: {} for pk in batch}
        words = Reaction.objects.filter(post__in=list(batch)).order_by().values_list("post", "word")
        for pk, word, count in words.annotate(n=Count("pk")):
            counted[pk][word] = count
        for pk, stored in batch.items():
            if stored != counted[pk]:
                yield pk, stored, counted[pk]


def _differences(pk: int, stored: _Counts, counted: _Counts) -> Iterator[Difference]:
    for word in sorted(stored.keys() | counted.keys()):
        if stored.get(word, 0) != counted.get(word, 0):
            name = f"reaction_counts.{word}"
            yield Difference(Post._meta.label, pk, name, stored.get(word, 0), counted.get(word, 0))


@atomic_write
def recount() -> list[Difference]:
    """Mend every wrong count, raise the versions of what shows it, and say what was wrong."""
    differences: list[Difference] = []
    for model, field, counted in _rules():
        rows = model._default_manager.annotate(counted=counted).exclude(counted=models.F(field))
        for pk, stored, value in rows.values_list("pk", field, "counted"):
            differences.append(Difference(model._meta.label, pk, field, stored, value))
            changes: dict[str, Any] = {field: value}
            if hasattr(model, "version"):
                changes["version"] = models.F("version") + 1
            model._default_manager.filter(pk=pk).update(**changes)
    for pk, said, counted_words in list(_wrong_reactions()):
        differences += _differences(pk, said, counted_words)
        Post.objects.filter(pk=pk).update(reaction_counts=counted_words)
        Thread.objects.filter(posts=pk).update(version=models.F("version") + 1)
    return differences


def recount_members(member_ids: Iterable[int], *fields: str) -> None:
    """Set these members' counts: all, or the ``fields`` named."""
    rules = {
        field: counted
        for model, field, counted in _rules()
        if model is Member and (not fields or field in fields)
    }
    # Locked first, so that the counting below sees what others who held these rows have committed.
    rows = Member.objects.select_for_update().filter(pk__in=list(member_ids)).order_by("pk")
    Member.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(**rules)
