"""What a thread came to: the accepted answer of a question; a correction or a source taken or left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, ThreadLocked
from scs_series.models import Member, Post, Thread
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services import outbox, versions
from scs_series.services.counts import recount_members
from scs_series.services.discussion.checking import REASON_MAX_LENGTH
from scs_series.services.discussion.state import lock_row, locked_post, save_state
from scs_series.services.members import member_for
from scs_series.services.rendering import post_fragment
from scs_series.services.transactions import atomic_write
from scs_series.signals import thread_changed

_RESOLUTION = ("resolution", "resolved_at", "resolved_by", "resolved_reason")
_ACCEPTANCE = ("accepted_number", "accepted_at", "accepted_by")


@atomic_write
def accept_answer(*, thread: Thread, post: Post | None, by: Any, at: datetime | None = None) -> bool:
    """Mark the post that answers a question; None takes the mark away. True if that changed anything.

    ``at`` is for imports (default: now). Raises NotAllowed, ThreadLocked (who asked, in a locked thread),
    InvalidInput (field ``post``: ``not_a_question``, ``not_an_answer``, ``answer_hidden``), RateLimited.
    """
    lock_row(thread)
    if not policy.can_accept_answer(by, thread):
        raise ThreadLocked if policy.is_member(by) and thread.locked_at else NotAllowed
    if thread.kind != Thread.Kind.QUESTION:
        raise InvalidInput(_("Only a question has an answer to accept."), code="not_a_question", field="post")
    member = member_for(by)
    if at is None and thread.author_id == member.pk:
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    number = _answer_in(thread, post)
    if number == thread.accepted_number and (number is None or thread.is_answered):
        return False
    before = thread.accepted_number
    at_moment = at or timezone.now()
    thread.accepted_number = number
    thread.accepted_at, thread.accepted_by = (at_moment, member) if number else (None, None)
    _follow_acceptance(thread, is_shown=True)
    save_state(thread, *_ACCEPTANCE, *_RESOLUTION)
    for changed in sorted({before, number} - {None}):  # type: ignore[type-var]  # None is gone
        _render_again(thread, changed)  # type: ignore[arg-type]
    count_accepted(thread, before, number)
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    if post is not None and at is None:
        # Told once, however often it is taken away and given again.
        outbox.note("accepted", key=str(post.pk), post=post.pk, thread=thread.pk, by=member.pk)
    _say_changed(thread, member, "accepted" if number else "unaccepted")
    return True


def _answer_in(thread: Thread, post: Post | None) -> int | None:
    if post is None:
        return None
    now = locked_post(post)
    if now.thread_id != thread.pk or now.number == 1:
        raise InvalidInput(_("Choose one of the answers in this thread."), code="not_an_answer", field="post")
    if now.is_hidden:
        raise InvalidInput(
            _("This answer was hidden or withdrawn meanwhile."), code="answer_hidden", field="post"
        )
    return now.number


def _render_again(thread: Thread, number: int) -> None:
    """The post that bears the mark, or bore it, stands in its fragment with it, or without."""
    post = locked_post(Post.objects.only("pk").get(thread=thread, number=number))
    post.thread = thread
    Post.objects.filter(pk=post.pk).update(fragment=post_fragment(post))


def _follow_acceptance(thread: Thread, *, is_shown: bool) -> None:
    """A question is resolved as long as its accepted answer can be read."""
    is_answered = thread.accepted_number is not None and is_shown
    thread.resolution = Thread.Resolution.ACCEPTED if is_answered else Thread.Resolution.OPEN
    thread.resolved_at = thread.accepted_at if is_answered else None
    thread.resolved_by_id = thread.accepted_by_id if is_answered else None
    thread.resolved_reason = ""


def follow_answer(thread: Thread, post: Post) -> tuple[str, ...]:
    """A post went out of sight or came back: so does the mark it bears. The fields of the thread to save.

    The mark itself is kept, so that hiding by mistake is undone by showing again.
    """
    if thread.kind != Thread.Kind.QUESTION or thread.accepted_number != post.number:
        return ()
    _follow_acceptance(thread, is_shown=not post.is_hidden)
    return _RESOLUTION


def follow_kind(thread: Thread, before: str) -> tuple[str, ...]:
    """A thread is of another kind now; what was decided of it as what it was does not hold of what it is.

    From and to a question the decision goes; the accepted answer is kept and shown in a question. The fields to save.
    """
    if thread.kind == Thread.Kind.QUESTION:
        accepted = Post.objects.filter(thread=thread, number=thread.accepted_number or 0).published()
        _follow_acceptance(thread, is_shown=accepted.exists())
    elif before == Thread.Kind.QUESTION:
        thread.resolution, thread.resolved_at, thread.resolved_by_id = Thread.Resolution.OPEN, None, None
    else:
        return ()
    if thread.accepted_number:
        _render_again(thread, thread.accepted_number)
    return _RESOLUTION


def count_accepted(thread: Thread, *numbers: int | None) -> None:
    """Count anew, once the thread is saved, for whoever wrote these posts how many of their answers are accepted."""
    authors = Post.objects.filter(thread=thread, number__in=[number for number in numbers if number])
    recount_members(list(authors.order_by().values_list("author_id", flat=True)), "accepted_count")


@atomic_write
def resolve_thread(
    *, thread: Thread, resolution: str, by: Any, reason: str = "", at: datetime | None = None
) -> bool:
    """Accept or decline what a correction or a source proposes, or open it again. True if that changed anything.

    ``reason`` is shown with it; ``at`` is for imports (default: now). Raises NotAllowed, InvalidInput
    (``no_resolution``; field ``resolution``: ``bad_resolution``; field ``reason``: ``reason_too_long``).
    """
    reason = " ".join(reason.split())
    if resolution not in Thread.Resolution.values:
        raise InvalidInput(_("Say what was decided."), code="bad_resolution", field="resolution")
    if len(reason) > REASON_MAX_LENGTH:
        raise InvalidInput(
            _("Use at most %(most)d characters.") % {"most": REASON_MAX_LENGTH},
            code="reason_too_long",
            field="reason",
        )
    lock_row(thread)
    if not policy.can_resolve_thread(by, thread):
        raise NotAllowed
    if not thread.has_resolution:
        raise InvalidInput(
            _("Only corrections and sources are accepted or declined."),
            code="no_resolution",
            field="resolution",
        )
    member = member_for(by)
    is_open = resolution == Thread.Resolution.OPEN
    if thread.resolution == resolution and (is_open or thread.resolved_reason == reason):
        return False
    thread.resolution = resolution
    # Of what is open again it is told as well who opened it and why.
    thread.resolved_at, thread.resolved_by, thread.resolved_reason = at or timezone.now(), member, reason
    save_state(thread, *_RESOLUTION)
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    if at is None:
        outbox.note(
            "resolved", key=f"{thread.pk}:{thread.resolved_at.isoformat()}", thread=thread.pk, by=member.pk,
            resolution=resolution,
        )  # fmt: skip
    _say_changed(thread, member, "reopened" if is_open else "resolved")
    return True


def _say_changed(thread: Thread, member: Member, change: str) -> None:
    transaction.on_commit(lambda: thread_changed.send(Thread, thread=thread, by=member, change=change))
