"""Acts on posts and threads: reacting, accepting an answer, deciding, withdrawing. Buttons post here."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited, SeriesError
from scs_series.forms import ResolveForm, WithdrawForm
from scs_series.keyset import keyset_page
from scs_series.models import Post, Reaction
from scs_series.policies import policy
from scs_series.services import discussion
from scs_series.views.discussion.actions import Actions
from scs_series.views.discussion.mine import mine_in
from scs_series.views.finding import find_post, find_thread
from scs_series.views.refusals import form_page, members_only, page, refuse

#: A GET is somebody who comes back from signing in: they are led to the post, where the button is.
_ACT = require_http_methods(["GET", "HEAD", "POST"])
_NAMES_PER_PAGE = 100


@_ACT
@page
@members_only
def post_react(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """``say`` a word on a post, or ``unsay`` it. A script that asks for JSON is given the new row."""
    post = find_post(request, pk, number)
    if request.method != "POST":
        return redirect(post)
    by_script = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    try:
        if "unsay" in request.POST:
            discussion.unreact(post=post, by=request.user, word=request.POST["unsay"][:20])
        else:
            discussion.react(post=post, by=request.user, word=request.POST.get("say", "")[:20])
    except SeriesError as error:
        refused = refuse(request, error, back=post.thread)
        if not by_script:
            return refused
        return JsonResponse(
            {"detail": str(error), "code": error.code}, status=refused.status_code,
            headers={"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else None,
        )  # fmt: skip
    if not by_script:
        return redirect(post)
    actions = Actions(request, post.thread, mine_in(request, post.thread, number, number))
    row = actions.row(number, post.author_id, post.status, post.reaction_counts, post.created_at)
    return JsonResponse({"row": row})


@require_safe
@page
def post_reactions(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Who said which word on a post, newest first. Not kept: it shows names that may change."""
    post = find_post(request, pk, number)
    if post.is_hidden and not policy.can_see_hidden_post(request.user, post):
        raise Http404("hidden")
    words = discussion.reaction_words()
    said = Reaction.objects.filter(post=post, word__in=words).select_related("member")
    shown = keyset_page(said, order=("-id",), cursor=request.GET.get("after"), size=_NAMES_PER_PAGE)
    for reaction in shown.items:
        reaction.label = words[reaction.word]  # type: ignore[attr-defined]  # for the template
    counts = discussion.shown_counts(post.reaction_counts)
    context = {
        "post": post, "thread": post.thread, "part": post.thread.part, "series": post.thread.series, "page": shown,
        "counts": [(words[word], count) for word, count in counts.items()],
    }  # fmt: skip
    return render(request, "scs_series/post_reactions.html", context)


@_ACT
@page
@members_only
def post_accept(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Mark a post as the answer (``accepted=yes``), or take the mark from it (``no``)."""
    post = find_post(request, pk, number)
    if request.method != "POST":
        return redirect(post)
    takes_away = request.POST.get("accepted") == "no"
    if takes_away and post.thread.accepted_number != number:
        return redirect(post)  # another one was accepted meanwhile: that mark is not meant
    try:
        discussion.accept_answer(thread=post.thread, post=None if takes_away else post, by=request.user)
    except SeriesError as error:
        return refuse(request, error, back=post.thread)
    return redirect(post)


@_ACT
@page
@members_only
def post_withdraw(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Take one's post back, after a page that says what will be left of it."""
    post = find_post(request, pk, number)
    try:
        discussion.ask_withdraw(by=request.user, post=post)
    except SeriesError as error:
        return redirect(post) if post.is_withdrawn else refuse(request, error, back=post.thread)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    window = app_settings.EDIT_WINDOW
    if request.method == "POST" and form.is_valid():
        try:
            discussion.withdraw_post(post=post, by=request.user, reason=form.cleaned_data["reason"])
        except (InvalidInput, RateLimited) as error:
            form.add_domain_error(error)
        except SeriesError as error:
            return refuse(request, error, back=post.thread)
        else:
            messages.success(
                request, _("Post no. %(number)d is withdrawn. You can bring it back.") % {"number": number}
            )
            return redirect(post)
    context = {
        "post": post, "thread": post.thread, "part": post.thread.part, "series": post.thread.series,
        "leaves_stub": number == 1 or bool(post.answer_numbers),
        "until": None if window is None else post.created_at + timedelta(seconds=window),
    }  # fmt: skip
    return form_page(request, "scs_series/post_withdraw.html", context, form)


@_ACT
@page
@members_only
def post_restore(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Bring a withdrawn post back."""
    post = find_post(request, pk, number)
    if request.method == "POST":
        try:
            discussion.restore_post(post=post, by=request.user)
        except SeriesError as error:
            return refuse(request, error, back=post.thread)
    return redirect(post)


@_ACT
@page
@members_only
def thread_resolve(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Accept or decline what a correction or a source proposes, or open it again."""
    thread = find_thread(request, pk)
    if not policy.can_resolve_thread(request.user, thread):
        return refuse(request, NotAllowed(), back=thread)
    if not thread.has_resolution:
        return redirect(thread)
    initial = {"resolution": thread.resolution, "reason": thread.resolved_reason} if thread.is_decided else {}
    form = ResolveForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            discussion.resolve_thread(thread=thread, by=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_domain_error(error)
        else:
            return redirect(thread)
    opening = Post.objects.filter(thread=thread, number=1).published().only("body_html").first()
    context = {
        "thread": thread, "part": thread.part, "series": thread.series, "opening": opening,
    }  # fmt: skip
    return form_page(request, "scs_series/thread_resolve.html", context, form)
