"""Drafts: saved as one types, listed, discarded."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from scs_series.exceptions import AlreadySent, NotAllowed, RateLimited, SeriesError, StaleDraft
from scs_series.models import Draft, Part, Thread, member_of
from scs_series.policies import policy
from scs_series.services.drafts import drop_draft, save_draft
from scs_series.services.members import member_for
from scs_series.views.finding import number_in
from scs_series.views.kept import forget_sent
from scs_series.views.refusals import by_itself, members_only, page

_SHOWN = 200


@require_POST
@page
@by_itself
def draft_save(request: HttpRequest) -> HttpResponse:
    """POST ``thread`` or ``part``, the fields of the form, and ``draft_stamp``, ``known``: answers JSON.

    With ``discard`` the draft is dropped, and shown once more with a way to put it back (``restore``).
    """
    sent = _sent(request)
    if not policy.can_save_draft(request.user):
        return _refused(NotAllowed())
    if "discard" in sent:
        return _discard(request, sent)
    try:
        place = _place(request, sent)
        draft = save_draft(
            by=request.user,
            **place,
            body=sent.get("body", ""),
            title=sent.get("title", ""),
            kind=sent.get("kind", ""),
            tags=sent.get("tags", ""),
            answers=number_in(sent.get("answers")),
            submission_key=sent.get("submission_key"),
            stamp=sent.get("stamp", ""),
            known=sent.get("known", "").split(),
        )
    except Http404:
        return _answer({"detail": _("It is not there any more."), "code": "gone"}, 404)
    except StaleDraft as error:
        return _answer(
            {"detail": str(error), "code": error.code, "draft": _represent(error.draft)}, status=409
        )
    except AlreadySent as error:
        more = {"url": error.post.get_absolute_url(), "submission_key": secrets.token_urlsafe(24)}
        return _answer({"detail": str(error), "code": error.code, **more}, status=409)
    except SeriesError as error:
        return _refused(error)
    forget_sent(request)
    if "restore" in sent:
        return redirect(_form_of(**place))
    return _answer({"draft": _represent(draft) if draft else None})


def _sent(request: HttpRequest) -> dict[str, str]:
    """The fields of a form, or of a JSON object; whatever is no string is not there. The address may name the place."""
    fields: dict[str, Any] = request.GET.dict()
    if request.content_type == "application/json":
        try:
            given = json.loads(request.body)
        except (ValueError, RecursionError):
            given = {}
        fields |= given if isinstance(given, dict) else {}
        fields = {
            name: str(v) if isinstance(v, int) and not isinstance(v, bool) else v
            for name, v in fields.items()
        }
    else:
        fields |= request.POST.dict()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _place(request: HttpRequest, sent: dict[str, str]) -> dict[str, Any]:
    """The thread or the part that it is written for; what its writer may not see is not there (Http404)."""
    if thread := number_in(sent.get("thread")):
        found: Any = Thread.objects.visible_to(request.user).filter(pk=thread)
        name = "thread"
    elif part := number_in(sent.get("part")):
        found = Part.objects.visible_to(request.user).filter(pk=part).select_related("series")
        name = "part"
    else:
        raise Http404
    place = found.first()
    if place is None:
        raise Http404
    return {name: place}


def _discard(request: HttpRequest, sent: dict[str, str]) -> HttpResponse:
    drafts = Draft.objects.for_list(request.user).filter(member=member_of(request.user))
    pk, thread, part = (number_in(sent.get(name)) for name in ("draft", "thread", "part"))
    wanted = {"pk": pk} if pk else {"thread": thread} if thread else {"part": part or 0}
    draft = drafts.filter(**wanted).first()
    forget_sent(request)
    if draft is not None:
        drop_draft(member=member_for(request.user), thread=draft.thread, part=draft.part)
    if not request.accepts("text/html"):
        return _answer({"draft": None})
    if draft is None:
        return redirect("scs_series:draft-list")
    response = render(request, "scs_series/draft_discarded.html", _shown(draft))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
@page
@members_only
def draft_list(request: HttpRequest) -> HttpResponse:
    """A member's drafts, newest first, each with the way to go on and to discard it."""
    drafts = Draft.objects.for_list(request.user).filter(member=member_of(request.user))
    shown = [_shown(draft) for draft in drafts.order_by("-updated_at")[:_SHOWN]]
    response = render(request, "scs_series/draft_list.html", {"drafts": shown})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shown(draft: Draft) -> dict[str, Any]:
    """With what it was written for and the form to go on in; what its writer may not see any more is not named."""
    place = (draft.thread or draft.part) if draft.is_shown else None  # type: ignore[attr-defined]  # annotated
    url = _form_of(thread=draft.thread, part=draft.part) if place else ""
    return {"draft": draft, "place": place, "url": url}


def _form_of(*, thread: Thread | None = None, part: Part | None = None) -> str:
    if thread is not None:
        return reverse("scs_series:post-create", args=[thread.pk, thread.slug])
    assert part is not None  # noqa: S101  (a draft has one of the two)
    return reverse("scs_series:thread-create", args=[part.series.slug, part.slug])


def _represent(draft: Draft) -> dict[str, Any]:
    return {
        "body": draft.body, "answers": draft.answers, "title": draft.title, "kind": draft.kind, "tags": draft.tags,
        "submission_key": draft.submission_key, "stamp": draft.stamp, "saved_at": draft.updated_at.isoformat(),
    }  # fmt: skip


def _refused(error: SeriesError) -> HttpResponse:
    status = 429 if isinstance(error, RateLimited) else 403 if isinstance(error, NotAllowed) else 400
    response = _answer({"detail": str(error), "code": error.code}, status)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _answer(data: dict[str, Any], status: int = 200) -> HttpResponse:
    response = JsonResponse(data, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


__all__ = ["draft_list", "draft_save"]
