"""Where a member stopped: noted by a script while they read, or by a button at the end of the page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from scs_series.services import reading
from scs_series.services.members import member_for
from scs_series.views.finding import find_part, find_thread, number_in
from scs_series.views.refusals import by_itself, members_only, page


@require_POST
@page
@by_itself
@members_only
def thread_read(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Note that a thread was read up to ``number``."""
    thread = find_thread(request, pk)
    number = number_in(request.POST.get("number")) or thread.last_number
    member = member_for(request.user)
    reading.count_reading(member)
    reading.mark_thread_read(member=member, thread=thread, number=number)
    if _by_script(request):
        return HttpResponse(status=204)
    return redirect(f"{thread.get_absolute_url()}?post={number}")


@require_POST
@page
@by_itself
@members_only
def part_read(request: HttpRequest, series: str, part: str) -> HttpResponse:
    """Note the section that was reached in a part, and how much of it lies before; without either: all of it."""
    found = find_part(request, series, part)
    percent = request.POST.get("percent", "100")
    member = member_for(request.user)
    reading.count_reading(member)
    reading.mark_part_read(
        member=member,
        part=found,
        section=request.POST.get("section", ""),
        percent=int(percent) if percent.isascii() and percent.isdigit() and len(percent) < 4 else -1,
    )
    return HttpResponse(status=204) if _by_script(request) else redirect(found)


def _by_script(request: HttpRequest) -> bool:
    return "script" in request.POST


__all__ = ["part_read", "thread_read"]
