"""Threads: found under a part, a series or a tag, started, edited, moderated."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, Line, Markdown, PartReference, PatchSerializer, TagNames, Text, utc
from scs_series.api.finding import find_part, find_tag, find_thread, part_id, series_id, tag_id
from scs_series.api.members import AuthorSerializer, represent_name
from scs_series.api.parameters import Asked, as_number
from scs_series.api.readings import ThreadReadingActions
from scs_series.api.schema import IDEMPOTENCY_KEY, asks, path_number, reading, writing
from scs_series.api.sources import PartRefSerializer, represent_part_ref
from scs_series.api.tagging import TagRefSerializer, represent_tag_ref
from scs_series.exceptions import InvalidInput
from scs_series.models import Post, Thread, ThreadTag
from scs_series.prepared import Prepared
from scs_series.readers import Seen
from scs_series.services import discussion as services
from scs_series.services.writing import refuse_empty

#: What ``?order=`` may say, and the columns it walks: each has its index under a part.
ORDERS = {
    "active": ("-last_post_at", "-id"),
    "new": ("-created_at", "-id"),
    "answers": ("-post_count", "-id"),
    "unanswered": ("-created_at", "-id"),
}
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


# ---------------------------------------------------------------------- what is asked for most, compiled once
_one: Seen[Any] = Seen(
    lambda reader, at, pk: (
        Thread.objects.visible_to(reader, at)
        .filter(pk=pk)
        .order_by()
        .values_list(*COLUMNS, *DETAILS, named=True)
    )
)
_tags_of = Prepared(
    lambda **threads: (
        ThreadTag.objects.filter(content_object__in=list(threads.values()))
        .order_by("tag__name")
        .values_list("content_object_id", "tag__slug", "tag__name")
    )
)


@lru_cache(maxsize=64)
def _first_under_part(order: tuple[str, ...], rows: int) -> Seen[Any]:
    return Seen(
        lambda reader, at, part: (
            Thread.objects.visible_to(reader, at)
            .filter(part=part)
            .order_by(*order)
            .values_list(*COLUMNS, named=True)[:rows]
        )
    )


@lru_cache(maxsize=64)
def _first_under_tag(rows: int) -> Seen[Any]:
    def build(reader: Any, at: Any, tag: Any) -> Any:
        listed = Thread.objects.listed_to(reader, at)
        items = ThreadTag.objects.filter(tag=tag, content_object__in=listed.order_by().values("pk"))
        return items.order_by(*TAG_ORDER).values_list(*TAG_COLUMNS, named=True)[:rows]

    return Seen(build)


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


class ThreadPatchSerializer(PatchSerializer):
    """What of a thread to change; what is left out stays."""

    title = Text(setting="TITLE_MAX_LENGTH", rule=services.clean_title, allow_blank=True, required=False)
    kind = Choice(Thread.Kind, name="ThreadKind", required=False)
    tags = TagNames(required=False, help_text="Names. All of them: what is not named is taken away.")
    expected_revision = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False,
        help_text="The revision you started from: where another is in force, nothing is changed.",
    )  # fmt: skip


class ThreadCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A thread to start, with its opening post."""

    series = Text(max_length=200, help_text="The slug of the series.")
    part = PartReference(help_text="Its number or slug.")
    title = Text(setting="TITLE_MAX_LENGTH", rule=services.clean_title, allow_blank=True)
    body = Markdown(setting="POST_MAX_LENGTH", rule=refuse_empty, help_text="The opening post, in Markdown.")
    kind = Choice(Thread.Kind, name="ThreadKind", required=False, default=Thread.Kind.DISCUSSION.value)
    tags = TagNames(
        required=False, help_text="Names; new ones come into being where the host lets members make them."
    )


class ReasonSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Why; shown beside what was done."""

    reason = Line(max_length=services.REASON_MAX_LENGTH, required=False)


class AcceptSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The answer to accept."""

    post = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Its number in the thread.")


class ResolveSerializer(ReasonSerializer):
    """What was decided of a correction or a source."""

    resolution = Choice(Thread.Resolution, name="Resolution", help_text="`open` takes a decision back.")


_ID = path_number("id", "The id of the thread.")


