"""What a member wrote."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from scs_series.conf import app_settings
from scs_series.keyset import keyset_page
from scs_series.models import Member, Post, Thread
from scs_series.views.refusals import page


@require_safe
@page
def member_detail(request: HttpRequest, username: str) -> HttpResponse:
    """A member's threads and posts, newest first (``?show=posts`` for posts)."""
    member = get_object_or_404(Member.objects.public(), username=username)
    threads = Thread.objects.listed_to(request.user)
    show = "posts" if request.GET.get("show") == "posts" else "threads"
    size, cursor = app_settings.THREADS_PER_PAGE, request.GET.get("after")
    context = {"member": member, "show": show}
    if show == "posts":
        posts = (
            Post.objects.filter(author=member, thread__in=threads).published()
            .select_related("thread").defer("fragment", "body")
        )  # fmt: skip
        context["page"] = keyset_page(posts, order=("-created_at", "-id"), cursor=cursor, size=size)
    else:
        mine = threads.filter(author=member).for_rows()
        context["page"] = keyset_page(mine, order=("-created_at", "-id"), cursor=cursor, size=size)
    return render(request, "scs_series/member_detail.html", context)
