"""Series and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api import marks
from scs_series.api.addresses import Addresses
from scs_series.api.fields import Choice, Line, Markdown, PatchSerializer, Text, utc
from scs_series.api.finding import find_part, find_series, series_id
from scs_series.api.members import AuthorSerializer, represent_author
from scs_series.api.parameters import Asked
from scs_series.api.readings import PartReadingActions
from scs_series.api.schema import IDEMPOTENCY_KEY, asks, path_name, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.models import Part, PartRevision, Series
from scs_series.services import series as services

#: A part's state as people call it; "scheduled" is published at a time to come.
PART_STATES = ("draft", "scheduled", "published")
REASON = 300


# ---------------------------------------------------------------------- what comes out
class SeriesSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """An ordered set of parts."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField()
    summary = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47.")
    cover = serializers.URLField(allow_null=True)
    authors = AuthorSerializer(many=True)
    visibility = Choice(Series.Visibility, name="SeriesVisibility")
    thread_count = serializers.IntegerField()
    post_count = serializers.IntegerField()
    source_count = serializers.IntegerField()
    last_activity_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="Raised by every change of anything in the series.")
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


def represent_series(rows: Sequence[Series], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "slug": row.slug,
            "title": row.title,
            "subtitle": row.subtitle,
            "summary": row.summary,
            "language": row.language,
            "cover": addresses.file(row.cover.url) if row.cover else None,
            "authors": [represent_author(member, addresses) for member in row.authors.all()],
            "visibility": row.visibility,
            "thread_count": row.thread_count,
            "post_count": row.post_count,
            "source_count": row.source_count,
            "last_activity_at": utc(row.last_activity_at),
            "created_at": utc(row.created_at),
            "updated_at": utc(row.updated_at),
            "version": row.version,
            "api_url": addresses.api("series-detail", row.slug),
            "html_url": addresses.page("series-detail", row.slug),
        }
        for row in rows
    ]


class PartRowSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """One chapter of a series, as a list has it: without its text."""

    id = serializers.IntegerField()
    series = serializers.CharField(help_text="The slug of the series.")
    number = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    standfirst = serializers.CharField()
    status = Choice(PART_STATES, name="PartStatus")
    published_at = serializers.DateTimeField(allow_null=True)
    word_count = serializers.IntegerField()
    minutes = serializers.IntegerField(help_text="Reading time.")
    thread_count = serializers.IntegerField()
    post_count = serializers.IntegerField()
    source_count = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="The revision in force: send it as `expected_revision`.")
    revised_at = serializers.DateTimeField()
    last_activity_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField(
        help_text="Raised by every change of the part or of anything under it."
    )
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


class HeadingSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A heading of a part, by its anchor in the text."""

    level = serializers.IntegerField()
    id = serializers.CharField()
    text = serializers.CharField()


class PartSerializer(PartRowSerializer):
    """One chapter of a series, with its text."""

    body = serializers.CharField(help_text="Markdown.")
    body_html = serializers.CharField(help_text="Sanitised HTML of the text.")
    references_html = serializers.CharField(
        help_text="Sanitised HTML of what the text cites, and further reading."
    )
    contents = HeadingSerializer(many=True)


def represent_parts(rows: Sequence[Part], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "series": row.series.slug,
            "number": row.number,
            "slug": row.slug,
            "title": row.title,
            "standfirst": row.standfirst,
            "status": "scheduled" if row.is_scheduled else row.status,
            "published_at": utc(row.published_at),
            "word_count": row.word_count,
            "minutes": row.minutes,
            "thread_count": row.thread_count,
            "post_count": row.post_count,
            "source_count": row.source_count,
            "revision": row.revision_number,
            "revised_at": utc(row.revised_at),
            "last_activity_at": utc(row.last_activity_at),
            "created_at": utc(row.created_at),
            "version": row.version,
            "api_url": addresses.api("part-detail", row.series.slug, row.slug),
            "html_url": addresses.page("part-detail", row.series.slug, row.slug),
        }
        for row in rows
    ]


def represent_part(row: Part, addresses: Addresses) -> dict[str, Any]:
    return {
        **represent_parts([row], addresses)[0],
        "body": row.body,
        "body_html": row.body_html,
        "references_html": row.references_html,
        "contents": row.toc,
    }


class PartRevisionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """One saved state of a part's text; never changed afterwards."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    standfirst = serializers.CharField()
    body = serializers.CharField()
    editor = AuthorSerializer(allow_null=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


def _represent_revisions(rows: Sequence[PartRevision], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "title": row.title,
            "standfirst": row.standfirst,
            "body": row.body,
            "editor": represent_author(row.editor, addresses) if row.editor else None,
            "reason": row.reason,
            "created_at": utc(row.created_at),
        }
        for row in rows
    ]


