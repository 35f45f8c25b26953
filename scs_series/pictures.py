"""Server-made pictures of a series: plain data that templates draw as SVG, with the numbers behind it.

No picture grows with the discussion: the contents bars and the map are bounded by parts and sources, and the
chart counts completed weeks, once a week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.urls import get_script_prefix, get_urlconf
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scs_series.models import Part, Post, Series, Source, SourceLink, Thread
from scs_series.prepared import Prepared


# ---------------------------------------------------------------------- contents
@dataclass(frozen=True)
class Bar:
    """A part in the table of contents: its length against the longest, its posts against the most, 0–340 units."""

    part: Part
    width: int
    talk: int


def contents_bars(parts: Sequence[Part]) -> list[Bar]:
    longest = max((part.word_count for part in parts), default=0) or 1
    most = max((part.post_count for part in parts), default=0) or 1
    return [
        Bar(
            part,
            max(4, round(340 * part.word_count / longest)),
            max(2, round(340 * part.post_count / most)) if part.post_count else 0,
        )
        for part in parts
    ]


# ---------------------------------------------------------------------- evidence map
#: Columns of the map, and the types of source that stand under each.
_GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("law", frozenset({"law", "policy"})),
    ("scholarship", frozenset({"article", "book", "chapter", "paper"})),
    ("reports", frozenset({"report", "data"})),
    ("press", frozenset({"press", "web", "other"})),
)
_LEFT, _RIGHT, _TOP, _ROW, _GAP = 168.0, 1194.0, 55, 30, 19.0
#: More columns than this are not told apart: the table below the map then stands alone.
MAP_MAX_SOURCES = 400


@dataclass(frozen=True)
class MapCell:
    x: float
    y: int
    width: float
    url: str
    title: str
    state: str

    # A source without an address is drawn as a ring, which no box is taken for.
    @property
    def centre(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def middle(self) -> int:
        return self.y + 7

    @property
    def radius(self) -> float:
        return round(max(1.5, min(3.5, self.width * 0.7)), 1)


@dataclass(frozen=True)
class MapRow:
    number: int
    title: str
    text_y: int
    line_y: int
    count: int


@dataclass
class MapGroup:
    name: str
    x: float = 0.0
    end: float = 0.0
    count: int = 0
    by_part: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class MapTie:
    x: float
    top: int
    bottom: int


@dataclass(frozen=True, eq=False)
class EvidenceMap:
    """Sources × parts. ``drawn`` is False where there are too many columns for a picture."""

    height: int
    rows: list[MapRow]
    groups: list[MapGroup]
    cells: list[MapCell]
    ties: list[MapTie]
    drawn: bool

    @property
    def cited(self) -> int:
        """How many sources stand in it."""
        return sum(group.count for group in self.groups)


_links_of: Prepared[tuple[Any, ...]] = Prepared(
    lambda series: SourceLink.objects.filter(part__series=series, origin=SourceLink.Origin.CITATION)
    .order_by()
    .values_list(
        "part_id", "source_id", "source__key", "source__type", "source__issued", "source__label",
        "source__title", "source__url", "source__archive_url",
    )
)  # fmt: skip


def evidence_map(series: Series, parts: Sequence[Part]) -> EvidenceMap | None:
    """One column a source, by group and date; one row a part; a tie joins the uses of one source. One query.

    The same links drawn for the same parts give the same object, so that a page that is built anew because somebody
    posted finds its map drawn: it has hundreds of cells.
    """
    links = _links_of(series=series.pk)
    shown = tuple((part.pk, part.number, part.title) for part in parts)
    return _draw(
        series.slug, shown, tuple(sorted(links)), (get_language(), get_urlconf(), get_script_prefix())
    )


@lru_cache(maxsize=32)
def _draw(
    series_slug: str,
    parts: tuple[tuple[int, int, str], ...],
    links: tuple[tuple[Any, ...], ...],
    where: object,
) -> EvidenceMap | None:
    """``where`` tells languages and addresses apart."""
    rows_of = {pk: row for row, (pk, _number, _title) in enumerate(parts)}
    series = Series(slug=series_slug)
    sources: dict[int, tuple[str, str, str, str, str, str]] = {}
    uses: dict[int, list[int]] = {}
    for part_id, source_id, key, kind, issued, label, title, url, archive_url in links:
        if part_id not in rows_of:
            continue
        sources[source_id] = (
            kind,
            issued,
            key,
            label,
            title,
            "archived" if archive_url else "live" if url else "none",
        )
        uses.setdefault(source_id, []).append(rows_of[part_id])
    if not sources:
        return None
    names = {
        "law": _("Law and policy"), "scholarship": _("Scholarship"), "reports": _("Reports"), "press": _("Press and web"),
    }  # fmt: skip
    used_groups = [(name, kinds) for name, kinds in _GROUPS if any(s[0] in kinds for s in sources.values())]
    step = (_RIGHT - _LEFT - _GAP * (len(used_groups) - 1)) / len(sources)
    groups: list[MapGroup] = []
    cells: list[MapCell] = []
    ties: list[MapTie] = []
    x = _LEFT
    for name, kinds in used_groups:
        group = MapGroup(names[name], x=round(x, 1), by_part=[0] * len(parts))
        inside = sorted(
            (s for s in sources.items() if s[1][0] in kinds), key=lambda item: (item[1][1], item[1][2])
        )
        for source_id, (_kind, _issued, key, label, title, state) in inside:
            rows = sorted(uses[source_id])
            url = Source(series=series, key=key).get_absolute_url()
            centre = round(x + step / 2, 1)
            if len(rows) > 1:
                ties.append(MapTie(centre, _TOP + _ROW * rows[0], _TOP + _ROW * rows[-1]))
            for row in rows:
                group.by_part[row] += 1
                said = _("%(label)s: %(title)s, part %(number)d") % {
                    "label": label, "title": title, "number": parts[row][1],
                }  # fmt: skip
                width = round(max(1.5, min(5.6, step * 0.7)), 1)
                cells.append(
                    MapCell(round(centre - width / 2, 1), _TOP - 7 + _ROW * row, width, url, said, state)
                )
            x += step
        group.count, group.end = len(inside), round(x - 2, 1)
        groups.append(group)
        x += _GAP
    rows_shown = [
        MapRow(
            number,
            title,
            _TOP + 4 + _ROW * row,
            _TOP + 15 + _ROW * row,
            sum(g.by_part[row] for g in groups),
        )
        for row, (_pk, number, title) in enumerate(parts)
    ]
    cells.sort(key=lambda cell: (cell.y, cell.x))  # read by keyboard row after row
    return EvidenceMap(
        height=_TOP + 15 + _ROW * (len(parts) - 1) + 4, rows=rows_shown, groups=groups, cells=cells, ties=ties,
        drawn=len(sources) <= MAP_MAX_SOURCES,
    )  # fmt: skip


# ---------------------------------------------------------------------- activity
@dataclass(frozen=True)
class Week:
    x: int
    starts: dt.date
    posts: int
    corrections: int
    height: float
    corrections_height: float

    @property
    def top(self) -> float:
        return round(80 - self.height, 1)

    @property
    def corrections_top(self) -> float:
        return round(80 - self.corrections_height, 1)


@dataclass(frozen=True, eq=False)
class ActivityChart:
    """Posts a week over the last 52 completed weeks; ``corrections`` are posts in threads of that kind."""

    weeks: list[Week]
    posts: int
    corrections: int
    busiest: Week


def activity_chart(series: Series) -> ActivityChart | None:
    """None where nothing was written in the last year. A week once over is counted once: then it is in the cache."""
    today = timezone.now().date()
    this_week = today - dt.timedelta(days=today.weekday())
    first = this_week - dt.timedelta(weeks=52)
    key = f"scs_series:activity:{series.pk}:{this_week}"
    counted: dict[dt.date, tuple[int, int]] | None = cache.get(key)
    if counted is None:
        start = dt.datetime.combine(first, dt.time.min, dt.UTC)
        end = dt.datetime.combine(this_week, dt.time.min, dt.UTC)
        rows = (
            Post.objects.published()
            .filter(thread__in=Thread.objects.visible_to(None).filter(series=series))
            .filter(created_at__gte=start, created_at__lt=end)
            .order_by()
            .values_list(TruncWeek("created_at", tzinfo=dt.UTC))
            .annotate(n=Count("pk"), corrections=Count("pk", filter=Q(thread__kind=Thread.Kind.CORRECTION)))
        )
        counted = {week.date(): (n, corrections) for week, n, corrections in rows}
        cache.set(key, counted, timeout=8 * 86_400)
    return _chart(first, tuple(counted.items())) if counted else None


@lru_cache(maxsize=32)
def _chart(first: dt.date, counts: tuple[tuple[dt.date, tuple[int, int]], ...]) -> ActivityChart:
    """Drawn once for the same counts, as the map is."""
    counted = dict(counts)
    most = max(n for n, _corrections in counted.values())
    weeks = []
    for position in range(52):
        starts = first + dt.timedelta(weeks=position)
        posts, corrections = counted.get(starts, (0, 0))
        weeks.append(
            Week(
                12 * position, starts, posts, corrections,
                round(72.8 * posts / most, 1), round(72.8 * corrections / most, 1),
            )
        )  # fmt: skip
    return ActivityChart(
        weeks,
        sum(w.posts for w in weeks),
        sum(w.corrections for w in weeks),
        max(weeks, key=lambda w: w.posts),
    )
