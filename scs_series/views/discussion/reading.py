"""Threads as they are read: a part's list, one thread by pages, a post's states."""

from __future__ import annotations

import itertools
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scs_series import text
from scs_series.caching import Mark, versioned
from scs_series.conf import app_settings
from scs_series.forms import PostForm
from scs_series.keyset import keyset_page
from scs_series.models import Post, Tag, Thread, ThreadTag, member_of
from scs_series.pieces import kept, late
from scs_series.policies import policy
from scs_series.prepared import Prepared
from scs_series.readers import Seen
from scs_series.views import levels
from scs_series.views.discussion.actions import Actions
from scs_series.views.discussion.jumps import jump_of, place_of
from scs_series.views.discussion.live import live_of
from scs_series.views.discussion.mine import Mine, mine_in
from scs_series.views.discussion.posts import posts_html, posts_of_page
from scs_series.views.discussion.timeline import timeline
from scs_series.views.discussion.unsent import of_mine
from scs_series.views.finding import find_part, find_post, find_thread, is_number, number_in
from scs_series.views.own import own_in_rows
from scs_series.views.refusals import page
from scs_series.views.series import part_mark

#: What ``?order=`` may say, and the columns it walks (each has its index).
ORDERS = {
    "active": ("-last_post_at", "-id"),
    "new": ("-created_at", "-id"),
    "answers": ("-post_count", "-id"),
    "unanswered": ("-created_at", "-id"),
}
#: Of a part's tags, the most used stand in the open, the others of this many behind them.
_TAGS_OPEN, _TAGS_SHOWN = 12, 100
_tags_of_part: Seen[Tag] = Seen(
    lambda reader, at, part: (
        Tag.objects.filter(thread_items__content_object__in=Thread.objects.visible_to(reader, at).filter(part=part))
        .only("name", "slug")
        .annotate(here=Count("thread_items"))
        .order_by("-here", "name")[:_TAGS_SHOWN]
    )
)  # fmt: skip
_tag_on_part: Prepared[Any] = Prepared(
    lambda at, series, part, slug: ThreadTag.objects.filter(
        tag__slug=slug,
        content_object__in=Thread.objects.visible_to(None, at).filter(
            part__series__slug=series, part__slug=part
        ),
    ).values_list("pk")[:1]
)
_thread_mark = Mark(lambda at, pk: Thread.objects.visible_to(None, at).filter(pk=pk))
# The thread's page is what is asked for most; its queries are compiled once.
_tags_of = Prepared(
    lambda thread: Tag.objects.filter(thread_items__content_object=thread).only("name", "slug")
)


@require_safe
@page
def thread_list(request: HttpRequest, series: str, part: str) -> HttpResponse:
    """A part's threads in one of four orders, of one kind, in one state, of one tag."""

    def build() -> HttpResponse:
        found = find_part(request, series, part)
        order = request.GET.get("order") if request.GET.get("order") in ORDERS else "active"
        kind = request.GET.get("kind") if request.GET.get("kind") in Thread.Kind.values else ""
        state = request.GET.get("state") if request.GET.get("state") in Thread.Resolution.values else ""
        tags = _tags_of_part(request.user, part=found.pk)
        asked = request.GET.get("tag", "")[:100]
        tag = next((one for one in tags if one.slug == asked), None)
        if tag is None and _clean(asked):
            tag = Tag.objects.filter(slug=asked).first()
        threads = Thread.objects.filter(part=found).visible_to(request.user).for_rows()
        if kind:
            threads = threads.filter(kind=kind)
        if state:
            threads = threads.filter(resolution=state).exclude(kind=Thread.Kind.DISCUSSION)
        if tag:
            threads = threads.filter(tag_items__tag=tag)
        if order == "unanswered":
            threads = threads.filter(post_count__lte=1)
        cursor = request.GET.get("after")
        plain = order == "active" and not cursor
        pinned = list(threads.filter(pinned_at__isnull=False).order_by("-pinned_at")[:10]) if plain else []
        shown = keyset_page(
            threads, order=ORDERS[str(order)], cursor=cursor, size=app_settings.THREADS_PER_PAGE
        )
        context = {
            "own": own_in_rows(request, [*pinned, *shown.items]), "series": found.series, "part": found, "page": shown, "pinned": pinned, "order": order, "kind": kind,
            "tag": tag, "tags": tags[:_TAGS_OPEN], "more_tags": tags[_TAGS_OPEN:], "orders": ORDERS, "kinds": Thread.Kind.choices, "state": state, "filtered": bool(kind or state or tag or order == "unanswered"),
        }  # fmt: skip
        return render(request, "scs_series/thread_list.html", context)

    def has_tag(slug: str) -> bool:
        return _clean(slug) and bool(
            _tag_on_part.raw(at=timezone.now(), series=series, part=part, slug=slug)
        )  # fmt: skip

    return versioned(
        request, name="threads", mark=lambda: part_mark(series=series, part=part), build=build,
        reads={"order": ORDERS.__contains__, "kind": Thread.Kind.values.__contains__, "state": Thread.Resolution.values.__contains__, "tag": has_tag},
    )  # fmt: skip


