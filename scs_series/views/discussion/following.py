"""Following an argument: one post alone, and a branch: what a post answers, and everything that answers it."""

from __future__ import annotations

import bisect
from typing import Any, NamedTuple

from django.db.models import Case, F, TextField, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from scs_series.caching import Mark, versioned
from scs_series.conf import app_settings
from scs_series.models import Post, Thread, member_of
from scs_series.pieces import kept
from scs_series.services.reading import BRANCH_MAX, branch_of
from scs_series.services.rendering import ACTIONS
from scs_series.text import plain
from scs_series.views.discussion.actions import Actions
from scs_series.views.discussion.jumps import jump_of, place_of
from scs_series.views.discussion.mine import mine_in
from scs_series.views.discussion.posts import (
    COLUMNS,
    PostRow,
    post_rows,
    posts_between,
    posts_html,
    with_answers,
)
from scs_series.views.finding import find_thread, is_number, number_in
from scs_series.views.refusals import page

#: So many of the posts above are shown, the nearest; what lies beyond is a link away.
ABOVE_SHOWN = 6

_mark = Mark(lambda at, pk: Thread.objects.visible_to(None, at).filter(pk=pk))


class Above(NamedTuple):
    """A post that a branch hangs on, in short."""

    number: int
    name: str
    excerpt: str


@require_safe
@page
def post_detail(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """One post: a page, or with ``?bare=1`` the post alone, for a script that opens it where it is named."""

    def build() -> HttpResponse:
        thread = find_thread(request, pk)
        elsewhere = _in_thread(request, thread)
        if elsewhere:
            return redirect(elsewhere)
        rows = posts_between(thread, number, number)
        if not rows or not rows[0].html:
            raise Http404("no such post, or withdrawn before anybody answered")
        if request.GET.get("bare") == "1":
            # The same for every reader: who wants to act on it goes to its place.
            response = HttpResponse(rows[0].html.replace(ACTIONS, ""))
            response.headers["X-Robots-Tag"] = "noindex"
            return response
        mine = mine_in(request, thread, number, number)
        context = {
            **_around(thread), "number": number,
            "posts": posts_html(rows, Actions(request, thread, mine), own=_member(request), away=mine.kept_away),
        }  # fmt: skip
        return render(request, "scs_series/post_detail.html", context)

    return versioned(
        request, name="post", mark=_mark.of(pk=pk), build=build, reads={"bare": lambda value: value == "1"}
    )


@require_safe
@page
def post_branch(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """A post with what it answers, in short, and all that answers it, directly or through others, by number.

    ``?after=`` goes on behind a number.
    """

    def build() -> HttpResponse:
        thread = kept(request, "thread", lambda: find_thread(request, pk))
        elsewhere = _in_thread(request, thread)
        if elsewhere:
            return redirect(elsewhere)
        size = app_settings.POSTS_PER_PAGE
        after = number_in(request.GET.get("after")) or 0
        above, below = kept(request, "branch", lambda: _branch(thread, number))
        start = bisect.bisect_right(below, after)
        # Whatever begins no page of its own is none: a branch would have as many pages as posts, each to be kept.
        if after and not (start and start % size == 0 and below[start - 1] == after):
            return redirect("scs_series:post-branch", pk, thread.slug, number)
        numbers = below[start : start + size]
        wanted = numbers if after else [number, *numbers]
        rows, short = kept(request, "posts", lambda: _rows(thread, wanted, above[:ABOVE_SHOWN]))
        low, high = (wanted[0], wanted[-1]) if wanted else (number, number)
        mine = mine_in(request, thread, low, high)
        context = {
            **_around(thread), "number": number, "above": short, "above_more": len(above) - len(short),
            "topmost_shown": short[0].number if short else 0,
            "posts": posts_html(rows, Actions(request, thread, mine), own=_member(request), away=mine.kept_away),
            "count": len(below), "is_cut": len(below) >= BRANCH_MAX, "after": after,
            "next_after": numbers[-1] if start + size < len(below) else 0,
            "previous_after": below[start - size - 1] if start > size else None, "is_later": start > 0,
        }  # fmt: skip
        return render(request, "scs_series/post_branch.html", context)

    return versioned(request, name="branch", mark=_mark.of(pk=pk), build=build, reads={"after": is_number})


def _branch(thread: Thread, number: int) -> tuple[list[int], list[int]]:
    branch = branch_of(thread.pk, number)
    if branch is None:
        raise Http404("no such post")
    return branch


def _rows(thread: Thread, wanted: list[int], above: list[int]) -> tuple[list[PostRow], list[Above]]:
    """The posts in full, and those above them in short, topmost first: one query however many they are."""
    text = Case(When(number__in=above, then=F("body_html")), default=Value(""), output_field=TextField())
    found = (
        post_rows(Post.objects.filter(thread=thread, number__in=[*above, *wanted]).order_by("number"))
        .annotate(in_short=text)
        .values_list(*COLUMNS, "in_short", "author__display_name", "author__username")
    )
    full, short = [], []
    for *columns, in_short, display_name, username in found:
        row = PostRow(*columns)
        if row.number in wanted:
            full.append(row)
        else:
            is_shown = row.status == Post.Status.PUBLISHED
            excerpt = plain.excerpt(in_short, limit=160) if is_shown else ""
            short.append(Above(row.number, display_name or username, excerpt))
    return with_answers(thread, full), short


def _in_thread(request: HttpRequest, thread: Thread) -> str:
    """Where a link between posts leads: they are relative ("?post=3"), so that no post holds a title that may change."""
    number, _complaint = jump_of(request, thread) if "post" in request.GET else (None, "")
    return place_of(thread, number) if number else ""


def _around(thread: Thread) -> dict[str, Any]:
    return {
        "thread": thread,
        "part": thread.part,
        "series": thread.series,
        "url": thread.get_absolute_url(),
    }


def _member(request: HttpRequest) -> int | None:
    member = member_of(request.user)
    return member.pk if member else None


__all__ = ["post_branch", "post_detail"]
