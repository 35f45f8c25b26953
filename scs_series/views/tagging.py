"""All tags, and everything under one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scs_series.caching import Mark, versioned
from scs_series.conf import app_settings
from scs_series.keyset import first_page, keyset_page
from scs_series.models import Series, Source, Tag, Thread, ThreadTag
from scs_series.pieces import late
from scs_series.prepared import Prepared
from scs_series.readers import Seen
from scs_series.services.tagging import related_tags
from scs_series.views import levels
from scs_series.views.refusals import page

_SOURCES_SHOWN = 10
#: By the column and not by the relation: that would bring in the threads' own order, and leave the index.
_ORDER = ("-last_activity_at", "-content_object_id")
_tag: Prepared[Tag] = Prepared(lambda slug: Tag.objects.filter(slug=slug))


def _items(reader: Any, at: datetime, tag: int) -> QuerySet[ThreadTag]:
    rows: QuerySet[ThreadTag] = (
        ThreadTag.objects.filter(tag=tag, content_object__in=Thread.objects.listed_to(reader, at))
        .select_related("content_object")
        .only("tag_id", "last_activity_at", "content_object__row_html")
    )
    return rows


# What nearly everybody asks for, compiled once: the newest threads under a tag, and its most used sources.
_first_items: Seen[ThreadTag] = Seen(
    lambda reader, at, tag: _items(reader, at, tag).order_by(*_ORDER)[: app_settings.THREADS_PER_PAGE + 1]
)
_sources: Seen[Source] = Seen(
    lambda reader, at, tag: (
        Source.objects.filter(tag_items__tag=tag, series__in=Series.objects.listed_to(reader))
        .select_related("series")
        .defer("series__summary", "authors")
        .order_by("-part_count", "sort_key")[:_SOURCES_SHOWN]
    )
)
_mark = Mark(lambda at, slug: Tag.objects.filter(slug=slug), own=levels.own_level("tag"))


@require_safe
@page
def tag_list(request: HttpRequest) -> HttpResponse:
    """Tags in use, most used first."""
    shown = keyset_page(
        Tag.objects.in_use().listed_to(request.user),
        order=("-thread_count", "id"),
        cursor=request.GET.get("after"),
        size=100,
    )
    return render(request, "scs_series/tag_list.html", {"page": shown})


@require_safe
@page
def tag_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Threads under a tag, newest activity first: one walk of ThreadTag's index."""
    mark = _mark.of(slug=slug)

    def context() -> dict[str, Any]:
        tag = _tag.first(slug=slug)
        if tag is None:
            raise Http404
        kind = request.GET.get("kind") if request.GET.get("kind") in Thread.Kind.values else ""
        cursor, size = request.GET.get("after"), app_settings.THREADS_PER_PAGE
        if kind or cursor:
            items = _items(request.user, timezone.now(), tag.pk)
            items = items.filter(content_object__kind=kind) if kind else items
            shown = keyset_page(items, order=_ORDER, cursor=cursor, size=size)
        else:
            shown = first_page(_first_items(request.user, tag=tag.pk), order=_ORDER, size=size)
        sources = _sources(request.user, tag=tag.pk)
        # A tag that shows something is there; of one that shows nothing it has to be asked, which costs as much again.
        if not (shown.items or sources or Tag.objects.visible_to(request.user).filter(pk=tag.pk).exists()):
            raise Http404
        # On the first page, what is shown tells what is latest.
        since = None if cursor or kind or not shown.items else shown.items[-1].last_activity_at
        return {
            "tag": tag, "page": shown, "threads": [item.content_object for item in shown.items], "kind": kind,
            "kinds": Thread.Kind.choices, "sources": sources, "related": related_tags(tag, since=since),
        }  # fmt: skip

    def build() -> HttpResponse:
        given = late(request, context, "tag", "page", "threads", "kind", "kinds", "sources", "related")
        given["levels"] = levels.of_tag(request, mark, slug)
        return render(request, "scs_series/tag_detail.html", given)

    return versioned(
        request, name="tag", mark=mark, build=build,
        reads={"kind": Thread.Kind.values.__contains__},
    )  # fmt: skip
