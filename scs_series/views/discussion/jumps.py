"""Jumps within a thread: to a number, to the first unread post, to a day."""

from __future__ import annotations

from django.http import HttpRequest

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput
from scs_series.models import Thread, ThreadReading, member_of
from scs_series.prepared import Prepared
from scs_series.services.reading import first_number_since
from scs_series.views.finding import number_in

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
    try:
        return first_number_since(thread.pk, asked) or thread.last_number, ""
    except InvalidInput as error:
        return None, str(error)


__all__ = ["jump_of", "place_of"]
