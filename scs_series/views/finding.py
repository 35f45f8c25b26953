"""Looking things up for a page: what the reader may not see is not there (404).

What pages ask for most is compiled once for visitors and once for members (see scs_series.readers).
"""

from __future__ import annotations

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf, Substr
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from scs_series.models import Part, Post, Thread
from scs_series.readers import Seen

#: Long texts that a page about a thread does not show; read when asked for.
_NOT_OF_THE_THREAD = (
    "part__body", "part__body_html", "part__references_html", "part__toc", "part__standfirst", "series__summary",
    "author__about", "resolved_by__about",
)  # fmt: skip


_parts: Seen[Part] = Seen(
    lambda reader, at, series, part: (
        Part.objects.visible_to(reader, at)
        .filter(series__slug=series, slug=part)
        .select_related("series")
        .defer("body", "series__summary")
    )
)
#: Of the accepted answer what its mark under the question shows, read along with the thread; 260 characters of its text
#: are shown, and never stand behind as many as these.
_answer = Post.objects.filter(thread=OuterRef("pk"), number=OuterRef("accepted_number")).order_by()
_answer_start = Subquery(_answer.values(start=Substr("body_html", 1, 6_000))[:1])
_answer_name = Subquery(
    _answer.values(name=Coalesce(NullIf("author__display_name", Value("")), "author__username"))[:1]
)
_threads: Seen[Thread] = Seen(
    lambda reader, at, pk: (
        Thread.objects.visible_to(reader, at)
        .filter(pk=pk)
        .select_related("part", "series", "author", "resolved_by")
        .annotate(answer_start=_answer_start, answer_name=_answer_name)
        .defer(*_NOT_OF_THE_THREAD)
    )
)


def find_part(request: HttpRequest, series: str, part: str) -> Part:
    """The part by the slugs of its series and its own, with its series."""
    return _parts.one(request.user, series=series, part=part)


def find_thread(request: HttpRequest, pk: int) -> Thread:
    """The thread by its number, with its part, series, author, who decided, and the beginning of the accepted answer."""
    return _threads.one(request.user, pk=pk)


def find_post(request: HttpRequest, pk: int, number: int) -> Post:
    """The post by its thread and its number there, with its thread as find_thread gives it."""
    thread = find_thread(request, pk)
    post = get_object_or_404(
        Post.objects.select_related("author", "answers__author"), thread=thread, number=number
    )
    post.thread = thread
    return post


def number_in(value: str | None) -> int | None:
    """A positive number as typed in an address, else None."""
    if value and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value) or None
    return None


def is_number(value: str) -> bool:
    """Written as this app writes it, so that one page has one address."""
    return str(number_in(value)) == value
