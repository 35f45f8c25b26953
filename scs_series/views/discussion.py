"""Threads of a part, one thread, and writing in it."""

from __future__ import annotations

import itertools
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scs_series import text
from scs_series.caching import Mark, versioned
from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited, SeriesError, StaleEdit, ThreadLocked
from scs_series.forms import PostEditForm, PostForm, ThreadEditForm, ThreadForm
from scs_series.keyset import keyset_page
from scs_series.models import Post, Tag, Thread, ThreadTag
from scs_series.models.series import Series
from scs_series.pieces import kept, late
from scs_series.policies import policy
from scs_series.prepared import Prepared
from scs_series.ratelimit import count_or_refuse
from scs_series.readers import Seen
from scs_series.services import discussion
from scs_series.services.rendering import ACTIONS
from scs_series.services.tagging import split_names
from scs_series.services.writing import preview as preview_of
from scs_series.text import Profile
from scs_series.views.actions import actions_for
from scs_series.views.finding import find_part, find_post, find_thread
from scs_series.views.refusals import members_only, page, refuse
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
_posts_between = Prepared(
    lambda thread, first, last: (
        Post.objects.filter(thread=thread, number__range=(first, last))
        .order_by("number")
        .values_list("number", "author_id", "status", "fragment")
    )
)
_tags_of = Prepared(
    lambda thread: Tag.objects.filter(thread_items__content_object=thread).only("name", "slug")
)
_FORM = require_http_methods(["GET", "HEAD", "POST"])


# ---------------------------------------------------------------------- reading
@require_safe
@page
def thread_list(request: HttpRequest, series: str, part: str) -> HttpResponse:
    def build() -> HttpResponse:
        found = find_part(request, series, part)
        order = request.GET.get("order") if request.GET.get("order") in ORDERS else "active"
        kind = request.GET.get("kind") if request.GET.get("kind") in Thread.Kind.values else ""
        tags = _tags_of_part(request.user, part=found.pk)
        asked = request.GET.get("tag", "")[:100]
        tag = next((one for one in tags if one.slug == asked), None)
        if tag is None and _clean(asked):
            tag = Tag.objects.filter(slug=asked).first()
        threads = Thread.objects.filter(part=found).visible_to(request.user).for_rows()
        if kind:
            threads = threads.filter(kind=kind)
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
            "series": found.series, "part": found, "page": shown, "pinned": pinned, "order": order, "kind": kind,
            "tag": tag, "tags": tags[:_TAGS_OPEN], "more_tags": tags[_TAGS_OPEN:], "orders": ORDERS, "kinds": Thread.Kind.choices, "filtered": bool(kind or tag or order == "unanswered"),
        }  # fmt: skip
        return render(request, "scs_series/thread_list.html", context)

    def has_tag(slug: str) -> bool:
        return _clean(slug) and bool(
            _tag_on_part.raw(at=timezone.now(), series=series, part=part, slug=slug)
        )  # fmt: skip

    return versioned(
        request, name="threads", mark=lambda: part_mark(series=series, part=part), build=build,
        reads={"order": ORDERS.__contains__, "kind": Thread.Kind.values.__contains__, "tag": has_tag},
    )  # fmt: skip


def _clean(value: str | None) -> bool:
    return bool(value) and "\x00" not in str(value)


