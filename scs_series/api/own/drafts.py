"""Drafts: what one has typed and not sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses, thread_slug
from scs_series.api.fields import Choice, Line, Markdown, PartReference, PatchSerializer, Text, utc
from scs_series.api.finding import find_part, find_thread
from scs_series.api.own.base import OwnSet, PlaceSerializer
from scs_series.api.schema import IDEMPOTENCY_KEY, path_number, reading, writing
from scs_series.exceptions import InvalidInput
from scs_series.models import Draft, Thread
from scs_series.services import drafts as draft_services

_KIND = [*Thread.Kind.values, ""]


class DraftSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """An answer in a thread or a new thread under a part that was not sent: one of the two places, the other is null."""

    id = serializers.IntegerField()
    thread = serializers.IntegerField(allow_null=True, help_text="The id of the thread that it answers.")
    part = PlaceSerializer(allow_null=True, help_text="Where it will be a new thread.")
    place = serializers.CharField(
        allow_null=True, help_text="Title of the thread or part. Null where it is not shown to you any more."
    )
    body = serializers.CharField(help_text="Markdown, as it was typed.")
    answers = serializers.IntegerField(allow_null=True, help_text="The number of the post that it answers.")
    title = serializers.CharField(help_text="Of a new thread, as are `kind` and `tags`.")
    kind = Choice(_KIND, name="DraftKind")
    tags = serializers.CharField(help_text="As they were typed, with commas between.")
    submission_key = serializers.CharField(
        help_text="The `Idempotency-Key` to send the text with: from wherever it is sent, it is one post then."
    )
    stamp = serializers.CharField(help_text="Names this state; the next save tells it as `known`.")
    updated_at = serializers.DateTimeField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True, help_text="The form to go on in.")


def _represent_drafts(rows: Sequence[Draft], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "thread": row.thread_id,
            "part": row.part and {"series": row.part.series.slug, "number": row.part.number},
            **_where(row, addresses),
            "body": row.body,
            "answers": row.answers,
            "title": row.title,
            "kind": row.kind,
            "tags": row.tags,
            "submission_key": row.submission_key,
            "stamp": row.stamp,
            "updated_at": utc(row.updated_at),
            "api_url": addresses.api("draft-detail", row.pk),
        }
        for row in rows
    ]


def _where(row: Draft, addresses: Addresses) -> dict[str, Any]:
    """Title and form of its place, where that may still be seen: an address tells the title too."""
    if not row.is_shown:  # type: ignore[attr-defined]  # annotated
        return {"place": None, "html_url": None}
    if row.thread:
        slug = thread_slug(row.thread.title)
        return {
            "place": row.thread.title,
            "html_url": addresses.page("post-create", row.thread.pk, slug),
        }
    assert row.part is not None  # noqa: S101  (the database holds a draft to one of two)
    return {
        "place": row.part.title,
        "html_url": addresses.page("thread-create", row.part.series.slug, row.part.slug),
    }


_KNOWN = (
    "The `stamp` of the state that it was typed over. Where another is kept, the answer is 409 `stale_draft`."
)


class DraftPatchSerializer(PatchSerializer):
    """What is typed now."""

    body = Markdown(setting="POST_MAX_LENGTH", required=False)
    answers = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, allow_null=True, required=False, help_text="In a thread."
    )
    title = Line(max_length=1_000, required=False, help_text="Of a new thread, as are `kind` and `tags`.")
    kind = Choice(_KIND, name="DraftKind", required=False)
    tags = Line(max_length=5_000, required=False)
    known = Line(max_length=32, help_text=_KNOWN)


class DraftCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What is typed, for a thread that it answers, or for a part of a series under which it will be a new thread."""

    thread = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    series = Text(max_length=200, required=False)
    part = PartReference(required=False, help_text="With `series`.")
    body = Markdown(setting="POST_MAX_LENGTH", required=False)
    answers = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, required=False)
    title = Line(max_length=1_000, required=False, help_text="Of a new thread, as are `kind` and `tags`.")
    kind = Choice(_KIND, name="DraftKind", required=False)
    tags = Line(max_length=5_000, required=False)
    known = Line(max_length=32, required=False, help_text=_KNOWN)


_DRAFT = path_number("id", "The id of the draft.")
_TYPED = ("body", "answers", "title", "kind", "tags")


class DraftSet(OwnSet):
    """Your drafts, saved last first."""

    queryset = Draft.objects.none()
    serializer_class = DraftSerializer
    lookup_path = "<str:id>"
    order = ("-updated_at", "-id")

    def _rows(self) -> QuerySet[Any]:
        return Draft.objects.for_list(self.request.user)

    @reading("list_drafts", "Your drafts", "drafts", DraftSerializer(many=True))
    def list(self, request: Request) -> Response:
        return self.page(request, self.mine(self._rows()), _represent_drafts)

    @reading("get_draft", "One draft", "drafts", DraftSerializer, parameters=[_DRAFT])
    def retrieve(self, request: Request, id: str) -> Response:
        return self._answer(self.one(self._rows(), id))

    @writing(
        "create_draft", "Keep what is typed", "drafts", DraftCreateSerializer, DraftSerializer,
        status=201, parameters=[IDEMPOTENCY_KEY],
        description=(
            "There is one draft for a place. `Idempotency-Key` is the one that the text itself will be sent with: once "
            "it was, the answer is 409 `already_sent`, and the draft does not come back."
        ),
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        key = self.submission_key()
        given = self.input(DraftCreateSerializer)
        if ("thread" in given) == ("part" in given) or ("part" in given) != ("series" in given):
            raise InvalidInput("Name one place: a thread, or a part with its series.", code="one_target")
        place = (
            {"thread": find_thread(request.user, given["thread"], field="thread")}
            if "thread" in given
            else {"part": find_part(request.user, given["series"], given["part"], field="part")}
        )
        typed = {name: given[name] for name in _TYPED if name in given}
        typed.setdefault("body", "")
        return self._save(place, typed, key, given.get("known", ""), status=201)

    @writing(
        "edit_draft",
        "Keep what is typed now",
        "drafts",
        DraftPatchSerializer,
        DraftSerializer,
        parameters=[_DRAFT],
    )
    def partial_update(self, request: Request, id: str) -> Response:
        row: Draft = self.one(self._rows(), id)
        given = self.input(DraftPatchSerializer)
        typed = {name: given.get(name, getattr(row, name)) for name in _TYPED}
        place = {"thread": row.thread, "part": row.part}
        return self._save(place, typed, row.submission_key, given["known"])

    @writing("delete_draft", "Discard it", "drafts", None, None, status=204, parameters=[_DRAFT])
    def destroy(self, request: Request, id: str) -> Response:
        row: Draft = self.one(self._rows(), id)
        draft_services.drop_draft(member=row.member, thread=row.thread, part=row.part)
        return Response(status=204)

    def _save(
        self, place: dict[str, Any], typed: dict[str, Any], key: str | None, known: str, status: int = 200
    ) -> Response:
        if not any(typed.get(name, "").strip() for name in ("body", "title", "tags")):
            raise InvalidInput(_("There is nothing to keep."), code="empty", field="body")
        saved = draft_services.save_draft(
            by=self.request.user, **place, **typed, submission_key=key, known=[known]
        )
        assert saved is not None  # noqa: S101  (there is something to keep)
        return self._answer(self._rows().get(pk=saved.pk), status=status)

    def _answer(self, row: Draft, status: int = 200) -> Response:
        return Response(_represent_drafts([row], Addresses(self.request))[0], status=status)


__all__ = ["DraftSet"]