class ThreadSet(ThreadReadingActions):
    """Threads under what you may read."""

    queryset = Thread.objects.none()
    serializer_class = ThreadSerializer
    lookup_path = "<str:id>"
    kept_by = ("series", "part", "kind", "state", "tag", "order")

    def get_order(self) -> tuple[str, ...]:
        return ORDERS[Asked(self.request).choice("order", ORDERS) or "active"]

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        if action == "reading":  # the reader's own
            return None
        return marks.of_threads(request) if action == "list" else marks.of_thread(self.kwargs.get("id"))

    @reading(
        "list_threads", "Threads, the active ones first", "threads", ThreadRowSerializer(many=True),
        parameters=[
            asks("series", "The slug of a series."),
            asks("part", "The number or slug of a part of that series."),
            asks("kind", "What the thread is for.", enum=Thread.Kind.values),
            asks("state", "What came of it: of questions `accepted` once they have an answer. Discussions come to nothing.", enum=Thread.Resolution.values),
            asks("tag", "The slug of a tag."),
            asks("author", "A username."),
            asks("order", "By last activity, by start, by number of posts; or, by start, only those that nobody answered.", enum=list(ORDERS), default="active"),
        ],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        asked = Asked(request)
        series, part, tag = asked.name("series"), asked.name("part"), asked.name("tag")
        kind, author = asked.choice("kind", Thread.Kind.values), asked.name("author")
        state = asked.choice("state", Thread.Resolution.values)
        if part and not series:
            raise InvalidInput("Name the series of this part.", code="required", field="series")
        found_part = part_id(request.user, series, part, field="part") if part else None
        found_series = series_id(request.user, series, field="series") if series and not part else None
        found_tag = tag_id(tag, field="tag") if tag else None
        order = self.get_order()
        unanswered = asked.choice("order", ORDERS) == "unanswered"
        by_activity = found_tag is not None and order == ORDERS["active"]
        if not (kind or state or author or unanswered or "cursor" in request.GET):
            rows = self.paginator.size_of(request) + 1  # type: ignore[union-attr]
            if found_part and not found_tag:
                found = _first_under_part(order, rows)(request.user, part=found_part)
                return self._first(request, found, order)
            if found_tag and by_activity and not series:
                found = _first_under_tag(rows)(request.user, tag=found_tag)
                if not found:
                    find_tag(request.user, tag, field="tag")
                return self._first(request, found, TAG_ORDER)
        if tag:
            find_tag(request.user, tag, field="tag")
        threads = (
            Thread.objects.visible_to(request.user) if series else Thread.objects.listed_to(request.user)
        )
        if found_part:
            threads = threads.filter(part=found_part)
        elif found_series:
            threads = threads.filter(series=found_series)
        if kind:
            threads = threads.filter(kind=kind)
        if state:
            threads = threads.filter(resolution=state).exclude(kind=Thread.Kind.DISCUSSION)
        if author:
            threads = threads.filter(author__username=author)
        if unanswered:
            threads = threads.filter(post_count__lte=1)
        if by_activity:
            self.get_order = lambda: TAG_ORDER  # type: ignore[method-assign]
            items = ThreadTag.objects.filter(
                tag=found_tag, content_object__in=threads.order_by().values("pk")
            )
            return self.page(request, items.values_list(*TAG_COLUMNS, named=True), represent_threads)
        if found_tag:
            threads = threads.filter(tag_items__tag=found_tag)
        return self.page(request, threads.values_list(*COLUMNS, named=True), represent_threads)

    def _first(self, request: Request, found: Sequence[Any], order: tuple[str, ...]) -> Response:
        rows = self.paginator.first(request, found, order)  # type: ignore[union-attr]
        return self.get_paginated_response(represent_threads(rows, Addresses(request)))

    @reading("get_thread", "One thread", "threads", ThreadSerializer, parameters=[_ID])
    def retrieve(self, request: Request, id: str) -> Response:
        row = _one.first(request.user, pk=as_number(id) or 0)
        if row is None:
            raise NotThere
        return Response(represent_thread(row, Addresses(request)))

    @writing(
        "start_thread", "Start a thread", "threads", ThreadCreateSerializer, ThreadSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        key = self.submission_key()
        given = self.input(ThreadCreateSerializer)
        part = find_part(request.user, given["series"], given["part"], field="part")
        thread = services.start_thread(
            part=part, by=request.user, title=given["title"], body=given["body"], kind=given["kind"],
            tags=given.get("tags", ()), submission_key=key,
        )  # fmt: skip
        row = _one.first(request.user, pk=thread.pk)
        if row is None:
            raise NotThere  # sent again after moderators hid it
        return Response(represent_thread(row, Addresses(request)), status=201)

    @writing(
        "edit_thread",
        "Change title, kind or tags",
        "threads",
        ThreadPatchSerializer,
        ThreadSerializer,
        parameters=[_ID],
    )
    def partial_update(self, request: Request, id: str) -> Response:
        thread = find_thread(request.user, id)
        services.edit_thread(thread=thread, by=request.user, **self.input(ThreadPatchSerializer))
        return self._answer(thread.id)

    @writing(
        "pin_thread",
        "Keep a thread at the head of its part's list",
        "threads",
        None,
        ThreadSerializer,
        parameters=[_ID],
    )
    @action(detail=True, methods=["post"])
    def pin(self, request: Request, id: str) -> Response:
        return self._change(services.pin_thread, id)

    @writing("unpin_thread", "Undo it", "threads", None, ThreadSerializer, parameters=[_ID])
    @action(detail=True, methods=["post"])
    def unpin(self, request: Request, id: str) -> Response:
        return self._change(services.unpin_thread, id)

    @writing(
        "lock_thread",
        "Close a thread to answers",
        "threads",
        ReasonSerializer,
        ThreadSerializer,
        parameters=[_ID],
    )
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, id: str) -> Response:
        return self._change(services.lock_thread, id, **self.input(ReasonSerializer))

    @writing("unlock_thread", "Open it again", "threads", None, ThreadSerializer, parameters=[_ID])
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, id: str) -> Response:
        return self._change(services.unlock_thread, id)

    @writing(
        "hide_thread",
        "Take a thread out of every page",
        "threads",
        ReasonSerializer,
        ThreadSerializer,
        parameters=[_ID],
    )
    @action(detail=True, methods=["post"])
    def hide(self, request: Request, id: str) -> Response:
        return self._change(services.hide_thread, id, **self.input(ReasonSerializer))

    @writing("unhide_thread", "Show it again", "threads", None, ThreadSerializer, parameters=[_ID])
    @action(detail=True, methods=["post"])
    def unhide(self, request: Request, id: str) -> Response:
        return self._change(services.unhide_thread, id)

    @writing(
        "accept_answer",
        "Mark the post that answers a question",
        "threads",
        AcceptSerializer,
        ThreadSerializer,
        parameters=[_ID],
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, id: str) -> Response:
        thread = find_thread(request.user, id)
        number = self.input(AcceptSerializer)["post"]
        post = Post.objects.filter(thread=thread, number=number).first()
        if post is None:
            raise NotThere("post")
        services.accept_answer(thread=thread, post=post, by=request.user)
        return self._answer(thread.pk)

    @writing("unaccept_answer", "Take the mark away", "threads", None, ThreadSerializer, parameters=[_ID])
    @action(detail=True, methods=["post"])
    def unaccept(self, request: Request, id: str) -> Response:
        return self._change(services.accept_answer, id, post=None)

    @writing(
        "resolve_thread",
        "Accept or decline a correction or a source, or open it again",
        "threads",
        ResolveSerializer,
        ThreadSerializer,
        parameters=[_ID],
    )
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, id: str) -> Response:
        return self._change(services.resolve_thread, id, **self.input(ResolveSerializer))

    def _change(self, service: Callable[..., bool], pk: str, **given: Any) -> Response:
        """Where the state holds already, nothing happens and the answer is the same."""
        thread = find_thread(self.request.user, pk)
        service(thread=thread, by=self.request.user, **given)
        return self._answer(thread.pk)

    def _answer(self, pk: int) -> Response:
        """As a GET would; also what the writer has just taken out of their own sight."""
        row = Thread.objects.filter(pk=pk).values_list(*COLUMNS, *DETAILS, named=True).get()
        return Response(represent_thread(row, Addresses(self.request)))


__all__ = ["ReasonSerializer", "ThreadSet"]
