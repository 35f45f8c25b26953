"""New posts of a thread that is being read: asked for by a script again and again, most of the time in vain (304)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from scs_series.caching import Mark, etag_of, versioned
from scs_series.conf import app_settings
from scs_series.models import Thread, member_of
from scs_series.views.discussion.actions import Actions
from scs_series.views.discussion.mine import mine_in
from scs_series.views.discussion.posts import posts_between, posts_html
from scs_series.views.finding import find_thread, number_in
from scs_series.views.refusals import page

_mark = Mark(lambda at, pk: Thread.objects.visible_to(None, at).filter(pk=pk))


def is_asgi(request: HttpRequest) -> bool:
    """Whether the server can keep an answer open without keeping a worker."""
    return hasattr(request, "scope")


def live_of(request: HttpRequest) -> str:
    """How a page hears of new posts: "stream", "poll", or "" for not at all.

    Of a page from the cache it may be untrue, where the same host is served both ways: a script whose stream is
    refused polls.
    """
    chosen = str(app_settings.LIVE_EVENTS)
    if chosen == "auto":
        return "stream" if is_asgi(request) else "poll"
    return "" if chosen == "off" else chosen


@require_safe
@page
def thread_new(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The posts after no. ``?after=``, a page of them at most, as a thread's page would show them to this reader."""

    def build() -> HttpResponse:
        return _new_posts(request, find_thread(request, pk))

    if not request.user.is_authenticated:
        # No parameter is kept: a cache of every number of every thread would serve nobody twice.
        return versioned(request, name="thread-new", mark=_mark.of(pk=pk), build=build)
    thread = find_thread(request, pk)
    # What a member may do with a post hangs on who they are, and for a while only on when it was written.
    etag = etag_of(request, "thread-new", (thread.pk, thread.version, request.user.pk))
    unchanged = get_conditional_response(request, etag=etag)
    response = unchanged if unchanged is not None else _new_posts(request, thread)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _new_posts(request: HttpRequest, thread: Thread) -> HttpResponse:
    after = number_in(request.GET.get("after")) or 0
    first, last = after + 1, min(after + app_settings.POSTS_PER_PAGE, thread.last_number)
    context: dict[str, Any] = {
        "thread": thread, "last": thread.last_number, "posts": "",
    }  # fmt: skip
    if first <= last:
        mine = mine_in(request, thread, first, last)
        member = member_of(request.user)
        context["posts"] = posts_html(
            posts_between(thread, first, last),
            Actions(request, thread, mine),
            own=member.pk if member else None,
            away=mine.kept_away,
        )
    return render(request, "scs_series/includes/_new_posts.html", context)


__all__ = ["is_asgi", "live_of", "thread_new"]
