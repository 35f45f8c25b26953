"""Content versions: raised in the transaction that changes what a page shows; they key page cache and ETag.

What shows on a page decides what is raised:

==========================  =====================================================================
page                        raised by
==========================  =====================================================================
thread                      its posts, its title, kind, tags, state; its part's or series' name
part (and its thread list)  its text, its sources, any thread or post under it; names around it
series (and sources list)   anything in it
tag                         any thread that carries it, its own record
source                      its record, what cites it
==========================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q

from scs_series.models import Member, Part, Series, Source, Tag, Thread


def raise_series(series_id: int) -> None:
    Series.objects.filter(pk=series_id).update(version=F("version") + 1)


def raise_part(part_id: int, series_id: int) -> None:
    Part.objects.filter(pk=part_id).update(version=F("version") + 1)
    raise_series(series_id)


def raise_tags_of(thread_id: int) -> None:
    Tag.objects.filter(thread_items__content_object=thread_id).update(version=F("version") + 1)


def raise_thread(thread_id: int, part_id: int, series_id: int) -> None:
    """A thread's own state changed: it, its part, its series and its tags show it."""
    Thread.objects.filter(pk=thread_id).update(version=F("version") + 1)
    raise_part(part_id, series_id)
    raise_tags_of(thread_id)


def raise_around_part(part: Part) -> None:
    """A part's name, number or publication changed: everything that shows it or hangs under it.

    The parts beside it name it, its threads name it, their tags' pages list them. As many rows as the part has
    threads: an editor's act, rare, and the price of never showing an old name.
    """
    Part.objects.filter(series_id=part.series_id).update(version=F("version") + 1)
    raise_series(part.series_id)
    Thread.objects.filter(part=part).update(version=F("version") + 1)
    Tag.objects.filter(thread_items__content_object__part=part).update(version=F("version") + 1)
    Source.objects.filter(links__part=part).update(version=F("version") + 1)


def raise_around_tag(tag: Tag) -> None:
    """A tag's name changed: what carries it, the lists that count or filter by it, the tags named beside it."""
    threads = Thread.objects.filter(tag_items__tag=tag)
    threads.update(version=F("version") + 1)
    Part.objects.filter(threads__in=threads).update(version=F("version") + 1)
    Series.objects.filter(Q(threads__in=threads) | Q(sources__tag_items__tag=tag)).update(
        version=F("version") + 1
    )
    Tag.objects.filter(Q(pk=tag.pk) | Q(thread_items__content_object__in=threads)).update(
        version=F("version") + 1
    )
    Source.objects.filter(tag_items__tag=tag).update(version=F("version") + 1)


def raise_tags_of_sources(source_ids: Iterable[int]) -> None:
    """A source's record or its use in parts changed: its tags' pages list it, most used first."""
    Tag.objects.filter(source_items__content_object__in=list(source_ids)).update(version=F("version") + 1)


def raise_around_member(member: Member) -> None:
    """A member's public name changed: bylines of their series, and the pages of sources they brought or cited.

    Their posts and threads are rendered again, which raises what shows those.
    """
    Part.objects.filter(series__authors=member).update(version=F("version") + 1)
    Series.objects.filter(
        Q(authors=member) | Q(sources__added_by=member) | Q(threads__posts__author=member)
    ).update(version=F("version") + 1)


def raise_all_of(series: Series) -> None:
    """A series' name or visibility changed: every page within it."""
    raise_series(series.pk)
    Part.objects.filter(series=series).update(version=F("version") + 1)
    Thread.objects.filter(series=series).update(version=F("version") + 1)
    Source.objects.filter(series=series).update(version=F("version") + 1)
    Tag.objects.filter(
        Q(thread_items__content_object__series=series) | Q(source_items__content_object__series=series)
    ).update(version=F("version") + 1)
