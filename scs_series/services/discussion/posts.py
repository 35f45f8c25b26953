"""A post that was written: edited, withdrawn, hidden."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import (
    EditWindowOver,
    InvalidInput,
    NotAllowed,
    SeriesError,
    StaleEdit,
    ThreadLocked,
)
from scs_series.models import Member, Part, Post, PostRevision, Series, SourceLink, Thread, member_of
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services import outbox, versions
from scs_series.services.discussion.checking import REASON_MAX_LENGTH
from scs_series.services.discussion.resolving import count_accepted, follow_answer
from scs_series.services.discussion.state import lock_row, locked_post, save_state
from scs_series.services.members import member_for
from scs_series.services.rendering import doc_id, post_fragment, render_post_again
from scs_series.services.sources import recount_sources, sync_post_citations
from scs_series.services.transactions import atomic_write
from scs_series.services.writing import Written, write_post
from scs_series.signals import (
    post_edited,
    post_hidden,
    post_restored,
    post_unhidden,
    post_withdrawn,
)


def edit_post(
    *,
    post: Post,
    by: Any,
    body: str,
    expected_revision: int | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Post:
    """Save a new text of a post, keeping the old one as a revision. Unchanged text changes nothing.

    ``at`` is for imports (default: now), here as in what pins, locks and hides.

    ``expected_revision`` is the revision the writer saw: where it is not the one in force, StaleEdit carries both
    texts and nothing is written. Raises NotAllowed, ThreadLocked, EditWindowOver, InvalidInput naming the field.
    """
    ask_edit(by=by, post=post, at=at)
    reason = _clean_reason(reason)
    member = member_for(by)
    if at is None and post.author_id == member.pk:  # moderators clear a queue as fast as they can
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    written = write_post(body, series=post.thread.series, doc_id=doc_id(post.number), thread=post.thread)
    return _edit_post(post, by, member, written, expected_revision, reason, at)


def _clean_reason(reason: str) -> str:
    if len(reason) > REASON_MAX_LENGTH:
        raise InvalidInput(
            _("Use at most %(most)d characters.") % {"most": REASON_MAX_LENGTH},
            code="reason_too_long",
            field="reason",
        )
    return reason.strip()


def ask_edit(*, by: Any, post: Post, at: datetime | None = None) -> None:
    """Nothing, where ``by`` may edit the post; else raises what says why not: ThreadLocked, EditWindowOver, NotAllowed."""
    if not policy.can_edit_post(by, post, at):
        raise _refusal(by, post, at)


def ask_withdraw(*, by: Any, post: Post) -> None:
    """The same for withdrawing it."""
    if not policy.can_withdraw_post(by, post):
        raise _refusal(by, post)


def _refusal(by: Any, post: Post, at: datetime | None = None) -> SeriesError:
    """Why one may not edit, withdraw or restore."""
    if policy.is_member(by) and post.thread.locked_at:
        return ThreadLocked()
    if _is_own(by, post) and not policy.is_within_edit_window(post, at):
        return EditWindowOver()
    return NotAllowed()


def _is_own(by: Any, post: Post) -> bool:
    member = member_of(by)
    return member is not None and member.pk == post.author_id


#: What others may have done to a post since it was read; its author is not among them.
_POST_STATE = (
    "body", "revision_number", "edited_at", "edited_by_id", "edit_reason", "status", "hidden_at", "hidden_by_id",
    "hidden_reason", "answer_numbers",
)  # fmt: skip


@atomic_write
def _edit_post(
    post: Post,
    by: Any,
    member: Member,
    written: Written,
    expected_revision: int | None,
    reason: str,
    at: datetime | None,
) -> Post:
    thread = post.thread
    lock_row(thread)
    now = locked_post(post)
    for field in _POST_STATE:
        setattr(post, field, getattr(now, field))
    post.author, post.answers = now.author, now.answers
    ask_edit(by=by, post=post, at=at)  # it may have been hidden, or its thread locked, since it was read
    if expected_revision is not None and expected_revision != now.revision_number:
        raise StaleEdit(current=now.body, yours=written.body, current_revision=now.revision_number)
    if now.body == written.body:
        return post
    PostRevision.objects.create(
        post=post, number=now.revision_number, body=now.body, editor_id=now.edited_by_id or now.author_id,
        reason=now.edit_reason, created_at=now.edited_at or now.created_at,
    )  # fmt: skip
    post.body, post.body_html = written.body, written.rendered.html
    post.revision_number += 1
    post.edited_at, post.edited_by, post.edit_reason = at or timezone.now(), member, reason
    post.fragment = post_fragment(post)
    post.save(
        update_fields=[
            "body",
            "body_html",
            "fragment",
            "revision_number",
            "edited_at",
            "edited_by",
            "edit_reason",
        ]
    )
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    if sync_post_citations(post, written, is_new=False):
        render_post_again(post)
    if at is None and "@" in post.body:  # only who is named anew is told; of what is imported, nobody
        outbox.note(
            "edited", key=f"{post.pk}:{post.revision_number}", post=post.pk, thread=thread.pk, by=member.pk,
            revision=post.revision_number,
        )  # fmt: skip
    transaction.on_commit(lambda: post_edited.send(Post, post=post, by=member))
    return post


@atomic_write
def hide_post(*, post: Post, by: Any, reason: str = "", at: datetime | None = None) -> bool:
    """Replace a post by a stub for everybody; its text is kept. True if that changed anything; raises NotAllowed.

    What its author withdrew is hidden already, and stays theirs to bring back.
    """
    if not policy.can_hide_post(by, post):
        raise NotAllowed
    member = member_for(by)
    now = _hold(post)
    if now.is_hidden:
        return False
    reason = reason[:REASON_MAX_LENGTH]
    _set_status(post, now, Post.Status.HIDDEN, member, reason, at)
    transaction.on_commit(lambda: post_hidden.send(Post, post=post, by=member, reason=reason))
    return True


@atomic_write
def unhide_post(*, post: Post, by: Any) -> bool:
    """Undo hide_post."""
    if not policy.can_hide_post(by, post):
        raise NotAllowed
    member = member_for(by)
    now = _hold(post)
    if now.status != Post.Status.HIDDEN:
        return False
    _set_status(post, now, Post.Status.PUBLISHED, member)
    transaction.on_commit(lambda: post_unhidden.send(Post, post=post, by=member))
    return True


@atomic_write
def withdraw_post(*, post: Post, by: Any, reason: str = "") -> bool:
    """Take back what one wrote: a stub where others answered it or it opens the thread, else nothing in its place.

    Its text is kept. True if that changed anything. Raises NotAllowed, ThreadLocked, EditWindowOver, InvalidInput (field
    ``reason``), RateLimited.
    """
    reason = _clean_reason(reason)
    now = _hold(post)
    if now.is_withdrawn and _is_own(by, now):
        return False
    if not policy.can_withdraw_post(by, now):
        raise _refusal(by, now)
    member = member_for(by)
    count_or_refuse("post", member.pk, app_settings.POST_RATE)
    _set_status(post, now, Post.Status.WITHDRAWN, member, reason)
    transaction.on_commit(lambda: post_withdrawn.send(Post, post=post, by=member, reason=reason))
    return True


@atomic_write
def restore_post(*, post: Post, by: Any) -> bool:
    """Undo withdraw_post. True if that changed anything. Raises NotAllowed, ThreadLocked, EditWindowOver, RateLimited."""
    now = _hold(post)
    if not now.is_withdrawn and (_is_own(by, now) or policy.can_hide_post(by, now)):
        return False
    if not policy.can_restore_post(by, now):
        raise _refusal(by, now)
    member = member_for(by)
    if now.author_id == member.pk:
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    _set_status(post, now, Post.Status.PUBLISHED, member)
    transaction.on_commit(lambda: post_restored.send(Post, post=post, by=member))
    return True


def _hold(post: Post) -> Post:
    """The post as it is now, it and its thread held to the end of the transaction."""
    thread = Thread.objects.select_for_update(of=("self",)).select_related("part", "series", "author")
    held = thread.get(pk=post.thread_id)
    now = locked_post(post)
    now.thread = held
    return now


def _set_status(
    post: Post, now: Post, status: str, member: Member, reason: str = "", at: datetime | None = None
) -> None:
    """Show a post or take it from sight, and count it in or out; ``post`` is the one at hand, ``now`` the one held."""
    thread, had_place = now.thread, now.has_place
    now.status = status
    now.hidden_at = (at or timezone.now()) if now.is_hidden else None
    now.hidden_by = member if now.is_hidden else None
    now.hidden_reason = reason
    answered = follow_answer(thread, now)
    now.fragment = post_fragment(now)
    now.save(update_fields=["status", "hidden_at", "hidden_by", "hidden_reason", "fragment"])
    if now.has_place != had_place:
        _tell_answered(now)
    sign = -1 if now.is_hidden else 1
    thread.post_count += sign
    save_state(thread, "post_count", *answered)
    if answered:
        count_accepted(thread, now.number)
    if not thread.hidden_at:
        for model, pk in ((Part, thread.part_id), (Series, thread.series_id)):
            model.objects.filter(pk=pk).update(post_count=F("post_count") + sign)
        Member.objects.filter(pk=now.author_id).update(post_count=F("post_count") + sign)
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    recount_sources(set(SourceLink.objects.filter(post=now).values_list("source_id", flat=True)))
    for field in ("status", "hidden_at", "hidden_by", "hidden_reason", "fragment"):
        setattr(post, field, getattr(now, field))


def _tell_answered(post: Post) -> None:
    """An answer lost its place in the thread, or has one again: what it answers names it no more, or again.

    Where that was withdrawn itself, it stands only as long as an answer hangs on it; and so on upwards.
    """
    while post.answers is not None:
        answered = locked_post(post.answers)
        answered.thread, had_place = post.thread, answered.has_place
        others = [number for number in answered.answer_numbers if number != post.number]
        answered.answer_numbers = sorted([*others, post.number] if post.has_place else others)
        answered.fragment = post_fragment(answered)
        answered.save(update_fields=["answer_numbers", "fragment"])
        if answered.has_place == had_place:
            return
        post = answered