def _clean(value: str | None) -> bool:
    return bool(value) and "\x00" not in str(value)


@require_safe
@page
def thread_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One page of a thread. ``?page=`` counts in posts' numbers, so that page 5,000 is a look-up by key.

    ``?post=47``, ``?unread`` and ``?date=2026-11-15`` lead to the page with that post.
    """

    def build() -> HttpResponse:
        thread = kept(request, "thread", lambda: find_thread(request, pk))
        size = app_settings.POSTS_PER_PAGE
        last_page = max(1, -(-thread.last_number // size))
        number, complaint = jump_of(request, thread)
        if number:
            return redirect(place_of(thread, number))
        number_of_page = number_in(request.GET.get("page")) or 1
        if number_of_page > last_page:
            raise Http404("no such page")
        if slug != thread.slug:
            return redirect(_page_url(thread, number_of_page), permanent=True)
        first = (number_of_page - 1) * size + 1
        last = min(first + size - 1, thread.last_number)
        rows = posts_of_page(request, thread, first, first + size - 1)
        mine = mine_in(request, thread, first, first + size - 1)
        before = _unread_line(mine, first, thread)
        # Where the answer follows the question it needs no pointing at.
        if thread.is_answered and first == 1 and (thread.accepted_number or 0) > 2:
            before[2] = kept(request, "accepted", lambda: _accepted_answer(thread)) + before.get(2, "")
        can_reply = policy.can_reply(request.user, thread)
        begun = of_mine(mine)
        url = thread.get_absolute_url()
        shown = {
            "thread": thread, "part": thread.part, "series": thread.series, "url": url,
            "page": number_of_page, "last_page": last_page,
            "pages": _pages(url, number_of_page, last_page) if last_page > 1 else [],
            "previous_url": f"{url}?page={number_of_page - 1}" if number_of_page > 2 else url if number_of_page > 1 else "",
            "next_url": f"{url}?page={number_of_page + 1}" if number_of_page < last_page else "",
            "first": str(first), "total": str(thread.last_number), "live": live_of(request), "poll_seconds": str(app_settings.POLL_SECONDS),
            "span": _("Posts %(first)d–%(last)d of %(total)d")
            % {"first": first, "last": last, "total": thread.last_number},
        }  # fmt: skip
        context = {
            **late(request, lambda: shown, *shown),
            **late(request, lambda: {"tags": _tags_of(thread=thread.pk)}, "tags"),
            "posts": posts_html(
                rows.posts, Actions(request, thread, mine), before=before, own=_own(request), away=mine.kept_away
            ),
            "timeline": timeline(thread, rows, first, last, mine.read_number),
            # How far this page lets a member say that they have read, where they have not read so far already.
            "unread_until": last if request.user.is_authenticated and mine.read_number < last else 0,
            "complaint": complaint, "mine": mine, "levels": levels.of_thread(request, thread, mine.level), "can_reply": can_reply,
            "can_resolve": thread.has_resolution and policy.can_resolve_thread(request.user, thread),
            "can_edit": policy.can_edit_thread(request.user, thread),
            "form": PostForm(series=thread.series, initial=begun.initial) if can_reply and number_of_page == last_page else None,
            "unsent": begun,
        }  # fmt: skip
        return render(request, "scs_series/thread_detail.html", context)

    return versioned(
        request, name="thread", mark=_thread_mark.of(pk=pk), build=build, reads={"page": is_number}
    )


def _accepted_answer(thread: Thread) -> str:
    """Under the question: what answers it, in short, and the way there."""
    return render_to_string("scs_series/includes/_accepted.html", {"thread": thread})


def _own(request: HttpRequest) -> int | None:
    member = member_of(request.user)
    return member.pk if member else None


def _unread_line(mine: Mine, first: int, thread: Thread) -> dict[int, str]:
    """Before the first post that a reader who came back has not read, if it is on this page."""
    if not 0 < mine.read_number < thread.last_number or mine.read_number + 1 < first:
        return {}
    line = format_html('<li><p class="scs-unread" id="unread">{}</p></li>', _("New since you were here"))
    return {mine.read_number + 1: line}


def _page_url(thread: Thread, number: int) -> str:
    return thread.get_absolute_url() + (f"?page={number}" if number > 1 else "")


def _pages(url: str, current: int, last: int) -> list[tuple[str, str]]:
    """The pages to show, as number and address: both ends and the neighbours.

    The current page has no address; where some are left out both are empty.
    """
    wanted = {1, 2, current - 1, current, current + 1, last - 1, last}
    shown: list[tuple[str, str]] = []
    before = 0
    for number in sorted(number for number in wanted if 1 <= number <= last):
        if number - before > 1:
            shown.append(("", ""))
        address = f"{url}?page={number}" if number > 1 else url
        shown.append((str(number), "" if number == current else address))
        before = number
    return shown


@require_safe
@page
def post_history(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """A post's states, newest first, and what the newest changed, or the one that ``?new=`` names."""

    def build() -> HttpResponse:
        post = find_post(request, pk, number)
        if post.is_hidden and not policy.can_see_hidden_post(request.user, post):
            raise Http404("hidden")
        # A page shows the newest fifty states; who looks for older ones asks the API.
        states = [_state_in_force(post)] + [
            {
                "number": revision.number, "body": revision.body, "editor": revision.editor,
                "reason": revision.reason, "at": revision.created_at,
            }
            for revision in post.revisions.select_related("editor").order_by("-number")[:50]
        ]  # fmt: skip
        asked = number_in(request.GET.get("new"))
        pairs = list(itertools.pairwise(states))
        if asked and all(newer["number"] != asked for newer, _older in pairs):
            # It would be kept under whatever number anybody thinks of.
            return redirect("scs_series:post-history", pk, post.thread.slug, number)
        # One difference a page: comparing two texts may take a good part of a second.
        newer, older = next(
            (pair for pair in pairs if pair[0]["number"] == asked), pairs[0] if pairs else (None, None)
        )
        if newer and older:
            newer["difference"] = text.difference(older["body"], newer["body"])
        context = {
            "post": post, "thread": post.thread, "part": post.thread.part, "series": post.thread.series,
            "states": states,
        }  # fmt: skip
        return render(request, "scs_series/post_history.html", context)

    return versioned(
        request, name="post-history", mark=lambda: _thread_mark(pk=pk), build=build, reads={"new": is_number}
    )


def _state_in_force(post: Post) -> dict[str, Any]:
    return {
        "number": post.revision_number, "body": post.body, "editor": post.edited_by or post.author,
        "reason": post.edit_reason, "at": post.edited_at or post.created_at,
    }  # fmt: skip
