"""What a member wrote and brought, and keeping one away."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from scs_series.conf import app_settings
from scs_series.keyset import keyset_page
from scs_series.models import Member, Post, Series, Source, Thread, member_of
from scs_series.services.blocks import block_member, unblock_member
from scs_series.views import levels
from scs_series.views.refusals import members_only, page

_SHOWS = ("threads", "posts", "sources")


@require_safe
@page
def member_detail(request: HttpRequest, username: str) -> HttpResponse:
    """A member's threads, newest first (``?show=posts``, ``?show=sources`` for those)."""
    member = get_object_or_404(Member.objects.public(), username=username)
    asked = request.GET.get("show")
    show = asked if asked in _SHOWS else "threads"
    order: tuple[str, ...] = ("-created_at", "-id")
    rows: Any
    if show == "posts":
        rows = (
            Post.objects.filter(author=member, thread__in=Thread.objects.listed_to(request.user)).published()
            .select_related("thread").defer("fragment", "body")
        )  # fmt: skip
    elif show == "sources":
        rows = Source.objects.filter(
            added_by=member, series__in=Series.objects.listed_to(request.user)
        ).select_related("series")
    else:
        rows = Thread.objects.listed_to(request.user).filter(author=member).for_rows()
    context = {
        "member": member,
        "show": show,
        "page": keyset_page(
            rows, order=order, cursor=request.GET.get("after"), size=app_settings.THREADS_PER_PAGE
        ),
        "is_own": member_of(request.user) == member,
        "levels": None if member.erased_at else levels.of_member(request, member),
    }
    return render(request, "scs_series/member_detail.html", context)


@require_POST
@page
@members_only
def member_block(request: HttpRequest, username: str) -> HttpResponse:
    """Mute or block a member (``level``), or neither."""
    # Whoever was kept away may be kept away no more after their account was switched off, too.
    other = get_object_or_404(Member, username=username)
    level = request.POST.get("level", "")
    if level:
        block_member(other=other, by=request.user, level=level)
    else:
        unblock_member(other=other, by=request.user)
    return levels.answer(request, level, other.get_absolute_url())
