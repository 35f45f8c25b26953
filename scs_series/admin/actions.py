"""Bulk actions: do, count, and say what was done, what was so already, and what was refused and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin import helpers
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scs_series.admin.base import CuratorAdmin
from scs_series.admin.display import excerpt
from scs_series.admin.forms import ReasonForm
from scs_series.exceptions import SeriesError

M = TypeVar("M", bound=models.Model)

#: Each object costs a transaction of its own; more than this is not a moderator's act but a command's.
LIMIT = 200
_SHOWN = 20


@dataclass(frozen=True)
class Words:
    """How an action speaks. ``done`` and ``already`` are ngettext_lazy over ``n``."""

    title: Any
    done: Any
    already: Any
    log: Any
    #: For the page that asks for a reason: what will happen, and who reads the reason.
    effect: Any = ""
    reason_help: Any = ""


def chosen(modeladmin: CuratorAdmin[M], request: HttpRequest, queryset: models.QuerySet[M]) -> list[M] | None:
    """The chosen objects with what services need, in the list's order; None (and a message) if too many."""
    pks = list(queryset.values_list("pk", flat=True)[: LIMIT + 1])
    if len(pks) > LIMIT:
        modeladmin.message_user(
            request,
            _("Choose at most %(limit)d at a time: nothing was done.") % {"limit": LIMIT},
            messages.ERROR,
        )
        return None
    found = modeladmin.get_queryset(request).select_related(*modeladmin.action_related).in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


def run(
    modeladmin: CuratorAdmin[M],
    request: HttpRequest,
    queryset: models.QuerySet[M],
    *,
    words: Words,
    each: Callable[[M], bool],
    note: str = "",
) -> HttpResponse | None:
    """Call a service for each object. It answers whether anything changed, or raises SeriesError."""
    objects = chosen(modeladmin, request, queryset)
    if objects is None:
        return back_to(request)
    done: list[M] = []
    already = 0
    refused: defaultdict[str, list[M]] = defaultdict(list)
    for obj in objects:
        try:
            changed = each(obj)
        except SeriesError as error:
            refused[str(error)].append(obj)
            continue
        if changed:
            done.append(obj)
            modeladmin.log_change(request, obj, f"{words.log} {note}".strip())
        else:
            already += 1
    if done:
        modeladmin.message_user(request, words.done % {"n": len(done)}, messages.SUCCESS)
    if already:
        modeladmin.message_user(request, words.already % {"n": already}, messages.INFO)
    for why, which in refused.items():
        modeladmin.message_user(request, _refusal(why, which), messages.WARNING)
    return back_to(request)


def _refusal(why: str, which: list[Any]) -> str:
    names = ", ".join(excerpt(str(obj), 60) for obj in which[:3])
    if len(which) > 3:
        names += ", …"
    said = ngettext("%(n)d refused (%(names)s): %(why)s", "%(n)d refused (%(names)s): %(why)s", len(which))
    return said % {"n": len(which), "names": names, "why": why}


def run_with_reason(
    modeladmin: CuratorAdmin[M],
    request: HttpRequest,
    queryset: models.QuerySet[M],
    *,
    action: str,
    words: Words,
    each: Callable[[M, str], bool],
) -> HttpResponse | None:
    """The same after a page that says what will happen and asks why."""
    form = ReasonForm(request.POST if "scs_confirmed" in request.POST else None)
    form.fields["reason"].help_text = words.reason_help
    if form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        return run(
            modeladmin,
            request,
            queryset,
            words=words,
            each=lambda obj: each(obj, reason),
            note=_("Reason: %(reason)s") % {"reason": reason} if reason else "",
        )
    objects = chosen(modeladmin, request, queryset)
    if objects is None:
        return back_to(request)
    opts = modeladmin.model._meta
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": words.title,
        "opts": opts,
        "media": modeladmin.media,
        "form": form,
        "effect": words.effect,
        # Of a post also what it says: nobody hides by number.
        "objects": [(obj, excerpt(getattr(obj, "body", ""), 200)) for obj in objects[:_SHOWN]],
        "more": max(0, len(objects) - _SHOWN),
        "count": len(objects),
        "name": capfirst(opts.verbose_name if len(objects) == 1 else opts.verbose_name_plural),
        "action": action,
        # Exactly the rows shown are acted on, though "all" was chosen and others may join meanwhile.
        "pks": [obj.pk for obj in objects],
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "back": safe_back(request),
        "list_url": safe_back(request) or request.get_full_path(),
    }
    return TemplateResponse(request, "admin/scs_series/confirm.html", context)


def safe_back(request: HttpRequest) -> str:
    """The change page whose button was pressed, if any."""
    target = request.POST.get("scs_back", "")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else ""


def back_to(request: HttpRequest) -> HttpResponse | None:
    target = safe_back(request)
    return HttpResponseRedirect(target) if target else None
