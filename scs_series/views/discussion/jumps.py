"""Jumps within a thread: to a number, to the first unread post, to a day."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.models import Post, Thread, ThreadReading, member_of
from scs_series.prepared import Prepared
from scs_series.views.finding import number_in

_first_since: Prepared[int] = Prepared(
    lambda thread, at: (
        Post.objects.filter(thread=thread, created_at__gte=at)
        .order_by("created_at", "number")
        .values_list("number", flat=True)[:1]
    )
)
_read_up_to: Prepared[int] = Prepared(
    lambda member, thread: ThreadReading.objects.filter(member=member, thread=thread).values_list(
        "number", flat=True
    )
)


def place_of(thread: Thread, number: int) -> str:
    """Where a post stands: the address of its page, and it on that."""
    page = -(-number // int(app_settings.POSTS_PER_PAGE))
    return thread.get_absolute_url() + (f"?page={page}" if page > 1 else "") + f"#post-{number}"


def jump_of(request: HttpRequest, thread: Thread) -> tuple[int | None, str]:
    """The post that the address asks for, and what to tell who asked for something that means nothing.

    What lies before the first post or beyond the last leads to that one.
    """
    asked = request.GET
    if "post" in asked:
        number = number_in(asked["post"])
        if number is not None:
            return min(number, thread.last_number), ""
        # More digits than any thread has posts: the last one is meant.
        if asked["post"].isascii() and asked["post"].isdigit() and asked["post"].strip("0"):
            return thread.last_number, ""
    elif "unread" in asked:
        return _first_unread(request, thread), ""
    elif "date" in asked:
        return _since(asked["date"], thread)
    return None, ""


def _first_unread(request: HttpRequest, thread: Thread) -> int | None:
    """The first post that the reader has not read, or the last where none is; the beginning for who is new here."""
    member = member_of(request.user)
    read = _read_up_to.first(member=member.pk, thread=thread.pk) if member else None
    return min(read + 1, thread.last_number) if read else 1


def _since(asked: str, thread: Thread) -> tuple[int | None, str]:
    at = None
    try:
        day = parse_date(asked.strip())
        if day is not None:
            # In UTC, and so refused here where a time zone moves it out of the years that there are.
            at = timezone.make_aware(dt.datetime.combine(day, dt.time.min)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    if at is None:
        return None, _("“%(typed)s” is no day. Write it as 2026-11-15.") % {"typed": asked[:40]}
    return _first_since.first(thread=thread.pk, at=at) or thread.last_number, ""


__all__ = ["jump_of", "place_of"]
