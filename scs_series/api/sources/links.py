"""Source links: what ties a part or a post to a source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, Line, PartReference, Text, utc
from scs_series.api.finding import (
    find_part,
    find_post,
    find_series,
    find_source,
    part_id,
    series_id,
    source_id,
)
from scs_series.api.parameters import Asked, as_number
from scs_series.api.schema import NUMBER, asks, path_number, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.exceptions import InvalidInput
from scs_series.models import SourceLink
from scs_series.models.sources import SourceLinkQuerySet
from scs_series.services import sources as services


class SourceRefSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A source, as shown where it is linked."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the metaclass takes fields away
    reference_html = serializers.CharField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


class PartRefSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A part, as shown on what belongs to it."""

    number = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


def represent_part_ref(
    series: str, number: int, slug: str, title: str, addresses: Addresses
) -> dict[str, Any]:
    return {
        "number": number,
        "slug": slug,
        "title": title,
        "api_url": addresses.api("part-detail", series, slug),
        "html_url": addresses.page("part-detail", series, slug),
    }


class PostRefSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A post, as shown on what belongs to it."""

    id = serializers.IntegerField()
    thread = serializers.IntegerField()
    number = serializers.IntegerField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


class SourceLinkSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What ties a source to a part or to a post: one of the two."""

    id = serializers.IntegerField()
    series = serializers.CharField()
    source = SourceRefSerializer()  # type: ignore[assignment]  # as above
    part = PartRefSerializer(allow_null=True)
    post = PostRefSerializer(allow_null=True)
    origin = Choice(SourceLink.Origin, name="SourceLinkOrigin")
    locators = serializers.CharField(help_text="Where in the source: pages, sections.")
    mentions = serializers.IntegerField(help_text="How often the text cites it.")
    position = serializers.IntegerField(help_text="Its place among what the text cites.")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    api_url = serializers.URLField()


def represent_links(rows: Sequence[SourceLink], addresses: Addresses) -> list[dict[str, Any]]:
    """Needs ``source__series``, ``part`` and ``post__thread``."""
    return [_represent_link(row, addresses) for row in rows]


def _represent_link(row: SourceLink, addresses: Addresses) -> dict[str, Any]:
    series, source, part, post = row.source.series.slug, row.source, row.part, row.post
    return {
        "id": row.pk,
        "series": series,
        "source": {
            "key": source.key,
            "label": source.label,
            "reference_html": source.reference_html,
            "api_url": addresses.api("source-detail", series, source.key),
            "html_url": addresses.page("source-detail", series, source.key),
        },
        "part": represent_part_ref(series, part.number, part.slug, part.title, addresses) if part else None,
        "post": {
            "id": post.pk,
            "thread": post.thread_id,
            "number": post.number,
            "api_url": addresses.api("post-detail", post.pk),
            "html_url": addresses.thread_page(post.thread_id, post.thread.title, post.number),
        } if post else None,
        "origin": row.origin,
        "locators": row.locators,
        "mentions": row.mentions,
        "position": row.position,
        "note": row.note,
        "created_at": utc(row.created_at),
        "api_url": addresses.api("sourcelink-detail", row.pk),
    }  # fmt: skip


class SourceLinkCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Further reading under a part. Citations are made by texts."""

    series = Text(max_length=200, help_text="The slug of the series.")
    source = Text(max_length=100, help_text="The key of the source.")  # type: ignore[assignment]  # as above
    part = PartReference(help_text="Its number or slug.")
    note = Line(max_length=300, required=False)


_ID = path_number("id", "The id of the link.")


class SourceLinkSet(SeriesViewSet):
    """Citations and further reading. A list needs a series or a post."""

    queryset = SourceLink.objects.none()
    serializer_class = SourceLinkSerializer
    lookup_path = "<str:id>"
    kept_by = ("series", "source", "part", "post")

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        return marks.of_series(request.GET.get("series")) if action == "list" else None

    def _links(self) -> SourceLinkQuerySet:
        return SourceLink.objects.select_related("source__series", "part", "post__thread")

    @reading(
        "list_source_links", "What a part or a post rests on, and where a source is used", "source-links",
        SourceLinkSerializer(many=True),
        parameters=[
            asks("series", "The slug of a series. Needed unless `post` is given."),
            asks("source", "The key of a source of that series."),
            asks("part", "The number or slug of a part of that series."),
            asks("post", "The id of a post.", NUMBER),
        ],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        asked = Asked(request)
        series, source, part, post = (
            asked.name("series"),
            asked.name("source"),
            asked.name("part"),
            asked.number("post"),
        )
        if not series and (source or part or not post):
            raise InvalidInput("Name a series or a post.", code="required", field="series")
        links = self._links()
        if series:
            links = links.filter(source__series=series_id(request.user, series, field="series"))
            if source:
                links = links.filter(source=source_id(request.user, series, source, field="source"))
        if part:
            links = links.filter(part=part_id(request.user, series, part, field="part"))
        if post:
            links = links.filter(post=find_post(request.user, post, field="post"))
        return self.page(request, links.visible_to(request.user), represent_links)

    @reading("get_source_link", "One link", "source-links", SourceLinkSerializer, parameters=[_ID])
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(_represent_link(self._find(id), Addresses(request)))

    @writing(
        "create_source_link", "Recommend further reading", "source-links", SourceLinkCreateSerializer,
        SourceLinkSerializer, status=201,
        description="A source that the part cites or recommends already is answered with the link there is.",
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        given = self.input(SourceLinkCreateSerializer)
        find_series(request.user, given["series"], field="series")
        source = find_source(request.user, given["series"], given["source"], field="source")
        part = find_part(request.user, given["series"], given["part"], field="part")
        link = services.link_source(source=source, part=part, by=request.user, note=given.get("note", ""))
        return Response(_represent_link(self._links().get(pk=link.pk), Addresses(request)), status=201)

    @writing(
        "delete_source_link",
        "Take further reading away",
        "source-links",
        None,
        None,
        status=204,
        parameters=[_ID],
    )
    def destroy(self, request: Request, id: str) -> Response:
        services.unlink_source(link=self._find(id), by=request.user)
        return Response(status=204)

    def _find(self, pk: str) -> SourceLink:
        found = self._links().visible_to(self.request.user).filter(pk=as_number(pk) or 0).first()
        if found is None:
            raise NotThere
        return found
