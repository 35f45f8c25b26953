"""Domain errors as pages: the same words everywhere, the right status, a way on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from scs_series.conf import app_settings
from scs_series.exceptions import (
    EditWindowOver,
    FormOutdated,
    Gone,
    NotAllowed,
    RateLimited,
    SeriesError,
    SignedOut,
    ThreadLocked,
    WrongMethod,
)
from scs_series.forms import RefusableForm
from scs_series.models import Thread
from scs_series.ratelimit import count_address
from scs_series.views.kept import keep_sent

View = Callable[..., HttpResponse]

_STATUS: dict[type[SeriesError], int] = {
    NotAllowed: 403,
    ThreadLocked: 403,
    EditWindowOver: 403,
    Gone: 404,
    WrongMethod: 405,
    RateLimited: 429,
}


def page(view: View) -> View:
    """Answer a domain error that a view lets through as a page that says what to do next.

    Forms are counted here by the network address that they come from, once for all of them.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if request.method == "POST" and not getattr(view, "scs_by_itself", False):
                count_address(request)
            response = view(request, *args, **kwargs)
        except SeriesError as error:
            response = refuse(request, error)
        except Http404:
            if not _typed(request):
                raise
            response = refuse(request, Gone())
        # What the page cache does not answer for is nobody else's to keep: it shows who reads it.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return guarded


def by_itself(view: View) -> View:
    """Of what scripts send while somebody reads or types. It has a limit for each member, and does not count against what
    all who share an address may write: ten who read at one school would keep an eleventh from answering.
    """
    view.scs_by_itself = True  # type: ignore[attr-defined]
    return view


def refuse(
    request: HttpRequest, error: SeriesError, *, back: Thread | None = None, is_kept: bool = False
) -> HttpResponse:
    """The error as a page, with a way ``back``. What was typed is kept on it, to be copied or sent again.

    ``is_kept``: it is in the form, too, once its writer has signed in.
    """
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    context = {
        "error": error,
        "title": str(error).rstrip("."),
        "typed": _typed(request),
        "status": status,
        "back": back,
        "is_kept": is_kept,
    }
    response = render(request, "scs_series/refused.html", context, status=status)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def form_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    form: RefusableForm,
    status: int | None = None,
) -> HttpResponse:
    """The page of a form as it is: kept by nobody, and telling programs, too, what is wrong and when to try again."""
    response = render(request, template, {**context, "form": form}, status=status or form.status)
    response.headers["Cache-Control"] = "private, no-store"
    if form.retry_after is not None:
        response.headers["Retry-After"] = str(form.retry_after)
    return response


#: Fields that people write something of their own into.
_KEPT = ("title", "body", "note", "about")


def _typed(request: HttpRequest) -> str:
    """What somebody wrote in the form they sent."""
    if request.method != "POST":
        return ""
    return "\n\n".join(filter(None, (request.POST.get(name, "").strip() for name in _KEPT)))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For CSRF_FAILURE_VIEW: a form that was open too long, or from before its writer signed in, loses no text."""
    return refuse(request, FormOutdated())


def members_only(view: View) -> View:
    """Send visitors to the host's sign-in, and back to this very address; what they sent is kept, and shown."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated and _typed(request):
            is_kept = keep_sent(request)
            return refuse(request, SignedOut(SignedOut.kept) if is_kept else SignedOut(), is_kept=is_kept)
        if not request.user.is_authenticated:
            login = resolve_url(app_settings.LOGIN_URL) if app_settings.LOGIN_URL else None
            return redirect_to_login(request.get_full_path(), login)
        return view(request, *args, **kwargs)

    return guarded


def told_of_methods(view: View) -> View:
    """Answer a method that a view does not take with a page: Django's own answer is empty, a blank window."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            # The same answer, filled: it says what is allowed, and is in the log already.
            response.content = refuse(request, WrongMethod()).content
            response.headers["Cache-Control"] = "private, no-cache"
        return response

    return guarded
