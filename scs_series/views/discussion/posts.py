"""Posts as a page shows them: stored fragments, by whom they were answered, and the row of actions of who reads.

A page of a long thread needs more of it than its own posts: when those were written at which the timeline stops. Both
come by one query, whose cost does not grow with the thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, TextField, Value
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from scs_series.models import Post, Thread
from scs_series.pieces import kept
from scs_series.prepared import Prepared
from scs_series.services.rendering import ACTIONS
from scs_series.views.discussion.actions import Actions

#: So many answers are named under a post; the rest stands on the page of its branch.
ANSWERS_NAMED = 5
#: As many stops as a glance takes in.
STOPS = 8


class PostRow(NamedTuple):
    """What a page needs of a post. ``html`` is its fragment, with ACTIONS where the reader's row goes."""

    number: int
    author_id: int
    status: str
    html: str
    answer_numbers: list[int]
    reaction_counts: dict[str, int]
    created_at: datetime


class PostsOfPage(NamedTuple):
    """A page of a thread: its posts, and when those at the timeline's stops were written."""

    posts: list[PostRow]
    stops: list[tuple[int, datetime]]


COLUMNS = ("number", "author_id", "status", "html", "answer_numbers", "reaction_counts", "created_at")


def post_rows(posts: QuerySet[Post]) -> QuerySet[Any, Any]:
    """The columns of PostRow."""
    return posts.annotate(html=F("fragment")).values_list(*COLUMNS)


_between: Prepared[Any] = Prepared(
    lambda thread, first, last: post_rows(
        Post.objects.filter(thread=thread, number__range=(first, last)).order_by("number")
    )
)


def _page_and_stops(thread: int, first: int, last: int, **stops: int) -> QuerySet[Any, Any]:
    """Rows (what, …PostRow). Stops bring no text."""
    of_thread = Post.objects.filter(thread=thread).order_by()

    def rows(posts: QuerySet[Post], what: str, html: Any) -> QuerySet[Any, Any]:
        return posts.annotate(what=Value(what, TextField()), html=html).values_list("what", *COLUMNS)

    every: QuerySet[Any, Any] = rows(
        of_thread.filter(number__range=(first, last)), "post", F("fragment")
    ).union(rows(of_thread.filter(number__in=list(stops.values())), "stop", Value("", TextField())), all=True)
    return every


_with_stops = Prepared(_page_and_stops)


def stops_of(thread: Thread) -> list[int]:
    """The numbers at which a thread's timeline stops: its ends, evenly between, and the accepted answer."""
    last = thread.last_number
    even = [1 + round(place * (last - 1) / (STOPS - 1)) for place in range(STOPS)]
    return [*even, thread.accepted_number or last]


def posts_of_page(request: HttpRequest, thread: Thread, first: int, last: int) -> PostsOfPage:
    """The posts ``first`` to ``last``; with stops where the thread has others too. One query, or none at all."""
    return kept(request, "posts", lambda: _posts_of_page(thread, first, last))


def _posts_of_page(thread: Thread, first: int, last: int) -> PostsOfPage:
    if thread.last_number <= last - first + 1:
        return PostsOfPage(posts_between(thread, first, last), [])
    numbers = {f"stop_{place}": number for place, number in enumerate(stops_of(thread))}
    found: dict[str, list[PostRow]] = {"post": [], "stop": []}
    for what, *columns in _with_stops(thread=thread.pk, first=first, last=last, **numbers):
        found[what].append(PostRow(*columns))
    posts = sorted(found["post"], key=lambda row: row.number)
    return PostsOfPage(
        with_answers(thread, posts), sorted((row.number, row.created_at) for row in found["stop"])
    )


def posts_between(thread: Thread, first: int, last: int) -> list[PostRow]:
    """The posts ``first`` to ``last`` of a thread, in order."""
    rows = _between(thread=thread.pk, first=first, last=last)
    return with_answers(thread, [PostRow(*row) for row in rows])


def with_answers(thread: Thread, rows: Iterable[PostRow]) -> list[PostRow]:
    """The rows with the line that names a post's answers before the place of its actions.

    Not part of the stored fragment: each answer would have to write the whole post that it answers anew.
    """
    words = _("answered by"), _("read this branch alone")
    url = thread.get_absolute_url()
    return [
        row._replace(html=row.html.replace(ACTIONS, _answered_by(url, row, words) + ACTIONS))
        if row.answer_numbers
        else row
        for row in rows
    ]


def _answered_by(url: str, row: PostRow, words: tuple[str, str]) -> SafeString:
    named = row.answer_numbers[:ANSWERS_NAMED]
    links = format_html_join(
        " ",
        '<span class="scs-nobr"><a href="?post={0}">#{0}</a>{1}</span>',
        ((number, "" if number == named[-1] else ",") for number in named),
    )
    more = len(row.answer_numbers) - len(named)
    branch = _("+ %(n)d more") % {"n": more} if more else words[1]
    return format_html(
        '<p class="scs-answered"><span>{} {}</span> <a class="scs-branch" href="{}posts/{}/branch/">{}</a></p>',
        words[0],
        links,
        url,
        row.number,
        branch,
    )


def posts_html(
    rows: Sequence[PostRow],
    actions: Actions,
    *,
    before: dict[int, str] | None = None,
    own: int | None = None,
    away: Collection[int] = (),
) -> SafeString:
    """The posts as items of a list, each with its reader's actions.

    ``before``: HTML of items that stand before the post of a number. ``own``: the member who reads; their posts are
    marked for scripts. ``away``: numbers of posts by members whom the reader keeps away.
    """
    items = []
    for row in rows:
        if before and row.number in before:
            items.append(before[row.number])
        if not row.html:
            items.append(actions.gone(row.number, row.author_id, row.created_at))
            continue
        mark = f' data-scs-number="{row.number}"' + (" data-scs-own" if row.author_id == own else "")
        under = actions.row(row.number, row.author_id, row.status, row.reaction_counts, row.created_at)
        post = row.html.replace(ACTIONS, under)
        items.append(f"<li{mark}>{_folded(row.number, post) if row.number in away else post}</li>")
    return mark_safe("".join(items))  # noqa: S308  (fragments and rows that our templates made)


def _folded(number: int, post: str) -> SafeString:
    """A post behind a line that opens it."""
    return format_html(
        '<details class="scs-away"><summary>{}</summary>{}</details>',
        _("Post %(number)d, by somebody you keep away") % {"number": number},
        mark_safe(post),  # noqa: S308  (stored as it was rendered)
    )


__all__ = [
    "PostRow",
    "PostsOfPage",
    "post_rows",
    "posts_between",
    "posts_html",
    "posts_of_page",
    "with_answers",
]