@require_safe
@page
def thread_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One page of a thread. ``?page=`` counts in posts' numbers, so that page 5,000 is a look-up by key."""

    def build() -> HttpResponse:
        thread = kept(request, "thread", lambda: find_thread(request, pk))
        size = app_settings.POSTS_PER_PAGE
        last_page = max(1, -(-thread.last_number // size))
        asked = _number(request.GET.get("post"))
        if asked is not None:
            number = max(1, min(asked, thread.last_number))
            return redirect(f"{_page_url(thread, -(-number // size))}#post-{number}")
        number_of_page = _number(request.GET.get("page")) or 1
        if number_of_page > last_page:
            raise Http404("no such page")
        if slug != thread.slug:
            return redirect(_page_url(thread, number_of_page), permanent=True)
        first = (number_of_page - 1) * size + 1
        rows = kept(
            request, "posts", lambda: _posts_between(thread=thread.pk, first=first, last=first + size - 1)
        )
        actions = actions_for(request, thread)
        posts = "".join(
            f"<li>{fragment.replace(ACTIONS, actions(number, author_id, status))}</li>"
            for number, author_id, status, fragment in rows
        )
        can_reply = policy.can_reply(request.user, thread)
        url = thread.get_absolute_url()
        shown = {
            "thread": thread, "part": thread.part, "series": thread.series, "url": url,
            "page": number_of_page, "last_page": last_page,
            "pages": _pages(url, number_of_page, last_page) if last_page > 1 else [],
            "previous_url": f"{url}?page={number_of_page - 1}" if number_of_page > 2 else url if number_of_page > 1 else "",
            "next_url": f"{url}?page={number_of_page + 1}" if number_of_page < last_page else "",
            "first": str(first), "total": str(thread.last_number),
            "span": _("Posts %(first)d–%(last)d of %(total)d")
            % {"first": first, "last": min(first + size - 1, thread.last_number), "total": thread.last_number},
        }  # fmt: skip
        context = {
            **late(request, lambda: shown, *shown),
            **late(request, lambda: {"tags": _tags_of(thread=thread.pk)}, "tags"),
            "posts": posts, "can_reply": can_reply, "can_edit": policy.can_edit_thread(request.user, thread),
            "form": PostForm(series=thread.series) if can_reply and number_of_page == last_page else None,
        }  # fmt: skip
        return render(request, "scs_series/thread_detail.html", context)

    return versioned(
        request, name="thread", mark=_thread_mark.of(pk=pk), build=build, reads={"page": _is_number}
    )


def _number(value: str | None) -> int | None:
    """A positive number as typed in an address, else None."""
    if value and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value) or None
    return None


def _is_number(value: str) -> bool:
    """Written as this app writes it, so that one page has one address."""
    return str(_number(value)) == value


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
        asked = _number(request.GET.get("new"))
        pairs = list(itertools.pairwise(states))
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
        request, name="post-history", mark=lambda: _thread_mark(pk=pk), build=build, reads={"new": _is_number}
    )


def _state_in_force(post: Post) -> dict[str, Any]:
    return {
        "number": post.revision_number, "body": post.body, "editor": post.edited_by or post.author,
        "reason": post.edit_reason, "at": post.edited_at or post.created_at,
    }  # fmt: skip


