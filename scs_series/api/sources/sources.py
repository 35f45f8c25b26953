"""Sources: the record of what a series rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.fields import Choice, Line, PatchSerializer, TagNames, Text, utc
from scs_series.api.finding import (
    find_series,
    find_source,
    find_tag,
    part_id,
    series_id,
)
from scs_series.api.members import AuthorSerializer, represent_author
from scs_series.api.parameters import Asked
from scs_series.api.schema import IDEMPOTENCY_KEY, asks, path_name, reading, writing
from scs_series.api.tagging import TagRefSerializer, represent_tag_ref
from scs_series.api.viewsets import SeriesViewSet
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Series, Source, SourceTag, Tag
from scs_series.policies import policy
from scs_series.services import sources as services
from scs_series.services.tagging import tags_named


class NameSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A person (`family`, `given`) or a body (`literal`), as in CSL-JSON; only what is known."""

    family = Line(max_length=300, required=False)
    given = Line(max_length=300, required=False)
    literal = Line(max_length=300, required=False)


class SourceSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A thing that can be cited, known within its series by its key."""

    id = serializers.IntegerField()
    series = serializers.CharField(help_text="The slug of the series.")
    key = serializers.CharField(help_text="Cited in texts as `[@key]`.")
    type = Choice(Source.Type, name="SourceType")
    title = serializers.CharField()
    title_translated = serializers.CharField()
    authors = NameSerializer(many=True)
    container = serializers.CharField()
    publisher = serializers.CharField()
    volume = serializers.CharField()
    number = serializers.CharField()
    pages = serializers.CharField()
    issued = serializers.CharField(help_text="`2018`, `2018-03` or `2018-03-21`.")
    language = serializers.CharField(help_text="BCP 47.")
    url = serializers.CharField(help_text="The address of the source itself.")
    doi = serializers.CharField()
    archive_url = serializers.CharField()
    note = serializers.CharField()
    tags = TagRefSerializer(many=True)
    label = serializers.CharField(  # type: ignore[assignment]  # the metaclass takes fields away
        help_text="Short name, such as `Kuo 2019`."
    )
    reference_html = serializers.CharField(help_text="The reference as safe HTML.")
    part_count = serializers.IntegerField(help_text="Parts that cite or recommend it.")
    post_count = serializers.IntegerField(help_text="Posts that cite it.")
    added_by = AuthorSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


def represent_sources(rows: Sequence[Source], addresses: Addresses) -> list[dict[str, Any]]:
    """Needs ``series`` and ``added_by``; one query for all tags."""
    tags: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in rows}
    carried = SourceTag.objects.filter(content_object__in=tags).order_by("tag__name")
    for pk, slug, name in carried.values_list("content_object_id", "tag__slug", "tag__name"):
        tags[pk].append(represent_tag_ref(slug, name, addresses))
    return [
        {
            "id": row.pk,
            "series": row.series.slug,
            "key": row.key,
            "type": row.type,
            "title": row.title,
            "title_translated": row.title_translated,
            "authors": row.authors,
            "container": row.container,
            "publisher": row.publisher,
            "volume": row.volume,
            "number": row.number,
            "pages": row.pages,
            "issued": row.issued,
            "language": row.language,
            "url": row.url,
            "doi": row.doi,
            "archive_url": row.archive_url,
            "note": row.note,
            "tags": tags[row.pk],
            "label": row.label,
            "reference_html": row.reference_html,
            "part_count": row.part_count,
            "post_count": row.post_count,
            "added_by": represent_author(row.added_by, addresses) if row.added_by else None,
            "created_at": utc(row.created_at),
            "updated_at": utc(row.updated_at),
            "version": row.version,
            "api_url": addresses.api("source-detail", row.series.slug, row.key),
            "html_url": addresses.page("source-detail", row.series.slug, row.key),
        }
        for row in rows
    ]


class SourceRecordSerializer(serializers.Serializer):  # type: ignore[type-arg]
    key = Text(max_length=100, required=False, help_text="Letters, digits and `_:.$&+<>~-`.")
    type = Choice(Source.Type, name="SourceType", required=False)
    title = Text(max_length=500, required=False)
    title_translated = Line(max_length=500, required=False)
    authors = NameSerializer(many=True, required=False, max_length=200)  # type: ignore[call-arg]  # of the list
    container = Line(max_length=300, required=False)
    publisher = Line(max_length=300, required=False)
    volume = Line(max_length=50, required=False)
    number = Line(max_length=100, required=False)
    pages = Line(max_length=50, required=False)
    issued = Line(max_length=10, required=False, help_text="`2018`, `2018-03` or `2018-03-21`.")
    language = Line(max_length=35, required=False)
    url = Line(max_length=1_000, required=False)
    doi = Line(max_length=200, required=False)
    archive_url = Line(max_length=1_000, required=False)
    note = Line(max_length=2_000, required=False)
    tags = TagNames(required=False)


@extend_schema_serializer(component_name="SourceCreate")
class SourceCreateSerializer(SourceRecordSerializer):
    """A source to add to a series."""

    series = Text(max_length=200, help_text="The slug of the series.")
    key = Text(max_length=100, help_text="Letters, digits and `_:.$&+<>~-`.")
    title = Text(max_length=500)


class SourcePatchSerializer(PatchSerializer, SourceRecordSerializer):
    """What of a record to change; what is left out stays. What cites it is rendered again."""


_PATH = [path_name("series", "The slug of the series."), path_name("key", "The citation key.")]


class SourceSet(SeriesViewSet):
    """The bibliography of each series."""

    queryset = Source.objects.none()
    serializer_class = SourceSerializer
    lookup_path = "<str:series>/<str:key>"
    kept_by = ("series", "type", "tag", "part")

    def get_order(self) -> Sequence[str]:
        return ("sort_key", "id") if self.request.GET.get("series") else ("series_id", "sort_key", "id")

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        if action == "list":
            return marks.of_series(request.GET.get("series"))
        return marks.of_source(self.kwargs.get("series"), self.kwargs.get("key"))

    @reading(
        "list_sources", "Sources, in the order of a bibliography", "sources", SourceSerializer(many=True),
        parameters=[
            asks("series", "The slug of a series."),
            asks("type", "What kind of source.", enum=Source.Type.values),
            asks("language", "BCP 47, exactly as it stands in the record."),
            asks("tag", "The slug of a tag."),
            asks("part", "The number or slug of a part of that series: what it cites or recommends."),
        ],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        asked = Asked(request)
        sources = Source.objects.select_related("series", "added_by")
        slug, tag, part = asked.name("series"), asked.name("tag"), asked.name("part")
        if part and not slug:
            raise InvalidInput("Name the series of this part.", code="required", field="series")
        if slug:
            sources = sources.filter(series=series_id(request.user, slug, field="series"))
        else:
            sources = sources.filter(series__in=Series.objects.listed_to(request.user))
        kind, language = asked.choice("type", Source.Type.values), asked.name("language")
        if kind:
            sources = sources.filter(type=kind)
        if language:
            sources = sources.filter(language=language)
        if tag:
            sources = sources.filter(tag_items__tag=find_tag(request.user, tag, field="tag"))
        if part:
            sources = sources.filter(links__part=part_id(request.user, slug, part, field="part"))
        return self.page(request, sources, represent_sources)

    @reading("get_source", "One source", "sources", SourceSerializer, parameters=_PATH)
    def retrieve(self, request: Request, series: str, key: str) -> Response:
        return Response(represent_sources([find_source(request.user, series, key)], Addresses(request))[0])

    @writing(
        "create_source", "Add a source", "sources", SourceCreateSerializer, SourceSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        key = self.submission_key()
        given = self.input(SourceCreateSerializer)
        series = find_series(request.user, given.pop("series"), field="series")
        # Asked here too, before names of tags become tags.
        if not policy.can_add_source(request.user, series):
            raise NotAllowed
        names = given.pop("tags", None)
        source = Source(series=series, **given)
        with transaction.atomic():
            tags = self._tags(names)
            added = services.add_source(source=source, by=request.user, tags=tags, submission_key=key)
        return self._answer(added, status=201)

    @writing(
        "edit_source", "Change a source", "sources", SourcePatchSerializer, SourceSerializer, parameters=_PATH
    )
    def partial_update(self, request: Request, series: str, key: str) -> Response:
        source = find_source(request.user, series, key)
        given = self.input(SourcePatchSerializer)
        if not policy.can_edit_source(request.user, source):
            raise NotAllowed
        names = given.pop("tags", None)
        for name, value in given.items():
            setattr(source, name, value)
        with transaction.atomic():
            services.update_source(source=source, by=request.user, tags=self._tags(names))
        return self._answer(source)

    def _tags(self, names: Sequence[str] | None) -> Sequence[Tag] | None:
        return None if names is None else tags_named(names, by=self.request.user)

    def _answer(self, source: Source, status: int = 200) -> Response:
        fresh = Source.objects.select_related("series", "added_by").get(pk=source.pk)
        return Response(represent_sources([fresh], Addresses(self.request))[0], status=status)
