"""What a member watches, follows and mutes: all of it on one page, and the buttons of every other page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from scs_series.conf import app_settings
from scs_series.keyset import keyset_page
from scs_series.models import Series, Subscription, Tag, member_of
from scs_series.services.subscriptions import Target, subscribe, unsubscribe
from scs_series.views import levels
from scs_series.views.finding import find_part, find_thread, number_in
from scs_series.views.refusals import members_only, page


@require_http_methods(["GET", "HEAD", "POST"])
@page
@members_only
def subscription_list(request: HttpRequest) -> HttpResponse:
    """All subscriptions of the reader; POST changes one (``level``) of what ``thread``, ``tag``, … name."""
    if request.method == "POST":
        return _change(request)
    mine = Subscription.objects.filter(member=member_of(request.user)).for_list(request.user)
    shown = keyset_page(
        mine,
        order=("-created_at", "-id"),
        cursor=request.GET.get("after"),
        size=app_settings.THREADS_PER_PAGE,
    )
    rows = [(subscription, levels.of_subscription(subscription)) for subscription in shown.items]
    return render(request, "scs_series/subscription_list.html", {"page": shown, "rows": rows})


def _change(request: HttpRequest) -> HttpResponse:
    level = request.POST.get("level", "")
    asked = number_in(request.POST.get("subscription"))
    if asked:
        mine = Subscription.objects.filter(member=member_of(request.user))
        target: Target = get_object_or_404(mine, pk=asked).target
        default = reverse("scs_series:subscription-list")
    else:
        target = _target(request)
        default = target.get_absolute_url()
    if level:
        subscribe(target=target, level=level, by=request.user)
    else:
        unsubscribe(target=target, by=request.user)
    return levels.answer(request, level, default)


def _target(request: HttpRequest) -> Target:
    """What the form names, among what the reader may see."""
    thread, series, part, tag = (request.POST.get(name, "").replace("\x00", "") for name in ("thread", "series", "part", "tag"))  # fmt: skip
    if thread:
        return find_thread(request, number_in(thread) or 0)
    if part:
        return find_part(request, series, part)
    if tag:
        return get_object_or_404(Tag.objects.visible_to(request.user), slug=tag)
    return get_object_or_404(Series.objects.visible_to(request.user), slug=series)