# ---------------------------------------------------------------------- writing
def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; a form sent with nothing at all is a form with everything missing."""
    return request.POST if request.method == "POST" else None


@_FORM
@page
@members_only
def thread_create(request: HttpRequest, series: str, part: str) -> HttpResponse:
    found = find_part(request, series, part)
    if not policy.can_start_thread(request.user, found):
        return refuse(request, NotAllowed(_("You may not start a thread here.")))
    initial = {"kind": request.GET.get("kind"), "title": request.GET.get("title", "")[:200]}
    form = ThreadForm(_sent(request), series=found.series, initial={k: v for k, v in initial.items() if v})
    preview = None
    if request.method == "POST" and "preview" in request.POST:
        preview = _preview(request, form, found.series)
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            thread = discussion.start_thread(
                part=found, by=request.user, title=data["title"], body=data["body"], kind=data["kind"],
                tags=split_names(data["tags"]), submission_key=data["submission_key"],
            )  # fmt: skip
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            return redirect(thread)
    if request.method == "POST" and "preview" not in request.POST:
        form.say_the_rest()
    context = {"form": form, "part": found, "series": found.series, "preview": preview}
    return _form_page(request, "scs_series/thread_form.html", context, form)


@_FORM
@page
@members_only
def thread_edit(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    thread = find_thread(request, pk)
    if not policy.can_edit_thread(request.user, thread):
        return refuse(request, _locked_or_not_yours(thread), back=thread)
    initial = {
        "title": thread.title, "kind": thread.kind, "tags": ", ".join(tag.name for tag in thread.tags.all()),
        "expected_revision": thread.revision_number,
    }  # fmt: skip
    form = ThreadEditForm(_sent(request), series=thread.series, initial=initial)
    conflict = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            discussion.edit_thread(
                thread=thread,
                by=request.user,
                title=data["title"],
                kind=data["kind"],
                tags=split_names(data["tags"]),
                expected_revision=data["expected_revision"],
            )
        except StaleEdit as error:
            conflict = _both_texts(request, form, error)
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            return redirect(thread)
    if request.method == "POST" and not conflict:
        form.say_the_rest()
    context = {
        "form": form, "thread": thread, "part": thread.part, "series": thread.series, "conflict": conflict,
    }  # fmt: skip
    return _form_page(request, "scs_series/thread_form.html", context, form, status=409 if conflict else None)


@_FORM
@page
@members_only
def post_create(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    thread = find_thread(request, pk)
    if not policy.can_reply(request.user, thread):
        return refuse(request, _locked_or_not_yours(thread), back=thread)
    answers = _number(request.GET.get("answers"))
    form = PostForm(_sent(request), series=thread.series, initial={"answers": answers})
    preview = None
    if request.method == "POST" and "preview" in request.POST:
        preview = _preview(request, form, thread.series)
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            post = discussion.reply(
                thread=thread, by=request.user, body=data["body"], answers=data["answers"],
                submission_key=data["submission_key"],
            )  # fmt: skip
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            return redirect(post)
    number = _number(str(form["answers"].value() or ""))
    answered = (
        Post.objects.filter(thread=thread, number=number).select_related("author").first() if number else None
    )
    context = {
        "form": form, "thread": thread, "part": thread.part, "series": thread.series, "answered": answered, "preview": preview,
    }  # fmt: skip
    return _form_page(request, "scs_series/post_form.html", context, form)


@_FORM
@page
@members_only
def post_edit(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    post = find_post(request, pk, number)
    thread = post.thread
    if not policy.can_edit_post(request.user, post):
        return refuse(request, _locked_or_not_yours(thread), back=thread)
    initial = {"body": post.body, "expected_revision": post.revision_number}
    form = PostEditForm(_sent(request), series=thread.series, post=post, initial=initial)
    preview, conflict = None, None
    if request.method == "POST" and "preview" in request.POST:
        preview = _preview(request, form, thread.series)
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            discussion.edit_post(
                post=post, by=request.user, body=data["body"], expected_revision=data["expected_revision"],
                reason=data["reason"],
            )  # fmt: skip
        except StaleEdit as error:
            conflict = _both_texts(request, form, error)
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            return redirect(post)
    context = {
        "form": form, "post": post, "thread": thread, "part": thread.part, "series": thread.series,
        "preview": preview, "conflict": conflict,
    }  # fmt: skip
    return _form_page(request, "scs_series/post_form.html", context, form, status=409 if conflict else None)


def _both_texts(request: HttpRequest, form: Any, error: StaleEdit) -> dict[str, Any]:
    """What a form shows whose text somebody else has changed meanwhile."""
    form.add_domain_error(error)
    # Whoever has seen both texts may send theirs again, over the one shown here.
    data = request.POST.copy()
    data["expected_revision"] = str(error.current_revision)
    form.data = data
    return {"current": error.current, "difference": text.difference(error.current, error.yours)}


def _locked_or_not_yours(thread: Thread) -> SeriesError:
    return ThreadLocked() if thread.locked_at else NotAllowed()


def _preview(request: HttpRequest, form: Any, series: Series) -> str | None:
    """What was typed, rendered, without sending it; the form shows no other complaint meanwhile."""
    try:
        count_or_refuse("preview", request.user.pk, app_settings.PREVIEW_RATE)
        html = preview_of(form["body"].value() or "", series=series, profile=Profile.POST)
    except (InvalidInput, RateLimited) as error:
        form.is_valid()
        form.add_domain_error(error)
        return None
    form.errors.clear()
    return html


def _form_page(
    request: HttpRequest, template: str, context: dict[str, Any], form: Any, status: int | None = None
) -> HttpResponse:
    """422 for a form with complaints, so that scripts and people are told alike; 429 keeps its meaning."""
    if status is None:
        codes = (
            {error.code for errors in form.errors.as_data().values() for error in errors}
            if form.errors
            else set()
        )
        status = 429 if "rate_limited" in codes else 422 if codes else 200
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
