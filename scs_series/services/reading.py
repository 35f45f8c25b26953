"""How far members have read."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput
from scs_series.models import Member, Part, PartReading, Post, Thread, ThreadReading
from scs_series.prepared import Prepared
from scs_series.ratelimit import count_or_refuse
from scs_series.services import notifications

#: The most posts of a branch that are looked for; who wants more reads the thread.
BRANCH_MAX = 2_000

_first_since: Prepared[int] = Prepared(
    lambda thread, at: (
        Post.objects.filter(thread=thread, created_at__gte=at)
        .order_by("created_at", "number")
        .values_list("number", flat=True)[:1]
    )
)


def first_number_since(thread: int, day: str) -> int | None:
    """The number of a thread's first post of a day ("2026-11-15", in the current time zone) or after; None for none.

    Raises InvalidInput (``bad_day``).
    """
    at = None
    try:
        found = parse_date(day.strip())
        if found is not None:
            # In UTC, and so refused here where a time zone moves it out of the years that there are.
            at = timezone.make_aware(dt.datetime.combine(found, dt.time.min)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    if at is None:
        raise InvalidInput(
            _("“%(typed)s” is no day. Write it as 2026-11-15.") % {"typed": day[:40]}, code="bad_day"
        )
    return _first_since.first(thread=thread, at=at)


def branch_of(thread: int, number: int) -> tuple[list[int], list[int]] | None:
    """The numbers of the posts that one answers, nearest first, and of all that answer it, directly or through others.

    None where the thread has no such post.
    """
    return Post.objects.branch_of(thread, number, BRANCH_MAX)


def mark_thread_read(*, member: Member, thread: Thread, number: int) -> None:
    """Note that a member has read a thread up to a post's number, or up to its last post.

    Never goes back: two devices may tell out of order. What they were told of these posts is read with them.
    """
    number = min(number, thread.last_number)
    if number < 1:
        return
    seen = ThreadReading.objects.filter(member=member, thread=thread)
    if not seen.filter(number__lt=number).update(number=number, updated_at=timezone.now()):
        ThreadReading.objects.bulk_create(
            [ThreadReading(member=member, thread=thread, number=number)], ignore_conflicts=True
        )
    notifications.mark_read_up_to(member=member, thread=thread, number=number)


def mark_part_read(*, member: Member, part: Part, percent: int, section: str = "") -> None:
    """Note how far a member has read a part: the section they are in, and how much of the text lies before its place.

    Never goes back, as with threads: who looks something up at the beginning has not lost their place. Raises
    InvalidInput (``bad_percent``, or ``no_such_section``: the text was changed since).
    """
    if not 0 <= percent <= 100:
        raise InvalidInput(_("Give 0 to 100."), code="bad_percent", field="percent")
    if section and all(heading["id"] != section for heading in part.toc):
        raise InvalidInput(
            _("This part has no such section, or not any more."), code="no_such_section", field="section"
        )
    begun = PartReading.objects.filter(member=member, part=part)
    if not begun.filter(percent__lt=percent).update(
        percent=percent, section=section, updated_at=timezone.now()
    ):
        PartReading.objects.bulk_create(
            [PartReading(member=member, part=part, percent=percent, section=section)], ignore_conflicts=True
        )


def count_reading(member: Member) -> None:
    """Count one note of a place; raises RateLimited. Not in the functions above: writing a post notes a place too."""
    count_or_refuse("reading", member.pk, app_settings.READING_RATE)


__all__ = ["count_reading", "first_number_since", "mark_part_read", "mark_thread_read"]
