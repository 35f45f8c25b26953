"""Bookmarks: marking a post or a part, with a note, and finding it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, RateLimited
from scs_series.forms import BookmarkForm
from scs_series.keyset import keyset_page
from scs_series.models import Bookmark, Part, Post, member_of
from scs_series.services.bookmarks import remove_bookmark, save_bookmark
from scs_series.views.finding import find_part, find_post, number_in
from scs_series.views.levels import came_from
from scs_series.views.refusals import form_page, members_only, page

_FORM = require_http_methods(["GET", "HEAD", "POST"])


@_FORM
@page
@members_only
def bookmark_list(request: HttpRequest) -> HttpResponse:
    """The reader's bookmarks, newest first (``?q=``: whose note holds this); POST takes one away."""
    mine = Bookmark.objects.filter(member=member_of(request.user))
    if request.method == "POST":
        found = get_object_or_404(mine, pk=number_in(request.POST.get("bookmark")) or 0)
        remove_bookmark(bookmark=found, by=request.user)
        messages.success(request, _("The bookmark is taken away."), fail_silently=True)
        return redirect("scs_series:bookmark-list")
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    rows = mine.filter(note__icontains=asked) if asked else mine
    shown = keyset_page(
        rows.for_list(request.user),
        order=("-created_at", "-id"),
        cursor=request.GET.get("after"),
        size=app_settings.THREADS_PER_PAGE,
    )
    return render(request, "scs_series/bookmark_list.html", {"page": shown, "asked": asked})


@_FORM
@page
@members_only
def post_bookmark(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Bookmark a post."""
    post = find_post(request, pk, number)
    context = {
        "series": post.thread.series, "part": post.thread.part, "thread": post.thread, "post": post,
        # What a moderator hid, or its author took back, is not quoted to who marked it before.
        "quoted": "" if post.is_hidden else post.body_html,
    }  # fmt: skip
    return _bookmark_page(request, post, context)


@_FORM
@page
@members_only
def part_bookmark(request: HttpRequest, series: str, part: str) -> HttpResponse:
    """Bookmark a part."""
    found = find_part(request, series, part)
    return _bookmark_page(request, found, {"series": found.series, "part": found})


def _bookmark_page(request: HttpRequest, target: Post | Part, context: dict[str, Any]) -> HttpResponse:
    mine = {"member": member_of(request.user), str(target._meta.model_name): target}
    there = Bookmark.objects.filter(**mine).first()
    default = target.get_absolute_url()
    form = BookmarkForm(
        request.POST if request.method == "POST" else None, initial={"note": there.note if there else ""}
    )
    if request.method == "POST" and "remove" in request.POST:
        if there:
            remove_bookmark(bookmark=there, by=request.user)
            messages.success(request, _("The bookmark is taken away."), fail_silently=True)
        return redirect(came_from(request, default))
    if request.method == "POST" and form.is_valid():
        try:
            save_bookmark(target=target, by=request.user, note=form.cleaned_data["note"])
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Bookmarked."), fail_silently=True)
            return redirect(came_from(request, default))
    context |= {"bookmark": there, "target": default}
    return form_page(request, "scs_series/bookmark_form.html", context, form)
