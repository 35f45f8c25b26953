"""The timeline of a long thread: a handful of stops by number and date, what is remarkable, and where one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from scs_series.models import Thread
from scs_series.views.discussion.posts import PostsOfPage


@dataclass
class Stop:
    """A post to jump to. ``words`` say what is remarkable about it; ``to`` is the last of several it stands for."""

    number: int
    at: datetime | None = None
    to: int = 0
    words: list[str] = field(default_factory=list)
    is_accepted: bool = False
    is_here: bool = False
    is_unread: bool = False

    @property
    def span(self) -> str:
        return f"{self.number}–{self.to}" if self.to > self.number else str(self.number)


def timeline(thread: Thread, shown: PostsOfPage, first: int, last: int, read_number: int) -> Sequence[Stop]:
    """The stops in order; empty for a thread of one page. ``first`` to ``last`` is the page that is looked at."""
    if not shown.stops:
        return ()
    at = {row.number: row.created_at for row in shown.posts} | dict(shown.stops)
    stops = {number: Stop(number, moment) for number, moment in shown.stops}

    def stop(number: int) -> Stop:
        return stops.setdefault(number, Stop(number, at.get(number)))

    # What the page itself shows needs no stop: one stands for all of it.
    for number in [number for number in stops if first <= number <= last]:
        del stops[number]
    here = stop(first)
    here.to, here.is_here = min(last, thread.last_number), True
    stop(1).words.append(_("opening"))
    if thread.is_answered and thread.accepted_number:
        accepted = stop(thread.accepted_number)
        accepted.words.append(_("accepted"))
        accepted.is_accepted = True
    if 0 < read_number < thread.last_number:
        unread = stop(read_number + 1)
        unread.words.append(_("first unread"))
        unread.is_unread = True
    newest = here if here.to == thread.last_number else stop(thread.last_number)
    newest.words.append(_("newest"))
    return [stops[number] for number in sorted(stops)]


__all__ = ["Stop", "timeline"]
