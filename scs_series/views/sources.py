"""The bibliography of a series, and one source."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from scs_series import text
from scs_series.caching import Mark, versioned
from scs_series.conf import app_settings
from scs_series.keyset import keyset_page
from scs_series.models import Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.policies import policy
from scs_series.views.refusals import page

_SHOWN = 20
_list_mark = Mark(lambda at, slug: Series.objects.visible_to(None).filter(slug=slug))
_mark = Mark(
    lambda at, series, key: Source.objects.visible_to(None).filter(series__slug=series, key=key),
    "version",
    "series__version",
)


@require_safe
@page
def source_list(request: HttpRequest, series: str) -> HttpResponse:
    def build() -> HttpResponse:
        found = get_object_or_404(Series.objects.visible_to(request.user), slug=series)
        every = Source.objects.filter(series=found)
        asked = {
            name: request.GET.get(name, "").replace("\x00", "")[:100]
            for name in ("type", "language", "tag", "part")
        }
        sources = every
        if asked["type"] in Source.Type.values:
            sources = sources.filter(type=asked["type"])
        if asked["language"]:
            sources = sources.filter(language=asked["language"])
        if asked["tag"]:
            sources = sources.filter(tag_items__tag__slug=asked["tag"])
        parts = list(Part.objects.filter(series=found).visible_to(request.user).for_list().order_by("number"))
        part = next((p for p in parts if str(p.number) == asked["part"]), None)
        if part:
            sources = sources.filter(links__part=part)
        shown = keyset_page(
            sources,
            order=("sort_key", "id"),
            cursor=request.GET.get("after"),
            size=app_settings.SOURCES_PER_PAGE,
        )
        types, filtered = dict(Source.Type.choices), any(asked.values())
        context = {
            "series": found, "page": shown, "asked": asked, "parts": parts, "part": part,
            "types": [(value, types[value], n) for value, n in _counts(every, "type")],
            "languages": [(value, n) for value, n in _counts(every, "language") if value],
            "tags": Tag.objects.filter(source_items__content_object__series=found)
            .annotate(here=Count("source_items")).order_by("-here", "name")[:20],
            "filtered": filtered, "found": sources.count() if filtered else found.source_count,
        }  # fmt: skip
        return render(request, "scs_series/source_list.html", context)

    return versioned(
        request, name="sources", mark=lambda: _list_mark(slug=series), build=build,
        reads={"type": Source.Type.values.__contains__},
    )  # fmt: skip


def _counts(sources: object, field: str) -> list[tuple[str, int]]:
    return list(
        sources.order_by().values_list(field).annotate(n=Count("pk")).order_by("-n")  # type: ignore[attr-defined]
    )


def _places(link: SourceLink, address: str) -> tuple[list[text.Cited], list[text.Cited]]:
    """Where the part cites the source of this address: the first places with their sentences, and the others."""
    places = text.cited_in(link.part.body_html, address) if link.part and link.mentions else ()
    return [one for one in places if one.sentence], [one for one in places if not one.sentence]


@require_safe
@page
def source_detail(request: HttpRequest, series: str, key: str) -> HttpResponse:
    def build() -> HttpResponse:
        found = get_object_or_404(
            Source.objects.visible_to(request.user).select_related("series", "added_by"),
            series__slug=series,
            key=key,
        )
        part_links = (
            SourceLink.objects.filter(source=found, part__in=Part.objects.visible_to(request.user))
            .select_related("part").defer("part__body", "part__references_html", "part__toc").order_by("part__number")[:200]
        )  # fmt: skip
        post_links = (
            SourceLink.objects.filter(source=found, post__in=Post.objects.visible_to(request.user).published())
            .select_related("post__author", "post__thread").order_by("-post__created_at", "-pk")[:_SHOWN]
        )  # fmt: skip
        threads = (
            Thread.objects.visible_to(request.user)
            .filter(pk__in=SourceLink.objects.filter(source=found, post__status="published").values("post__thread"))
            .for_rows().order_by("-last_post_at", "-pk")[:_SHOWN]
        )  # fmt: skip
        context = {
            "series": found.series, "source": found,
            "part_links": [(link, *_places(link, found.get_absolute_url())) for link in part_links],
             "post_links": post_links,
            "threads": threads, "tags": found.tags.all(), "shown": _SHOWN,
            "can_edit": policy.can_edit_source(request.user, found),
        }  # fmt: skip
        return render(request, "scs_series/source_detail.html", context)

    return versioned(request, name="source", mark=lambda: _mark(series=series, key=key), build=build)
