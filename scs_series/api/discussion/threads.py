"""Threads: found under a part, a series or a tag, started, edited, moderated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.discussion.thread_acts import ThreadActs
from scs_series.api.discussion.thread_rows import (
    COLUMNS,
    DETAILS,
    TAG_COLUMNS,
    TAG_ORDER,
    ThreadRowSerializer,
    ThreadSerializer,
    represent_thread,
    represent_threads,
)
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, Markdown, PartReference, PatchSerializer, TagNames, Text
from scs_series.api.finding import find_part, find_tag, find_thread, part_id, series_id, tag_id
from scs_series.api.parameters import Asked, as_number
from scs_series.api.readings import THREAD_ID
from scs_series.api.schema import IDEMPOTENCY_KEY, asks, reading, writing
from scs_series.exceptions import InvalidInput
from scs_series.models import Thread, ThreadTag
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
# ---------------------------------------------------------------------- what is asked for most, compiled once
_one: Seen[Any] = Seen(
    lambda reader, at, pk: (
        Thread.objects.visible_to(reader, at)
        .filter(pk=pk)
        .order_by()
        .values_list(*COLUMNS, *DETAILS, named=True)
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


class ThreadSet(ThreadActs):
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

    @reading("get_thread", "One thread", "threads", ThreadSerializer, parameters=[THREAD_ID])
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
        parameters=[THREAD_ID],
    )
    def partial_update(self, request: Request, id: str) -> Response:
        thread = find_thread(request.user, id)
        services.edit_thread(thread=thread, by=request.user, **self.input(ThreadPatchSerializer))
        return self._answer(thread.id)


__all__ = ["ThreadSet"]
