"""What a member finds of their own on pages that are otherwise everybody's: how far they read, what is new to them.

Such pages are put together from pieces that all readers share. Where something of the reader's goes, a piece (or a
thread's stored row) holds a mark (services.rendering.own_mark); ``{% personal own %}`` puts it in. So no piece is built
twice, and none knows its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import F, IntegerField, JSONField, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scs_series.models import Part, PartReading, Thread, ThreadReading, member_of
from scs_series.readers import Seen

#: Name of a mark → what the reader finds there.
Own = dict[str, SafeString]

COLUMNS = ("what", "key", "value", "section", "toc", "number", "slug", "title", "at")


class ReadPart(NamedTuple):
    """How far a member has read one part."""

    pk: int
    percent: int
    section: str
    toc: list[dict[str, Any]]
    number: int
    slug: str
    title: str
    at: Any


def _of_reader(reader: Any, at: Any, parts: QuerySet[Part], threads: QuerySet[Thread], me: int) -> Any:
    """Rows of COLUMNS: parts that ``me`` has begun, and threads that have posts since ``me`` read them."""
    nothing = Value("", TextField())
    read = (
        PartReading.objects.filter(member=me, part__in=parts)
        .order_by()
        .annotate(
            what=Value("part", TextField()),
            key=F("part_id"),
            value=Cast("percent", IntegerField()),
            toc=F("part__toc"),
            number=Cast("part__number", IntegerField()),
            slug=Cast("part__slug", TextField()),
            title=Cast("part__title", TextField()),
            at=F("updated_at"),
        )
        .values_list(*COLUMNS)
    )
    new = (
        ThreadReading.objects.filter(member=me, thread__in=threads, number__lt=F("thread__last_number"))
        .order_by()
        .annotate(
            what=Value("thread", TextField()),
            key=F("thread_id"),
            value=Cast(F("thread__last_number") - F("number"), IntegerField()),
            section=nothing,
            toc=Value([], JSONField()),
            of_number=Value(0, IntegerField()),
            slug=nothing,
            title=Cast("thread__title", TextField()),
            at=F("updated_at"),
        )
        .values_list(*("of_number" if name == "number" else name for name in COLUMNS))
    )
    return read.union(new, all=True)


def _newest(threads: QuerySet[Thread], reader: Any, at: Any, shown: int) -> QuerySet[Any, Any]:
    return threads.visible_to(reader, at).order_by("-last_post_at", "-pk").values("pk")[:shown]  # type: ignore[attr-defined,no-any-return]


#: As many threads as these pages list (views.series).
THREADS_SHOWN = 6
_on_part: Seen[Any] = Seen(
    lambda reader, at, me, series, part: _of_reader(
        reader, at,
        Part.objects.visible_to(reader, at).filter(series__slug=series),
        _newest(Thread.objects.filter(part__series__slug=series, part__slug=part), reader, at, THREADS_SHOWN),
        me,
    )
)  # fmt: skip
_on_series: Seen[Any] = Seen(
    lambda reader, at, me, series: _of_reader(
        reader, at,
        Part.objects.visible_to(reader, at).filter(series__slug=series),
        _newest(Thread.objects.filter(series__slug=series), reader, at, THREADS_SHOWN),
        me,
    )
)  # fmt: skip


def _sorted_out(rows: Iterable[tuple[Any, ...]]) -> tuple[list[ReadPart], list[tuple[Thread, int]]]:
    parts, threads = [], []
    for what, key, value, section, toc, number, slug, title, at in rows:
        if what == "part":
            parts.append(ReadPart(key, value, section, toc, number, slug, title, at))
        else:
            threads.append((Thread(pk=key, title=title), value))
    return parts, threads


def own_on_part(request: HttpRequest, series: str, part: str) -> Own:
    """For a part's page: where to go on, the bars in the rail, what is new in its threads, the way to note a place."""
    member = member_of(request.user)
    if not request.user.is_authenticated:
        return {}
    rows = _on_part(request.user, me=member.pk, series=series, part=part) if member else ()
    parts, threads = _sorted_out(rows)
    here = next((read for read in parts if read.slug == part), None)
    given = {"series_slug": series, "part_slug": part, "read": here}
    own = {f"part-{read.pk}": _bar(read) for read in parts} | new_in(threads)
    own["reading"] = render_to_string("scs_series/includes/_part_reading.html", given, request)
    if here and 0 < here.percent < 100:
        own["continue"] = _continue_here(here)
    return own


def own_on_series(request: HttpRequest, series: str) -> Own:
    """For a series' page: where the reader stopped, how much of each part they read, what is new in its threads."""
    member = member_of(request.user)
    if member is None:
        return {}
    parts, threads = _sorted_out(_on_series(request.user, me=member.pk, series=series))
    own = new_in(threads)
    for read in parts:
        if read.percent:
            own[f"bar-{read.pk}"] = format_html(
                '<rect class="scs-bar-read" width="{}" height="6"/>', read.percent
            )
            words = _("read") if read.percent == 100 else _("%(n)d %% read") % {"n": read.percent}
            own[f"part-{read.pk}"] = format_html("<b>{}</b>", words)
    if any(read.percent for read in parts):
        own["key"] = format_html(
            '<li><svg viewBox="0 0 24 12" aria-hidden="true"><rect class="scs-bar-read" y="3" width="24" height="6"/></svg>{}</li>',
            _("Read by you"),
        )
    stopped = max((read for read in parts if 0 < read.percent < 100), key=lambda read: read.at, default=None)
    if stopped:
        section = next((heading for heading in stopped.toc if heading["id"] == stopped.section), None)
        own["continue"] = render_to_string(
            "scs_series/includes/_continue.html", {"series_slug": series, "read": stopped, "section": section}
        )
    return own


def own_in_rows(request: HttpRequest, threads: Sequence[Thread]) -> Own:
    """For a list of threads that are at hand: what is new in those that the reader has read."""
    member = member_of(request.user)
    if member is None or not threads:
        return {}
    rows = ThreadReading.objects.filter(member=member, thread__in=threads).values_list("thread", "number")
    read = dict(rows)
    return new_in(
        (thread, thread.last_number - read[thread.pk])
        for thread in threads
        if read.get(thread.pk, thread.last_number) < thread.last_number
    )


def new_in(threads: Iterable[tuple[Thread, int]]) -> Own:
    """The marks of rows: how many posts are new in which thread, each a link to the first of them."""
    return {
        f"thread-{thread.pk}": format_html(
            '<a class="scs-new" href="{}?unread">{}</a>',
            thread.get_absolute_url(),
            ngettext("%(n)d new", "%(n)d new", count) % {"n": count},
        )
        for thread, count in threads
    }


def _bar(read: ReadPart) -> SafeString:
    label = _("Part %(number)d: %(n)d %% read") % {"number": read.number, "n": read.percent}
    return format_html(
        '<progress class="scs-progress" value="{}" max="100" aria-label="{}">{} %</progress>',
        read.percent,
        label,
        read.percent,
    )


def _continue_here(read: ReadPart) -> SafeString:
    """The way to the section where the reader stopped; none where the text has that section no more."""
    sections = [heading for heading in read.toc if heading["level"] == 2]
    for number, section in enumerate(sections, start=1):
        if section["id"] == read.section and number > 1:
            return render_to_string(
                "scs_series/includes/_continue_here.html", {"section": section, "number": number}
            )
    return SafeString("")


__all__ = ["THREADS_SHOWN", "Own", "new_in", "own_in_rows", "own_on_part", "own_on_series"]
