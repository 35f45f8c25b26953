"""What a member was told: the list, marking as read, and ending mail from a mail's own link."""

from __future__ import annotations

import contextlib
import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scs_series.conf import app_settings
from scs_series.keyset import keyset_page
from scs_series.models import Notification, member_of
from scs_series.services import notifications
from scs_series.services.notifications import wording
from scs_series.views.refusals import members_only, page


@require_safe
@page
@members_only
def notification_list(request: HttpRequest) -> HttpResponse:
    """Newest first; what is not shown to its member any more is not told of."""
    member, now = member_of(request.user), timezone.now()
    rows = Notification.objects.filter(member=member) if member else Notification.objects.none()
    shown = keyset_page(
        rows.visible_to(request.user).for_list(),
        order=("-updated_at", "-id"),
        cursor=request.GET.get("after"),
        size=app_settings.THREADS_PER_PAGE,
    )
    names = wording.names_of(shown.items)
    told = [
        {
            "notification": one,
            "sentence": wording.sentence(one, names),
            "details": wording.details(one, names),
            "url": wording.address(one),
        }
        for one in shown.items
    ]
    context = {"page": shown, "told": told, "member": member, "until": now.isoformat()}
    return render(request, "scs_series/notification_list.html", context)


@require_POST
@page
@members_only
def notification_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read. A script gets no page: it sends this while its reader follows the link."""
    found = Notification.objects.filter(pk=pk, member=member_of(request.user)).first()
    if found is None:
        raise Http404("no such notification")
    notifications.mark_read(notification=found, by=request.user)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return redirect("scs_series:notification-list")


@require_POST
@page
@members_only
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark everything as read that was there when the page was made."""
    until = None
    # The 31st of February; a moment that is in no year once it is told in UTC.
    with contextlib.suppress(ValueError, OverflowError):
        asked = parse_datetime(request.POST.get("until", ""))
        until = asked.astimezone(dt.UTC) if asked and timezone.is_aware(asked) else None
    notifications.mark_all_read(by=request.user, until=until)
    return redirect("scs_series:notification-list")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button, for whoever follows the link; done at once for a program that posts to it (RFC 8058).

    Signed in or not: the token says for whom.
    """
    is_done = request.method == "POST"
    act = notifications.unsubscribe if is_done else notifications.unsubscription
    ended = act(token=token)
    context = {
        "ended": ended,
        "is_done": is_done,
        "all_token": notifications.token_for(ended.member.pk) if ended.target else "",
    }
    response = render(request, "scs_series/unsubscribe.html", context)
    # The address is the right to use it: it is not told to the pages that this one links to, nor listed anywhere.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
