"""Tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.fields import Line, PatchSerializer, Text, utc
from scs_series.api.finding import find_tag
from scs_series.api.parameters import Asked
from scs_series.api.schema import IDEMPOTENCY_KEY, asks, path_name, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.models import Tag
from scs_series.services import tagging as services

ORDERS = {"used": ("-thread_count", "id"), "name": ("name", "id")}


class TagRefSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A tag, as shown on what carries it."""

    slug = serializers.CharField()
    name = serializers.CharField()
    html_url = serializers.URLField(allow_null=True)


def represent_tag_ref(slug: str, name: str, addresses: Addresses) -> dict[str, Any]:
    return {"slug": slug, "name": name, "html_url": addresses.page("tag-detail", slug)}


class TagSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A label with its own page."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    thread_count = serializers.IntegerField()
    source_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField(
        help_text="Raised by every change of the tag or of a thread that carries it."
    )
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


def represent_tags(rows: Sequence[Tag], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "slug": row.slug,
            "name": row.name,
            "description": row.description,
            "thread_count": row.thread_count,
            "source_count": row.source_count,
            "created_at": utc(row.created_at),
            "version": row.version,
            "api_url": addresses.api("tag-detail", row.slug),
            "html_url": addresses.page("tag-detail", row.slug),
        }
        for row in rows
    ]


class TagPatchSerializer(PatchSerializer):
    """What of a tag to change; its slug stays."""

    name = Text(setting="TAG_MAX_LENGTH", required=False)
    description = Line(max_length=2_000, required=False)


class TagCreateSerializer(TagPatchSerializer):
    """A tag to make on its own. Threads bring tags into being by using them."""

    name = Text(setting="TAG_MAX_LENGTH")


_SLUG = path_name("slug", "The slug of the tag.")


class TagSet(SeriesViewSet):
    """Tags in use, of what is listed to you."""

    queryset = Tag.objects.none()
    serializer_class = TagSerializer
    lookup_path = "<str:slug>"
    kept_by = ("order",)

    def get_order(self) -> Sequence[str]:
        return ORDERS[Asked(self.request).choice("order", ORDERS) or "used"]

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        return marks.of_tag(self.kwargs.get("slug"))

    @reading(
        "list_tags", "Tags in use, most used first", "tags", TagSerializer(many=True),
        parameters=[asks("order", "By what.", enum=list(ORDERS), default="used")],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        return self.page(request, Tag.objects.in_use().listed_to(request.user), represent_tags)

    @reading("get_tag", "One tag", "tags", TagSerializer, parameters=[_SLUG])
    def retrieve(self, request: Request, slug: str) -> Response:
        return Response(represent_tags([find_tag(request.user, slug)], Addresses(request))[0])

    @writing(
        "create_tag", "Make a tag", "tags", TagCreateSerializer, TagSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        given = self.input(TagCreateSerializer)
        made = self.once(Tag, lambda: services.save_tag(tag=Tag(**given), by=request.user))
        return self._answer(made, status=201)

    @writing("edit_tag", "Change a tag", "tags", TagPatchSerializer, TagSerializer, parameters=[_SLUG])
    def partial_update(self, request: Request, slug: str) -> Response:
        tag = find_tag(request.user, slug)
        for name, value in self.input(TagPatchSerializer).items():
            setattr(tag, name, value)
        return self._answer(services.save_tag(tag=tag, by=request.user))

    def _answer(self, tag: Tag, status: int = 200) -> Response:
        fresh = Tag.objects.get(pk=tag.pk)
        return Response(represent_tags([fresh], Addresses(self.request))[0], status=status)


__all__ = ["TagRefSerializer", "TagSerializer", "TagSet", "represent_tag_ref", "represent_tags"]
