"""Following an argument: one post alone, and a branch: what a post answers, and everything that answers it."""

from __future__ import annotations

import bisect
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from scs_series.caching import Mark, versioned
from scs_series.conf import app_settings
from scs_series.models import Post, Thread, member_of
from scs_series.pieces import kept
from scs_series.services.rendering import ACTIONS
from scs_series.text import plain
from scs_series.views.discussion.actions import Actions
from scs_series.views.discussion.mine import mine_in
from scs_series.views.discussion.posts import PostRow, post_rows, posts_between, posts_html, with_answers
from scs_series.views.finding import find_thread, is_number, number_in
from scs_series.views.refusals import page

#: The most posts of a branch that are looked for; who wants more reads the thread.
BRANCH_MAX = 2_000
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
        if _leads_to_thread(request):
            return redirect(f"{thread.get_absolute_url()}?{request.GET.urlencode()}")
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
        if _leads_to_thread(request):
            return redirect(f"{thread.get_absolute_url()}?{request.GET.urlencode()}")
        size = app_settings.POSTS_PER_PAGE
        after = number_in(request.GET.get("after")) or 0
        above, below = kept(request, "branch", lambda: _branch(thread, number))
        start = bisect.bisect_right(below, after)
        if after and not (start and below[start - 1] == after):
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
    post = Post.objects.filter(thread=thread, number=number).only("pk").first()
    if post is None:
        raise Http404("no such post")
    return Post.objects.branch_of(post, BRANCH_MAX)


def _rows(thread: Thread, wanted: list[int], above: list[int]) -> tuple[list[PostRow], list[Above]]:
    """The posts in full, and those above them in short, topmost first: two queries however many they are."""
    posts = Post.objects.filter(thread=thread)
    full = [PostRow(*row) for row in post_rows(posts.filter(number__in=wanted).order_by("number"))]
    short = [
        Above(post.number, post.author.name, "" if post.is_hidden else plain.excerpt(post.body_html, limit=160))
        for post in posts.filter(number__in=above).select_related("author")
        .only("number", "status", "body_html", "author__username", "author__display_name").order_by("number")
    ] if above else []  # fmt: skip
    return with_answers(thread, full), short


def _leads_to_thread(request: HttpRequest) -> bool:
    """Links between posts are relative ("?post=3"), so that a stored post holds no title that may change."""
    return "post" in request.GET


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
