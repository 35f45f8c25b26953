"""The things that addresses, parameters and bodies name: found among what the user may see, or NotThere.

``find_…`` gives the whole thing, as services want it; ``…_id`` only what a list is filtered by, without its texts.
What is asked for most is compiled once for visitors and once for members (see scs_series.readers).
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Case, Q, QuerySet, When

from scs_series.api.errors import NotThere
from scs_series.api.parameters import as_name, as_number
from scs_series.models import Member, Part, Post, Series, Source, Tag, Thread
from scs_series.prepared import Prepared
from scs_series.readers import Seen

#: PositiveSmallIntegerField: what a part's number can be on every database.
_HIGHEST_PART = 32_767

T = TypeVar("T")

_series: Seen[Series] = Seen(
    lambda reader, at, slug: Series.objects.visible_to(reader).filter(slug=slug).order_by()
)
_series_ids: Seen[int] = Seen(
    lambda reader, at, slug: (
        Series.objects.visible_to(reader).filter(slug=slug).order_by().values_list("pk", flat=True)
    )
)
_parts_by_slug: Seen[Part] = Seen(
    lambda reader, at, series, part: (
        Part.objects.visible_to(reader, at)
        .filter(series__slug=series, slug=part)
        .select_related("series")
        .order_by()
    )
)
_part_ids_by_slug: Seen[int] = Seen(
    lambda reader, at, series, part: (
        Part.objects.visible_to(reader, at)
        .filter(series__slug=series, slug=part)
        .order_by()
        .values_list("pk", flat=True)
    )
)
_last_numbers: Seen[int] = Seen(
    lambda reader, at, pk: (
        Thread.objects.visible_to(reader, at).filter(pk=pk).order_by().values_list("last_number", flat=True)
    )
)
_tags: Seen[Tag] = Seen(
    lambda reader, at, slug: Tag.objects.visible_to(reader, at).filter(slug=slug).order_by()
)
_any_tag_id: Prepared[int] = Prepared(
    lambda slug: Tag.objects.filter(slug=slug).order_by().values_list("pk", flat=True)
)


def _there(found: T | None, field: str | None) -> T:
    if found is None:
        raise NotThere(field)
    return found


def _first(rows: QuerySet[Any, T], field: str | None) -> T:
    for row in rows[:1]:
        return row
    raise NotThere(field)


def find_series(user: Any, slug: Any, *, field: str | None = None) -> Series:
    name = as_name(slug)
    return _there(_series.first(user, slug=name) if name else None, field)


def series_id(user: Any, slug: Any, *, field: str | None = None) -> int:
    name = as_name(slug)
    return _there(_series_ids.first(user, slug=name) if name else None, field)


def is_part_number(reference: Any) -> bool:
    return (as_number(reference) or _HIGHEST_PART + 1) <= _HIGHEST_PART


def _parts(user: Any, series: Any, reference: Any) -> QuerySet[Part]:
    """By slug, else by number: an address made from a slug means that part, even where a slug is a number."""
    series, name = as_name(series), as_name(reference)
    if not (series and name):
        return Part.objects.none()
    parts = Part.objects.visible_to(user).filter(series__slug=series)
    if is_part_number(name):
        by_slug_first = Case(When(slug=name, then=0), default=1)
        return parts.filter(Q(slug=name) | Q(number=int(name))).order_by(by_slug_first)
    return parts.filter(slug=name).order_by()


def _slugs(series: Any, reference: Any) -> dict[str, str] | None:
    """For the queries compiled once: a part named by a slug that is no number."""
    series, name = as_name(series), as_name(reference)
    if series is None or name is None or is_part_number(name):
        return None
    return {"series": series, "part": name}


def find_part(user: Any, series: Any, reference: Any, *, field: str | None = None) -> Part:
    names = _slugs(series, reference)
    if names:
        return _there(_parts_by_slug.first(user, **names), field)
    return _first(_parts(user, series, reference).select_related("series"), field)


def part_id(user: Any, series: Any, reference: Any, *, field: str | None = None) -> int:
    names = _slugs(series, reference)
    if names:
        return _there(_part_ids_by_slug.first(user, **names), field)
    return _first(_parts(user, series, reference).values_list("pk", flat=True), field)


def last_number(user: Any, pk: Any, *, field: str | None = None) -> int:
    """The number of the last post of a thread that is there for this user."""
    number = as_number(pk)
    return _there(_last_numbers.first(user, pk=number) if number else None, field)


def find_thread(user: Any, pk: Any, *, field: str | None = None) -> Thread:
    threads = Thread.objects.visible_to(user).select_related("part", "series", "author")
    return _first(threads.filter(pk=as_number(pk) or 0).order_by(), field)


def find_post(user: Any, pk: Any, *, field: str | None = None) -> Post:
    posts = Post.objects.visible_to(user).select_related(
        "author", "answers__author", "thread__part", "thread__series", "edited_by"
    )
    return _first(posts.filter(pk=as_number(pk) or 0).order_by(), field)


def _sources(user: Any, series: Any, key: Any) -> QuerySet[Source]:
    series, key = as_name(series), as_name(key)
    if not (series and key):
        return Source.objects.none()
    return Source.objects.visible_to(user).filter(series__slug=series, key=key).order_by()


def find_source(user: Any, series: Any, key: Any, *, field: str | None = None) -> Source:
    return _first(_sources(user, series, key).select_related("series", "added_by"), field)


def source_id(user: Any, series: Any, key: Any, *, field: str | None = None) -> int:
    return _first(_sources(user, series, key).values_list("pk", flat=True), field)


def tag_id(slug: Any, *, field: str | None = None) -> int:
    """For a list that shows at once whether there is anything to see; who finds it empty asks find_tag."""
    name = as_name(slug)
    return _there(_any_tag_id.first(slug=name) if name else None, field)


def find_member(username: Any) -> Member:
    """A member whose page anybody may see."""
    name = as_name(username)
    return _first(Member.objects.public().filter(username=name or ""), None)


def find_tag(user: Any, slug: Any, *, field: str | None = None) -> Tag:
    name = as_name(slug)
    return _there(_tags.first(user, slug=name) if name else None, field)


__all__ = [
    "find_member", "find_part", "find_post", "find_series", "find_source", "find_tag", "find_thread",
    "is_part_number", "last_number", "part_id", "series_id", "source_id", "tag_id",
]  # fmt: skip
