"""Stored counts, worked out anew from what they count: reports what differed, and mends it.

Writes keep counts within their own transaction; this is the check on that, and the way back after rows were
changed behind the app's back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from scs_series.models import (
    Member,
    Notification,
    Part,
    Post,
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
    return differences


def recount_members(member_ids: Iterable[int]) -> None:
    """Set these members' counts."""
    rules = {field: counted for model, field, counted in _rules() if model is Member}
    # Locked first, so that the counting below sees what others who held these rows have committed.
    rows = Member.objects.select_for_update().filter(pk__in=list(member_ids)).order_by("pk")
    Member.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(**rules)
