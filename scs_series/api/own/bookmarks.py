"""Bookmarks of posts and parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.fields import Line, PartReference, PatchSerializer, Text, utc
from scs_series.api.finding import find_part, find_post
from scs_series.api.own.base import OwnSet, PlaceSerializer
from scs_series.api.parameters import Asked
from scs_series.api.schema import IDEMPOTENCY_KEY, NUMBER, asks, path_number, reading, writing
from scs_series.exceptions import InvalidInput
from scs_series.models import Bookmark
from scs_series.services import bookmarks as bookmark_services


class BookmarkSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A post or a part to find again: one of them, the other is null."""

    id = serializers.IntegerField()
    post = serializers.IntegerField(allow_null=True, help_text="The id of the post.")
    part = PlaceSerializer(allow_null=True)
    title = serializers.CharField(
        allow_null=True,
        help_text="Of the post's thread, or the part. Null where it is not shown to you any more.",
    )
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True, help_text="What is marked.")


def _represent_bookmarks(rows: Sequence[Bookmark], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "post": row.post_id,
            "part": row.part and {"series": row.part.series.slug, "number": row.part.number},
            **_what(row, addresses),
            "note": row.note,
            "created_at": utc(row.created_at),
            "api_url": addresses.api("bookmark-detail", row.pk),
        }
        for row in rows
    ]


def _what(row: Bookmark, addresses: Addresses) -> dict[str, Any]:
    """Title and address of what is marked, where it may still be seen: an address tells the title too."""
    if not row.is_shown:  # type: ignore[attr-defined]  # annotated
        return {"title": None, "html_url": None}
    if row.post:
        thread = row.post.thread
        return {
            "title": thread.title,
            "html_url": addresses.thread_page(thread.pk, thread.title, row.post.number),
        }
    assert row.part is not None  # noqa: S101  (the database holds a bookmark to one of two)
    return {
        "title": row.part.title,
        "html_url": addresses.page("part-detail", row.part.series.slug, row.part.slug),
    }


class BookmarkPatchSerializer(PatchSerializer):
    """Another note."""

    note = Line(max_length=4 * bookmark_services.NOTE_MAX_LENGTH)


class BookmarkCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What to mark: a post, or a part of a series."""

    post = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="The id of the post."
    )
    series = Text(max_length=200, required=False)
    part = PartReference(required=False, help_text="With `series`.")
    note = Line(max_length=4 * bookmark_services.NOTE_MAX_LENGTH, required=False)


_BOOKMARK = path_number("id", "The id of the bookmark.")


class BookmarkSet(OwnSet):
    """Your bookmarks, newest first."""

    queryset = Bookmark.objects.none()
    serializer_class = BookmarkSerializer
    lookup_path = "<str:id>"

    def _rows(self) -> QuerySet[Any]:
        return Bookmark.objects.for_list(self.request.user)

    @reading(
        "list_bookmarks", "Your bookmarks", "bookmarks", BookmarkSerializer(many=True),
        parameters=[asks("thread", "Only those of posts in the thread with this id.", NUMBER)],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        thread, rows = Asked(request).number("thread"), self.mine(self._rows())
        return self.page(request, rows.filter(post__thread=thread) if thread else rows, _represent_bookmarks)

    @reading("get_bookmark", "One bookmark", "bookmarks", BookmarkSerializer, parameters=[_BOOKMARK])
    def retrieve(self, request: Request, id: str) -> Response:
        return self._answer(self.one(self._rows(), id))

    @writing(
        "create_bookmark", "Mark a post or a part", "bookmarks", BookmarkCreateSerializer, BookmarkSerializer,
        status=201, parameters=[IDEMPOTENCY_KEY],
        description="There is one bookmark of a thing: sent again, it is the same one, with the note of now.",
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        self.submission_key()
        given = self.input(BookmarkCreateSerializer)
        if ("post" in given) == ("part" in given) or ("part" in given) != ("series" in given):
            raise InvalidInput("Name one thing: a post, or a part with its series.", code="one_target")
        target = (
            find_post(request.user, given["post"], field="post")
            if "post" in given
            else find_part(request.user, given["series"], given["part"], field="part")
        )
        made = bookmark_services.save_bookmark(target=target, by=request.user, note=given.get("note"))
        return self._answer(self._rows().get(pk=made.pk), status=201)

    @writing(
        "edit_bookmark", "Change its note", "bookmarks", BookmarkPatchSerializer, BookmarkSerializer,
        parameters=[_BOOKMARK],
    )  # fmt: skip
    def partial_update(self, request: Request, id: str) -> Response:
        found = self.one(self._rows(), id)
        note = self.input(BookmarkPatchSerializer)["note"]
        bookmark_services.change_note(bookmark=found, note=note, by=request.user)
        return self._answer(found)

    @writing("delete_bookmark", "Take it away", "bookmarks", None, None, status=204, parameters=[_BOOKMARK])
    def destroy(self, request: Request, id: str) -> Response:
        bookmark_services.remove_bookmark(bookmark=self.one(self._rows(), id), by=request.user)
        return Response(status=204)

    def _answer(self, row: Bookmark, status: int = 200) -> Response:
        return Response(_represent_bookmarks([row], Addresses(self.request))[0], status=status)


__all__ = ["BookmarkSet"]