# ---------------------------------------------------------------------- what goes in
class SeriesPatchSerializer(PatchSerializer):
    """What of a series to change; what is left out stays."""

    title = Text(max_length=200, required=False)
    slug = Text(max_length=100, required=False)
    subtitle = Line(max_length=200, required=False)
    summary = Line(max_length=2_000, required=False)
    language = Text(max_length=35, required=False, help_text="BCP 47, such as `en` or `zh-Hans`.")
    visibility = Choice(Series.Visibility, name="SeriesVisibility", required=False)


class SeriesCreateSerializer(SeriesPatchSerializer):
    """A series to make. Without a slug it gets one from its title; whoever makes it is its first author."""

    title = Text(max_length=200)


class PartTextSerializer(serializers.Serializer):  # type: ignore[type-arg]
    number = serializers.IntegerField(min_value=1, max_value=32_767, required=False)
    title = Text(max_length=200, required=False)
    slug = Text(max_length=100, required=False)
    standfirst = Line(max_length=1_000, required=False)
    body = Markdown(setting="PART_MAX_LENGTH", required=False, help_text="Markdown; `[@key]` cites a source.")
    reason = Line(max_length=REASON, required=False, help_text="Why, for the history.")


@extend_schema_serializer(component_name="PartCreate")
class PartCreateSerializer(PartTextSerializer):
    """A part to write. It is a draft until it is published."""

    series = Text(max_length=200, help_text="The slug of the series.")
    number = serializers.IntegerField(min_value=1, max_value=32_767)
    title = Text(max_length=200)


class PartPatchSerializer(PatchSerializer, PartTextSerializer):
    """What of a part to change; what is left out stays. A new title, standfirst or text becomes a revision."""

    expected_revision = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False,
        help_text="The revision you started from. Needed with `title`, `standfirst` and `body`.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "expected_revision" not in attrs and not attrs.keys().isdisjoint({"title", "standfirst", "body"}):
            message = "Send the revision you started from: somebody may have saved another since."
            raise serializers.ValidationError({"expected_revision": message}, code="required")
        return attrs


class PublishSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """When a part goes public."""

    at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default_timezone=UTC,
        help_text="Leave it out for now; a time to come schedules.",
    )


class MoveSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Where a part goes; the parts between make room."""

    number = serializers.IntegerField(min_value=1, max_value=32_767)


# ---------------------------------------------------------------------- endpoints
_SLUG = path_name("slug", "The slug of the series.")


class SeriesSet(SeriesViewSet):
    """All series that are listed to you."""

    queryset = Series.objects.none()
    serializer_class = SeriesSerializer
    lookup_path = "<str:slug>"
    order = ("-last_activity_at", "-id")

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        return marks.of_series(self.kwargs.get("slug"))

    @reading("list_series", "Series, latest activity first", "series", SeriesSerializer(many=True))
    def list(self, request: Request) -> Response:
        return self.page(
            request, Series.objects.listed_to(request.user).prefetch_related("authors"), represent_series
        )

    @reading("get_series", "One series", "series", SeriesSerializer, parameters=[_SLUG])
    def retrieve(self, request: Request, slug: str) -> Response:
        return self._answer(find_series(request.user, slug))

    @writing(
        "create_series", "Make a series", "series", SeriesCreateSerializer, SeriesSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        given = self.input(SeriesCreateSerializer)
        made = self.once(Series, lambda: services.save_series(series=Series(**given), by=request.user))
        return self._answer(made, status=201)

    @writing(
        "edit_series",
        "Change a series",
        "series",
        SeriesPatchSerializer,
        SeriesSerializer,
        parameters=[_SLUG],
    )
    def partial_update(self, request: Request, slug: str) -> Response:
        series = find_series(request.user, slug)
        for name, value in self.input(SeriesPatchSerializer).items():
            setattr(series, name, value)
        return self._answer(services.save_series(series=series, by=request.user))

    def _answer(self, series: Series, status: int = 200) -> Response:
        if self.request.method not in ("GET", "HEAD"):
            series = Series.objects.get(pk=series.pk)
        return Response(represent_series([series], Addresses(self.request))[0], status=status)


_PATH = [path_name("series", "The slug of the series."), path_name("part", "The part's number or slug.")]


class PartSet(PartReadingActions):
    """Parts: public ones, and drafts of the series you edit."""

    queryset = Part.objects.none()
    serializer_class = PartSerializer
    lookup_path = "<str:series>/<str:part>"
    kept_by = ("series",)

    def get_order(self) -> Sequence[str]:
        if self.action == "revisions":
            return ("-number",)
        return ("number",) if self.request.GET.get("series") else ("series_id", "number")

    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        if action == "reading":  # the reader's own
            return None
        if action == "list":
            return marks.of_series(request.GET.get("series"))
        return marks.of_part(self.kwargs.get("series"), self.kwargs.get("part"))

    @reading(
        "list_parts", "Parts, in order of their numbers", "parts", PartRowSerializer(many=True),
        parameters=[asks("series", "The slug of a series.")],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        parts = Part.objects.visible_to(request.user).for_list().select_related("series")
        slug = Asked(request).name("series")
        if slug:
            parts = parts.filter(series=series_id(request.user, slug, field="series"))
        else:
            parts = parts.filter(series__in=Series.objects.listed_to(request.user))
        return self.page(request, parts, represent_parts)

    @reading("get_part", "One part with its text", "parts", PartSerializer, parameters=_PATH)
    def retrieve(self, request: Request, series: str, part: str) -> Response:
        return Response(represent_part(find_part(request.user, series, part), Addresses(request)))

    @writing(
        "create_part", "Write a part", "parts", PartCreateSerializer, PartSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        given = self.input(PartCreateSerializer)
        series = find_series(request.user, given.pop("series"), field="series")
        reason = given.pop("reason", "")
        made = self.once(
            Part,
            lambda: services.save_part(part=Part(series=series, **given), by=request.user, reason=reason),
        )
        return self._answer(made, status=201)

    @writing("edit_part", "Change a part", "parts", PartPatchSerializer, PartSerializer, parameters=_PATH)
    def partial_update(self, request: Request, series: str, part: str) -> Response:
        found = find_part(request.user, series, part)
        given = self.input(PartPatchSerializer)
        expected, reason = given.pop("expected_revision", None), given.pop("reason", "")
        for name, value in given.items():
            setattr(found, name, value)
        services.save_part(part=found, by=request.user, expected_revision=expected, reason=reason)
        return self._answer(found)

    @writing(
        "publish_part",
        "Make a part public, now or later",
        "parts",
        PublishSerializer,
        PartSerializer,
        parameters=_PATH,
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, series: str, part: str) -> Response:
        found = find_part(request.user, series, part)
        services.publish_part(part=found, by=request.user, at=self.input(PublishSerializer).get("at"))
        return self._answer(found)

    @writing("unpublish_part", "Make a part a draft again", "parts", None, PartSerializer, parameters=_PATH)
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, series: str, part: str) -> Response:
        found = find_part(request.user, series, part)
        services.unpublish_part(part=found, by=request.user)
        return self._answer(found)

    @writing(
        "move_part", "Give a part another number", "parts", MoveSerializer, PartSerializer, parameters=_PATH
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, series: str, part: str) -> Response:
        found = find_part(request.user, series, part)
        services.move_part(part=found, to=self.input(MoveSerializer)["number"], by=request.user)
        return self._answer(found)

    @reading(
        "list_part_revisions", "Every saved state of a part, newest first", "parts",
        PartRevisionSerializer(many=True), parameters=_PATH,
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def revisions(self, request: Request, series: str, part: str) -> Response:
        found = find_part(request.user, series, part)
        rows = PartRevision.objects.filter(part=found).select_related("editor")
        return self.page(request, rows, _represent_revisions)

    def _answer(self, part: Part, status: int = 200) -> Response:
        fresh = Part.objects.select_related("series").get(pk=part.pk)
        return Response(represent_part(fresh, Addresses(self.request)), status=status)


__all__ = ["PartRowSerializer", "PartSerializer", "PartSet", "SeriesSerializer", "SeriesSet"]
