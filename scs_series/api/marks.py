"""What visitors' answers are made from: the versions that key the cache and the validators (see scs_series.caching).

What a visitor may not see has no mark, so nothing about it is told by a 304.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from scs_series.api.finding import is_part_number
from scs_series.api.parameters import as_name, as_number
from scs_series.caching import Mark
from scs_series.models import Part, Post, Series, Source, Tag, Thread

#: Asked for each answer; None where no version covers what it shows.
Asking = Callable[[], tuple[Any, ...] | None] | None

_series = Mark(lambda at, slug: Series.objects.visible_to(None).filter(slug=slug))
_part_by_slug = Mark(
    lambda at, series, part: Part.objects.visible_to(None, at).filter(series__slug=series, slug=part)
)
_part_by_number = Mark(
    lambda at, series, part: Part.objects.visible_to(None, at).filter(series__slug=series, number=part)
)
_thread = Mark(lambda at, pk: Thread.objects.visible_to(None, at).filter(pk=pk))
_post = Mark(
    lambda at, pk: Post.objects.filter(pk=pk, thread__in=Thread.objects.visible_to(None, at)),
    "thread__version",
)
_source = Mark(
    lambda at, series, key: Source.objects.visible_to(None).filter(series__slug=series, key=key),
    "version", "series__version",
)  # fmt: skip
_tag = Mark(lambda at, slug: Tag.objects.filter(slug=slug))


def of_series(slug: Any) -> Asking:
    name = as_name(slug)
    return _series.of(slug=name) if name else None


def of_part(series: Any, part: Any) -> Asking:
    """By slug; a number, where no part has it for a slug, is looked for second."""
    where, name = as_name(series), as_name(part)
    if where is None or name is None:
        return None
    if not is_part_number(name):
        return _part_by_slug.of(series=where, part=name)
    return lambda: _part_by_slug(series=where, part=name) or _part_by_number(series=where, part=int(name))


def of_thread(pk: Any) -> Asking:
    number = as_number(pk)
    return _thread.of(pk=number) if number else None


def of_post(pk: Any) -> Asking:
    number = as_number(pk)
    return _post.of(pk=number) if number else None


def of_source(series: Any, key: Any) -> Asking:
    where, name = as_name(series), as_name(key)
    return _source.of(series=where, key=name) if where and name else None


def of_tag(slug: Any) -> Asking:
    name = as_name(slug)
    return _tag.of(slug=name) if name else None


def of_threads(request: HttpRequest) -> Asking:
    """A list of threads: of the narrowest thing it hangs on."""
    asked = request.GET
    if asked.get("series") and asked.get("part"):
        return of_part(asked["series"], asked["part"])
    if asked.get("series"):
        return of_series(asked["series"])
    return of_tag(asked.get("tag"))


__all__ = ["Asking", "of_part", "of_post", "of_series", "of_source", "of_tag", "of_thread", "of_threads"]
