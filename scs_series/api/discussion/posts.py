"""Posts: a thread walked by number, answering, editing with both texts kept, moderating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.discussion.post_acts import POST_ID, PostActs
from scs_series.api.discussion.post_rows import (
    COLUMNS,
    PostRevisionSerializer,
    PostSerializer,
    represent_revisions,
)
from scs_series.api.errors import NotThere
from scs_series.api.fields import Line, Markdown, PatchSerializer
from scs_series.api.finding import find_post, find_thread, last_number
from scs_series.api.pagination import KeysetPagination
from scs_series.api.parameters import Asked, as_number
from scs_series.api.schema import IDEMPOTENCY_KEY, NUMBER, asks, reading, writing
from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput
from scs_series.models import Post, PostRevision, Thread
from scs_series.policies import policy
from scs_series.prepared import Prepared
from scs_series.services import discussion as services
from scs_series.services.reading import branch_of, first_number_since
from scs_series.services.writing import refuse_empty

_HIGHEST = 2**31 - 1


class PostCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """An answer to write."""

    thread = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The id of the thread.")
    body = Markdown(
        setting="POST_MAX_LENGTH",
        rule=refuse_empty,
        help_text="Markdown; `[@key]` cites a source of the series.",
    )
    answers = serializers.IntegerField(
        min_value=1,
        max_value=_HIGHEST,
        required=False,
        allow_null=True,
        help_text="The number of the post it answers.",
    )


class PostPatchSerializer(PatchSerializer):
    """A new text of a post. The old one is kept as a revision."""

    body = Markdown(setting="POST_MAX_LENGTH", rule=refuse_empty, help_text="Markdown.")
    expected_revision = serializers.IntegerField(
        min_value=1, max_value=_HIGHEST, help_text="The revision you started from."
    )
    reason = Line(max_length=services.REASON_MAX_LENGTH, required=False, help_text="Why, for the history.")


#: Compiled once: a page of a thread is what is asked for most.
_between = Prepared(
    lambda thread, first, last: (
        Post.objects.filter(thread=thread, number__range=(first, last))
        .order_by("number")
        .values_list(*COLUMNS, named=True)
    )
)


class PostPagination(KeysetPagination):
    """A whole thread is walked by the number to begin with: numbers have no gaps, so they are its keys."""

    def between(self, request: Request, thread: int, start: int, last: int) -> list[Any]:
        """One page from ``start`` on of a thread whose last post is ``last``."""
        size = self.size_of(request)
        start = min(start, max(1, last))
        if start > 1:
            here = self._from(request, max(1, start - size))
            self.previous_url = replace_query_param(here, self.size_param, min(size, start - 1))
        if start + size <= last:
            self.next_url = self._from(request, start + size)
        return _between(thread=thread, first=start, last=start + size - 1)

    def _from(self, request: Request, number: int) -> str:
        here = remove_query_param(request.build_absolute_uri(), "from_date")
        return replace_query_param(here, "from", number)


def _begins_a_page(number: str) -> bool:
    """As one walks a thread from its first post on; beginnings at any number would be as many as there are posts."""
    return number[:1] not in "0" and ((as_number(number) or 0) - 1) % int(app_settings.API_PAGE_SIZE) == 0


class PostSet(PostActs):
    """Posts of threads you may read. With a thread: all of it by number. Without: the newest that are listed to you."""

    queryset = Post.objects.none()
    serializer_class = PostSerializer
    pagination_class = PostPagination
    lookup_path = "<str:id>"
    kept_by = ("thread",)

    def get_order(self) -> Sequence[str]:
        if self.action == "revisions":
            return ("-number",)
        if self.action == "reactions":
            return ("-id",)
        return ("number",) if self.request.GET.get("thread") else ("-created_at", "-id")

    def _reads(self) -> dict[str, Callable[[str], bool]]:
        return {**super()._reads(), "from": _begins_a_page}

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        if action == "reactions":  # it shows names, and those of who reacted raise no thread
            return None
        if action == "list":
            return marks.of_thread(request.GET.get("thread"))
        return marks.of_post(self.kwargs.get("id"))

    @reading(
        "list_posts", "Posts of a thread by number, or the newest of all", "posts", PostSerializer(many=True),
        parameters=[
            asks("thread", "The id of a thread.", NUMBER),
            asks("from", "With `thread`: begin at this number, or at the last post where it is beyond that.", NUMBER),
            asks("from_date", "With `thread`: begin at the first post of this day or after, as 2026-11-15; or at the last post."),
            asks("number_gte", "Only posts of this number and above, for what is new to you.", NUMBER),
            asks("branch", "With `thread`: the post of this number, what it answers, and all that answers it, directly or through others.", NUMBER),
            asks("author", "A username."),
        ],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        asked = Asked(request)
        pk, author = asked.number("thread"), asked.name("author")
        start, least, branch = asked.number("from"), asked.number("number_gte"), asked.number("branch")
        represent = self._represent
        if branch and pk is None:
            raise InvalidInput("Name the thread of this branch.", code="required", field="thread")
        if pk is None:
            # Stubs say something in their place in a thread, and nothing here.
            posts = Post.objects.filter(thread__in=Thread.objects.listed_to(request.user)).published()
        else:
            last = last_number(request.user, pk, field="thread")
            if request.GET.get("from_date"):
                start = self._since(pk, request.GET["from_date"]) or last
            if not (author or least or branch or "cursor" in request.GET):
                found = self.paginator.between(request, pk, start or 1, last)  # type: ignore[union-attr]
                response = self.get_paginated_response(represent(found, Addresses(request)))
                if (
                    start and start > last
                ):  # the last post, whatever was asked for: not kept under every number
                    response.headers["Cache-Control"] = "no-store"
                return response
            posts = Post.objects.filter(thread=pk)
            if branch:
                posts = posts.filter(number__in=self._branch(pk, branch))
        if least:
            posts = posts.filter(number__gte=min(least, _HIGHEST))
        if author:
            posts = posts.filter(author__username=author)
        return self.page(request, posts.values_list(*COLUMNS, named=True), represent)

    def _branch(self, thread: int, number: int) -> Sequence[int]:
        found = branch_of(thread, number) if number <= _HIGHEST else None
        if found is None:
            raise NotThere("branch")
        above, below = found
        return [*above, number, *below]

    def _since(self, thread: int, day: str) -> int | None:
        try:
            return first_number_since(thread, day)
        except InvalidInput as error:
            error.field = "from_date"
            raise

    @reading("get_post", "One post", "posts", PostSerializer, parameters=[POST_ID])
    def retrieve(self, request: Request, id: str) -> Response:
        visible = Post.objects.visible_to(request.user).filter(pk=as_number(id) or 0)
        row = visible.order_by().values_list(*COLUMNS, named=True).first()
        if row is None:
            raise NotThere
        return Response(self._represent([row], Addresses(request))[0])

    @writing(
        "create_post", "Answer in a thread", "posts", PostCreateSerializer, PostSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        key = self.submission_key()
        given = self.input(PostCreateSerializer)
        thread = find_thread(request.user, given["thread"], field="thread")
        post = services.reply(
            thread=thread,
            by=request.user,
            body=given["body"],
            answers=given.get("answers"),
            submission_key=key,
        )
        return self._answer(post.pk, status=201)

    @writing(
        "edit_post",
        "Change the text of a post",
        "posts",
        PostPatchSerializer,
        PostSerializer,
        parameters=[POST_ID],
    )
    def partial_update(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        services.edit_post(post=post, by=request.user, **self.input(PostPatchSerializer))
        return self._answer(post.id)

    @reading(
        "list_post_revisions", "Earlier states of a post, newest first", "posts", PostRevisionSerializer(many=True),
        parameters=[POST_ID],
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def revisions(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        if post.is_hidden and not policy.can_see_hidden_post(request.user, post):
            raise NotThere
        self.differs_by_reader = post.is_hidden
        return self.page(
            request, PostRevision.objects.filter(post=post).select_related("editor"), represent_revisions
        )


__all__ = ["PostSet"]
