"""Forms: starting a thread, answering, editing; previews and refusals keep what was typed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from scs_series import text
from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited, SeriesError, StaleEdit, ThreadLocked
from scs_series.forms import PostEditForm, PostForm, ThreadEditForm, ThreadForm
from scs_series.models import Post, Thread
from scs_series.models.series import Series
from scs_series.policies import policy
from scs_series.services import discussion
from scs_series.services.mentions import quote_of
from scs_series.services.tagging import split_names
from scs_series.services.writing import preview_for
from scs_series.views.discussion.unsent import Unsent, save_typed, unsent
from scs_series.views.finding import find_part, find_post, find_thread, number_in
from scs_series.views.kept import forget_sent, kept_sent
from scs_series.views.refusals import form_page, members_only, page, refuse

_FORM = require_http_methods(["GET", "HEAD", "POST"])


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; a form sent with nothing at all is a form with everything missing."""
    return request.POST if request.method == "POST" else None


@_FORM
@page
@members_only
def thread_create(request: HttpRequest, series: str, part: str) -> HttpResponse:
    """Start a thread under a part."""
    found = find_part(request, series, part)
    if not policy.can_start_thread(request.user, found):
        return refuse(request, NotAllowed(_("You may not start a thread here.")))
    asked = {"kind": request.GET.get("kind"), "title": request.GET.get("title", "")[:200]}
    begun = unsent(request, part=found) if request.method != "POST" else Unsent.of_form(request)
    form = ThreadForm(
        _sent(request),
        series=found.series,
        initial={name: value for name, value in asked.items() if value} | begun.initial,
    )
    preview = None
    if request.method == "POST" and "preview" in request.POST:
        begun = save_typed(request, part=found)
        preview = _preview(request, form, found.series)
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            thread = discussion.start_thread(
                part=found, by=request.user, title=data["title"], body=data["body"], kind=data["kind"],
                tags=split_names(data["tags"]), submission_key=data["submission_key"],
            )  # fmt: skip
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            forget_sent(request)
            return redirect(thread)
    if request.method == "POST" and "preview" not in request.POST:
        form.say_the_rest()
    context = {"part": found, "series": found.series, "preview": preview, "unsent": begun}
    return form_page(request, "scs_series/thread_form.html", context, form)


