"""A member's preferences, their own data as a download, and the end of their account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited
from scs_series.forms import ErasureForm, PreferencesForm
from scs_series.models import Block
from scs_series.policies import policy
from scs_series.services.erasure import erase_member
from scs_series.services.members import PREFERENCES, member_for, preview_of_member, save_preferences
from scs_series.services.own_data import download_data
from scs_series.views.refusals import form_page, members_only, page

_FORM = require_http_methods(["GET", "HEAD", "POST"])
_FIELDS = ("username", "display_name", "about", *PREFERENCES)
_BLOCKS_SHOWN = 200


@_FORM
@page
@members_only
def preferences(request: HttpRequest) -> HttpResponse:
    """Names, e-mail, watching, whom one keeps away; and the way to all that is one's own."""
    member = preview_of_member(request.user)
    initial = {name: getattr(member, name) for name in _FIELDS}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        member = member_for(request.user)
        before = {name: getattr(member, name) for name in _FIELDS}
        for name in _FIELDS:
            setattr(member, name, form.cleaned_data[name])
        try:
            save_preferences(member=member, by=request.user)
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
            for name, value in before.items():  # the page shows who one is, not who one could not become
                setattr(member, name, value)
        else:
            messages.success(request, _("Your preferences are saved."), fail_silently=True)
            return redirect("scs_series:preferences")
    blocks = Block.objects.filter(member=member.pk).select_related("other").order_by("other__username")
    context = {"member": member, "blocks": blocks[:_BLOCKS_SHOWN]}
    return form_page(request, "scs_series/preferences.html", context, form)


@_FORM
@page
@members_only
def own_data(request: HttpRequest) -> HttpResponse:
    """What the download holds; POST gives it."""
    if request.method != "POST":
        return render(request, "scs_series/own_data.html", {"member": preview_of_member(request.user)})
    member = member_for(request.user)
    pieces = download_data(member=member, by=request.user)
    # Written as it is read: neither a long text nor a slow line is held in memory.
    response = StreamingHttpResponse(
        (piece.encode() for piece in pieces), content_type="application/json; charset=utf-8"
    )
    name = f"{member.username}-{timezone.now():%Y-%m-%d}.json"
    response.headers["Content-Disposition"] = str(content_disposition_header(True, name))
    response.headers["Cache-Control"] = "private, no-store"
    return response  # type: ignore[return-value]  # a response whose content is not there yet


@_FORM
@page
@members_only
def erase(request: HttpRequest) -> HttpResponse:
    """What an erasure does; POST with one's username does it, for good."""
    member = preview_of_member(request.user)
    if member.pk and not policy.can_erase_member(request.user, member):
        raise NotAllowed
    form = ErasureForm(request.POST if request.method == "POST" else None, username=member.username)
    if request.method == "POST" and form.is_valid():
        erased = erase_member(member=member_for(request.user), by=request.user)
        logout(request)
        response = render(request, "scs_series/erased.html", {"member": erased})
    else:
        context = {"form": form, "member": member}
        response = render(request, "scs_series/erase.html", context, status=422 if form.errors else 200)
    response.headers["Cache-Control"] = "private, no-store"
    return response
