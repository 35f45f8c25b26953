"""Threads as every answer shows them: what is read of them, and what is said of that."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from scs_series.api.addresses import Addresses
from scs_series.api.fields import Choice, utc
from scs_series.api.members import AuthorSerializer, represent_name
from scs_series.api.sources import PartRefSerializer, represent_part_ref
from scs_series.api.tagging import TagRefSerializer, represent_tag_ref
from scs_series.models import Thread, ThreadTag
from scs_series.prepared import Prepared

#: What is read of a thread: tuples with names, at half the price of model instances.
COLUMNS = (
    "id", "series__slug", "part__number", "part__slug", "part__title", "kind", "title",
    "author__username", "author__display_name", "pinned_at", "locked_at", "locked_reason", "hidden_at",
    "hidden_reason", "post_count", "last_number", "created_at", "last_post_at", "revision_number", "version",
    "resolution", "accepted_number",
)  # fmt: skip
#: Besides these, of a thread that is asked for alone: names that no list's version covers.
DETAILS = (
    "accepted_at", "resolved_at", "resolved_by", "resolved_by__username", "resolved_by__display_name",
    "resolved_reason",
)  # fmt: skip

#: Under a tag, ThreadTag's index is walked, and takes each thread's columns along.
#: By the column and not by the relation: that would bring in the threads' own order, and leave the index.
TAG_ORDER = ("-last_activity_at", "-content_object_id")
TAG_COLUMNS = ("content_object_id", "last_activity_at", *(f"content_object__{name}" for name in COLUMNS))
#: A row of COLUMNS read by way of something else.
_Row = namedtuple("_Row", COLUMNS)  # type: ignore[misc]  # the names are those above


_tags_of = Prepared(
    lambda **threads: (
        ThreadTag.objects.filter(content_object__in=list(threads.values()))
        .order_by("tag__name")
        .values_list("content_object_id", "tag__slug", "tag__name")
    )
)


class ThreadRowSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A discussion under one part, as a list has it."""

    id = serializers.IntegerField()
    series = serializers.CharField(help_text="The slug of the series.")
    part = PartRefSerializer()
    kind = Choice(Thread.Kind, name="ThreadKind")
    title = serializers.CharField()
    author = AuthorSerializer()
    tags = TagRefSerializer(many=True)
    pinned_at = serializers.DateTimeField(allow_null=True)
    locked_at = serializers.DateTimeField(
        allow_null=True, help_text="Locked: it can be read, but not answered."
    )
    locked_reason = serializers.CharField()
    hidden_at = serializers.DateTimeField(allow_null=True, help_text="Hidden: only moderators see it.")
    hidden_reason = serializers.CharField()
    resolution = Choice(
        Thread.Resolution, name="Resolution", allow_null=True,
        help_text="Of a correction or a source: what was decided. Of a question: `accepted` once an answer is. Null in discussions.",
    )  # fmt: skip
    accepted = serializers.IntegerField(
        allow_null=True, help_text="Of a question: the number of the accepted answer."
    )
    post_count = serializers.IntegerField(help_text="Posts shown, the opening one included.")
    last_number = serializers.IntegerField(help_text="The number of the last post.")
    revision = serializers.IntegerField(help_text="Of title, kind and tags: send it as `expected_revision`.")
    created_at = serializers.DateTimeField()
    last_post_at = serializers.DateTimeField()
    api_url = serializers.URLField()
    posts_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


class ThreadSerializer(ThreadRowSerializer):
    """A discussion under one part. Its posts, the opening one first, are a list of their own."""

    accepted_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = AuthorSerializer(allow_null=True, help_text="Who decided, or opened it again.")
    resolved_reason = serializers.CharField()
    version = serializers.IntegerField(help_text="Raised by every change of the thread or of a post in it.")


def represent_threads(rows: Sequence[Any], addresses: Addresses) -> list[dict[str, Any]]:
    """``rows`` are named tuples of COLUMNS, or of TAG_COLUMNS; one query for all tags."""
    rows = [_Row._make(row[2:]) if len(row) > len(COLUMNS) else row for row in rows]
    tags: dict[int, list[dict[str, Any]]] = {row.id: [] for row in rows}
    for pk, slug, name in _tags_of(**{f"t{place}": pk for place, pk in enumerate(tags)}) if tags else ():
        tags[pk].append(represent_tag_ref(slug, name, addresses))
    posts_url = addresses.api("post-list")
    return [
        {
            "id": row.id,
            "series": row.series__slug,
            "part": represent_part_ref(
                row.series__slug, row.part__number, row.part__slug, row.part__title, addresses
            ),
            "kind": row.kind,
            "title": row.title,
            "author": represent_name(row.author__username, row.author__display_name, addresses),
            "tags": tags[row.id],
            "pinned_at": utc(row.pinned_at),
            "locked_at": utc(row.locked_at),
            "locked_reason": row.locked_reason,
            "hidden_at": utc(row.hidden_at),
            "hidden_reason": row.hidden_reason,
            "resolution": None if row.kind == Thread.Kind.DISCUSSION else row.resolution,
            "accepted": row.accepted_number if _is_answered(row) else None,
            "post_count": row.post_count,
            "last_number": row.last_number,
            "revision": row.revision_number,
            "created_at": utc(row.created_at),
            "last_post_at": utc(row.last_post_at),
            "api_url": addresses.api("thread-detail", row.id),
            "posts_url": f"{posts_url}?thread={row.id}",
            "html_url": addresses.thread_page(row.id, row.title),
        }
        for row in rows
    ]


def represent_thread(row: Any, addresses: Addresses) -> dict[str, Any]:
    """With its version, which may rise while no list that shows the thread is any different. Of COLUMNS and DETAILS."""
    decided = row.resolved_by is not None and row.kind != Thread.Kind.DISCUSSION
    name = (row.resolved_by__username, row.resolved_by__display_name)
    return {
        **represent_threads([_Row._make(row[: len(COLUMNS)])], addresses)[0],
        "accepted_at": utc(row.accepted_at) if _is_answered(row) else None,
        "resolved_at": utc(row.resolved_at) if decided else None,
        "resolved_by": represent_name(*name, addresses) if decided else None,
        "resolved_reason": row.resolved_reason if decided else "",
        "version": row.version,
    }


def _is_answered(row: Any) -> bool:
    return Thread(kind=row.kind, resolution=row.resolution).is_answered
