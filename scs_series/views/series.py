"""All series, one series, one part, and a part's history."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, JSONField, Max, Prefetch, Sum, TextField, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scs_series import text
from scs_series.caching import Mark, versioned
from scs_series.models import Member, Part, PartRevision, Series, Source, Tag, Thread
from scs_series.pictures import activity_chart, contents_bars, evidence_map
from scs_series.pieces import late
from scs_series.policies import policy
from scs_series.prepared import Prepared
from scs_series.readers import Seen
from scs_series.views import levels
from scs_series.views.finding import find_part
from scs_series.views.own import THREADS_SHOWN, own_on_part, own_on_series
from scs_series.views.refusals import page

_mark = Mark(
    lambda at, slug: Series.objects.visible_to(None).filter(slug=slug), own=levels.own_level("series")
)
#: What pages about one part are made from.
part_mark = Mark(
    lambda at, series, part: Part.objects.visible_to(None, at).filter(series__slug=series, slug=part),
    own=levels.own_level("part"),
)

# Compiled once: these pages are built anew after each post.
_authors_of: Prepared[Member] = Prepared(lambda series: Member.objects.filter(series=series))
_parts_of: Seen[Part] = Seen(
    lambda reader, at, series: (
        Part.objects.filter(series=series)
        .visible_to(reader, at)
        .order_by("number")
        .defer("body", "body_html", "references_html", "toc")
    )
)
#: A part with those beside it, in one query: of the others the long texts stay where they are.
_part_among_others: Seen[Part] = Seen(
    lambda reader, at, series, part: (
        Part.objects.visible_to(reader, at)
        .filter(series__slug=series)
        .select_related("series")
        .annotate(
            here_html=Case(When(slug=part, then=F("body_html")), default=Value("", TextField())),
            here_references=Case(When(slug=part, then=F("references_html")), default=Value("", TextField())),
            here_toc=Case(
                When(slug=part, then=F("toc")), default=Value([], JSONField()), output_field=JSONField()
            ),
        )
        .defer("body", "body_html", "references_html", "toc", "series__summary")
        .order_by("number")
    )
)
_threads_of_part: Seen[Thread] = Seen(
    lambda reader, at, part: (
        Thread.objects.filter(part=part)
        .visible_to(reader, at)
        .for_rows()
        .order_by("-last_post_at", "-pk")[:THREADS_SHOWN]
    )
)
_threads_of_series: Seen[Thread] = Seen(
    lambda reader, at, series: (
        Thread.objects.filter(series=series)
        .visible_to(reader, at)
        .for_rows()
        .order_by("-last_post_at", "-pk")[:THREADS_SHOWN]
    )
)
_series: Seen[Series] = Seen(lambda reader, at, slug: Series.objects.visible_to(reader).filter(slug=slug))
_top_sources: Prepared[Source] = Prepared(
    lambda series: (
        Source.objects.filter(series=series, part_count__gt=0)
        .only("key", "label", "title", "title_translated", "part_count")
        .order_by("-part_count", "pk")[:5]
    )
)
#: The tags most used in a series, under what is public.
_tags_of: Prepared[Tag] = Prepared(
    lambda at, series: (
        Tag.objects.filter(
            thread_items__content_object__in=Thread.objects.visible_to(None, at).filter(series=series)
        )
        .only("name", "slug")
        .annotate(here=Count("thread_items"))
        .order_by("-here", "name")[:14]
    )
)


@require_safe
@page
def series_list(request: HttpRequest) -> HttpResponse:
    def mark() -> tuple[Any, ...]:
        # Versions only grow and numbers are not given twice: of all series, these three never come back together.
        total = Series.objects.aggregate(Sum("version"), Count("pk"), Max("pk"))
        return (*total.values(), Part.objects.publication_mark())

    def build() -> HttpResponse:
        parts = Part.objects.visible_to(request.user).for_list().order_by("number")
        every = (
            Series.objects.listed_to(request.user)
            .prefetch_related(Prefetch("parts", parts, to_attr="shown_parts"), "authors")
            .order_by("-last_activity_at", "-pk")
        )
        shown = Paginator(every, 20).get_page(request.GET.get("page"))
        return render(request, "scs_series/series_list.html", {"page": shown})

    return versioned(request, name="series-list", mark=mark, build=build)


@require_safe
@page
def series_detail(request: HttpRequest, series: str) -> HttpResponse:
    mark = _mark.of(slug=series)

    def context() -> dict[str, Any]:
        found = _series.one(request.user, slug=series)
        parts = _parts_of(request.user, series=found.pk)
        for part in parts:
            part.series = found
        evidence = evidence_map(found, parts)
        return {
            "series": found,
            "authors": _authors_of(series=found.pk),
            "parts": parts,
            "minutes": sum(part.minutes for part in parts),
            "bars": contents_bars(parts),
            "talked": any(part.post_count for part in parts),
            "map": evidence,
            # Parts that list more than their texts cite: the map and the contents then count differently.
            "reading": evidence is not None
            and [row.count for row in evidence.rows] != [part.source_count for part in parts],
            "activity": activity_chart(found),
            "threads": _threads_of_series(request.user, series=found.pk),
            "tags": _tags_of(at=timezone.now(), series=found.pk),
            "top_sources": _top_sources(series=found.pk),
            "start": parts[0] if parts else None,
        }

    def build() -> HttpResponse:
        given = late(
            request, context, "series", "authors", "parts", "minutes", "bars", "talked", "map", "reading", "activity", "threads", "tags",
            "top_sources", "start",
        )  # fmt: skip
        given |= {"levels": levels.of_series(request, mark, series), "own": own_on_series(request, series)}
        return render(request, "scs_series/series_detail.html", given)

    return versioned(request, name="series", mark=mark, build=build)


@require_safe
@page
def part_detail(request: HttpRequest, series: str, part: str) -> HttpResponse:
    mark = part_mark.of(series=series, part=part)

    def context() -> dict[str, Any]:
        siblings = _part_among_others(request.user, series=series, part=part)
        place = next((i for i, other in enumerate(siblings) if other.slug == part), None)
        if place is None:
            raise Http404("no such part")
        found: Any = siblings[place]
        found.body_html, found.references_html, found.toc = (
            found.here_html, found.here_references, found.here_toc,
        )  # fmt: skip
        return {
            "series": found.series,
            "part": found,
            "authors": _authors_of(series=found.series_id),
            "parts": siblings,
            "previous": siblings[place - 1] if place else None,
            "next": siblings[place + 1] if place + 1 < len(siblings) else None,
            "threads": _threads_of_part(request.user, part=found.pk),
        }

    def build() -> HttpResponse:
        given = late(request, context, "series", "part", "authors", "parts", "previous", "next", "threads")
        given |= {
            "levels": levels.of_part(request, mark, series, part),
            "series_slug": series,
            "part_slug": part,
            "own": own_on_part(request, series, part),
        }
        return render(request, "scs_series/part_detail.html", given)

    return versioned(request, name="part", mark=mark, build=build)


@require_safe
@page
def part_history(request: HttpRequest, series: str, part: str) -> HttpResponse:
    """The part's revisions, newest first, and the difference between two (``?old=1&new=3``)."""
    found = find_part(request, series, part)
    revisions = (
        PartRevision.objects.filter(part=found)
        .select_related("editor")
        .defer("body", "standfirst")
        .order_by("-number")
    )
    shown = Paginator(revisions, 50).get_page(request.GET.get("page"))
    new = _revision(found, request.GET.get("new"), found.revision_number)
    old = _revision(found, request.GET.get("old"), max(1, new.number - 1))
    context = {
        "series": found.series,
        "part": found,
        "page": shown,
        "several": shown.paginator.count > 1,
        "old": old,
        "new": new,
        "difference": text.difference(old.body, new.body) if old.pk != new.pk else (),
        "can_edit": policy.can_edit_part(request.user, found),
    }
    return render(request, "scs_series/part_history.html", context)


def _revision(part: Part, asked: str | None, default: int) -> PartRevision:
    number = int(asked) if asked and asked.isascii() and asked.isdigit() and len(asked) < 10 else default
    revision = PartRevision.objects.filter(part=part, number=number).select_related("editor").first()
    if revision is None:
        raise Http404("no such revision")
    return revision
