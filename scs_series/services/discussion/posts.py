"""A post that was written: edited, hidden."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, StaleEdit, ThreadLocked
from scs_series.models import Member, Part, Post, PostRevision, Series, SourceLink, Thread
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services import versions
from scs_series.services.discussion.checking import REASON_MAX_LENGTH
from scs_series.services.discussion.state import lock_row, save_state
from scs_series.services.members import member_for
from scs_series.services.rendering import doc_id, post_fragment, render_post_again
from scs_series.services.sources import recount_sources, sync_post_citations
from scs_series.services.transactions import atomic_write
from scs_series.services.writing import Written, write_post
from scs_series.signals import (
    post_edited,
    post_hidden,
    post_unhidden,
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
    texts and nothing is written. Raises NotAllowed, InvalidInput naming the field.
    """
    _ask_edit(by, post)
    if len(reason) > REASON_MAX_LENGTH:
        raise InvalidInput(
            _("Use at most %(most)d characters.") % {"most": REASON_MAX_LENGTH},
            code="reason_too_long",
            field="reason",
        )
    member = member_for(by)
    if at is None and post.author_id == member.pk:  # moderators clear a queue as fast as they can
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    written = write_post(body, series=post.thread.series, doc_id=doc_id(post.number), thread=post.thread)
    return _edit_post(post, by, member, written, expected_revision, reason.strip(), at)


def _ask_edit(by: Any, post: Post) -> None:
    if policy.can_edit_post(by, post):
        return
    if policy.is_member(by) and post.thread.locked_at:
        raise ThreadLocked
    raise NotAllowed


#: What others may have done to a post since it was read; its author is not among them.
_POST_STATE = (
    "body", "revision_number", "edited_at", "edited_by_id", "edit_reason", "status", "hidden_at", "hidden_by_id",
    "hidden_reason",
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
    now = _locked(post)
    for field in _POST_STATE:
        setattr(post, field, getattr(now, field))
    post.author, post.answers = now.author, now.answers
    _ask_edit(by, post)  # it may have been hidden, or its thread locked, since it was read
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
    transaction.on_commit(lambda: post_edited.send(Post, post=post, by=member))
    return post


def _locked(post: Post) -> Post:
    """The post as it is now, with the names that it shows; its thread is held already."""
    return (
        Post.objects.select_for_update(of=("self",))
        .select_related("author", "answers__author")
        .get(pk=post.pk)
    )


@atomic_write
def hide_post(*, post: Post, by: Any, reason: str = "", at: datetime | None = None) -> bool:
    """Replace a post by a stub for everybody; its text is kept. True if that changed anything; raises NotAllowed."""
    return _set_hidden(post, by, True, reason[:REASON_MAX_LENGTH], at)


@atomic_write
def unhide_post(*, post: Post, by: Any) -> bool:
    """Undo hide_post."""
    return _set_hidden(post, by, False, "")


def _set_hidden(post: Post, by: Any, hidden: bool, reason: str, at: datetime | None = None) -> bool:
    if not policy.can_hide_post(by, post):
        raise NotAllowed
    member = member_for(by)
    thread = Thread.objects.select_for_update().get(pk=post.thread_id)
    now = _locked(post)
    if now.is_hidden == hidden:
        return False
    now.thread = thread
    now.status = Post.Status.HIDDEN if hidden else Post.Status.PUBLISHED
    now.hidden_at = (at or timezone.now()) if hidden else None
    now.hidden_by = member if hidden else None
    now.hidden_reason = reason
    now.fragment = post_fragment(now)
    now.save(update_fields=["status", "hidden_at", "hidden_by", "hidden_reason", "fragment"])
    sign = -1 if hidden else 1
    thread.post_count += sign
    save_state(thread, "post_count")
    if not thread.hidden_at:
        for model, pk in ((Part, thread.part_id), (Series, thread.series_id)):
            model.objects.filter(pk=pk).update(post_count=F("post_count") + sign)
        Member.objects.filter(pk=now.author_id).update(post_count=F("post_count") + sign)
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    recount_sources(set(SourceLink.objects.filter(post=now).values_list("source_id", flat=True)))
    for field in ("status", "hidden_at", "hidden_by", "hidden_reason", "fragment"):
        setattr(post, field, getattr(now, field))
    signal: Signal = post_hidden if hidden else post_unhidden
    extra = {"reason": reason} if hidden else {}
    transaction.on_commit(lambda: signal.send(Post, post=post, by=member, **extra))
    return True