@_FORM
@page
@members_only
def thread_edit(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Change a thread's title, kind and tags."""
    thread = find_thread(request, pk)
    if not policy.can_edit_thread(request.user, thread):
        return refuse(request, _locked_or_not_yours(thread), back=thread)
    initial = {
        "title": thread.title, "kind": thread.kind, "tags": ", ".join(tag.name for tag in thread.tags.all()),
        "expected_revision": thread.revision_number,
    }  # fmt: skip
    form = ThreadEditForm(_sent(request), series=thread.series, initial=initial)
    conflict = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            discussion.edit_thread(
                thread=thread,
                by=request.user,
                title=data["title"],
                kind=data["kind"],
                tags=split_names(data["tags"]),
                expected_revision=data["expected_revision"],
            )
        except StaleEdit as error:
            conflict = _both_texts(request, form, error)
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            return redirect(thread)
    if request.method == "POST" and not conflict:
        form.say_the_rest()
    context = {
        "thread": thread, "part": thread.part, "series": thread.series, "conflict": conflict,
    }  # fmt: skip
    return form_page(request, "scs_series/thread_form.html", context, form, status=409 if conflict else None)


@_FORM
@page
@members_only
def post_create(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Answer in a thread; ``?answers=`` is the number of the post that is answered, ``?quote=`` of one to be quoted."""
    thread = find_thread(request, pk)
    if not policy.can_reply(request.user, thread):
        return refuse(request, _locked_or_not_yours(thread), back=thread)
    begun = Unsent.of_form(request)
    if request.method != "POST":
        begun = unsent(request, thread=thread)
        begun.initial.update(_asked(request, thread, begun.initial.get("body", "")))
    form = PostForm(_sent(request), series=thread.series, initial=begun.initial)
    preview = None
    if request.method == "POST" and "preview" in request.POST:
        begun = save_typed(request, thread=thread)
        preview = _preview(request, form, thread.series, thread)
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            post = discussion.reply(
                thread=thread, by=request.user, body=data["body"], answers=data["answers"],
                submission_key=data["submission_key"],
            )  # fmt: skip
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
            if error.code == "post_withdrawn":  # sent again, it is an answer to the thread
                form.data = {**form.data.dict(), "answers": ""}  # type: ignore[attr-defined]  # a QueryDict
        else:
            forget_sent(request)
            return redirect(post)
    number = number_in(str(form["answers"].value() or ""))
    answered = (
        Post.objects.filter(thread=thread, number=number).select_related("author").first() if number else None
    )
    context = {
        "thread": thread, "part": thread.part, "series": thread.series, "answered": answered, "preview": preview,
        "unsent": begun,
    }  # fmt: skip
    return form_page(request, "scs_series/post_form.html", context, form)


@_FORM
@page
@members_only
def post_edit(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Write a post anew; its old text is kept."""
    post = find_post(request, pk, number)
    thread = post.thread
    try:
        discussion.ask_edit(by=request.user, post=post)
    except SeriesError as error:
        return refuse(request, error, back=thread)
    initial = {"body": post.body, "expected_revision": post.revision_number} | kept_sent(request)
    form = PostEditForm(_sent(request), series=thread.series, post=post, initial=initial)
    preview, conflict = None, None
    if request.method == "POST" and "preview" in request.POST:
        preview = _preview(request, form, thread.series, thread)
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            discussion.edit_post(
                post=post, by=request.user, body=data["body"], expected_revision=data["expected_revision"],
                reason=data["reason"],
            )  # fmt: skip
        except StaleEdit as error:
            conflict = _both_texts(request, form, error)
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        else:
            forget_sent(request)
            return redirect(post)
    context = {
        "post": post, "thread": thread, "part": thread.part, "series": thread.series,
        "preview": preview, "conflict": conflict,
    }  # fmt: skip
    return form_page(request, "scs_series/post_form.html", context, form, status=409 if conflict else None)


def _asked(request: HttpRequest, thread: Thread, begun: str) -> dict[str, Any]:
    """What the address asks the form to begin with, over what was ``begun``: whom to answer, whom to quote."""
    asked: dict[str, Any] = {}
    if answers := number_in(request.GET.get("answers")):
        asked["answers"] = answers
    if number := number_in(request.GET.get("quote")):
        posts = Post.objects.published().filter(thread=thread, number=number).select_related("author")
        for post in posts:
            quote = quote_of(post)
            if quote not in begun:  # the page was opened again
                asked["body"] = f"{begun.rstrip()}\n\n{quote}\n\n".lstrip("\n")
            asked.setdefault("answers", number)
    return asked


def _both_texts(request: HttpRequest, form: Any, error: StaleEdit) -> dict[str, Any]:
    """What a form shows whose text somebody else has changed meanwhile."""
    form.add_domain_error(error)
    # Whoever has seen both texts may send theirs again, over the one shown here.
    data = request.POST.copy()
    data["expected_revision"] = str(error.current_revision)
    form.data = data
    return {"current": error.current, "difference": text.difference(error.current, error.yours)}


def _locked_or_not_yours(thread: Thread) -> SeriesError:
    return ThreadLocked() if thread.locked_at else NotAllowed()


def _preview(request: HttpRequest, form: Any, series: Series, thread: Thread | None = None) -> str | None:
    """What was typed, rendered, without sending it; the form shows no other complaint meanwhile."""
    try:
        html = preview_for(by=request.user, body=form["body"].value() or "", series=series, thread=thread)
    except (InvalidInput, RateLimited) as error:
        form.is_valid()
        form.add_domain_error(error)
        return None
    form.errors.clear()
    return html
