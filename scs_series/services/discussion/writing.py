"""Starting threads and answering in them."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, ThreadLocked
from scs_series.models import Block, Member, Part, Post, Series, Thread, ThreadTag
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services import outbox, versions
from scs_series.services.blocks import refuse_blocked
from scs_series.services.discussion.checking import already_posted, clean_title
from scs_series.services.discussion.state import lock_row
from scs_series.services.drafts import drop_sent_draft
from scs_series.services.members import member_for
from scs_series.services.reading import mark_thread_read
from scs_series.services.rendering import doc_id, post_fragment, render_post_again, thread_row
from scs_series.services.sources import sync_post_citations
from scs_series.services.submissions import clean_submission_key
from scs_series.services.subscriptions import watch_automatically
from scs_series.services.tagging import set_thread_tags, tags_named
from scs_series.services.transactions import atomic_write
from scs_series.services.writing import Written, write_post
from scs_series.signals import (
    post_created,
    thread_started,
)


def start_thread(
    *,
    part: Part,
    by: Any,
    title: str,
    body: str,
    kind: str = Thread.Kind.DISCUSSION,
    tags: Iterable[str] = (),
    submission_key: str | None = None,
    at: datetime | None = None,
) -> Thread:
    """Start a thread with its opening post. ``tags`` are names; ``at`` is for imports (default: now).

    Sent twice with one ``submission_key``, the thread of the first time is given back. Raises NotAllowed,
    InvalidInput naming the field, RateLimited.
    """
    if not policy.can_start_thread(by, part):
        raise NotAllowed
    submission_key = clean_submission_key(submission_key)
    member = member_for(by)
    already = already_posted(member, submission_key, body, part=part.pk)
    if already:
        return already.thread
    if at is None:
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    if kind not in Thread.Kind.values:
        raise InvalidInput(_("Choose what the thread is for."), code="bad_kind", field="kind")
    title = clean_title(title)
    tags = list(tags)
    token = _token()
    written = write_post(body, series=part.series, doc_id=token)
    try:
        thread = _start(
            part,
            member,
            by,
            title,
            kind,
            tags,
            written,
            token,
            submission_key,
            at or timezone.now(),
            tells=at is None,
        )
    except IntegrityError:
        already = already_posted(member, submission_key, body, part=part.pk)
        if already:
            return already.thread
        raise
    watch_automatically(member=member, thread=thread, started=True)
    mark_thread_read(member=member, thread=thread, number=1)
    drop_sent_draft(member=member, part=part, submission_key=submission_key, body=written.body)
    return thread


@atomic_write
def _start(
    part: Part,
    member: Member,
    by: Any,
    title: str,
    kind: str,
    tag_names: list[str],
    written: Written,
    token: str,
    submission_key: str | None,
    at: datetime,
    *,
    tells: bool,
) -> Thread:
    tags = tags_named(tag_names, by=by)
    member = Member.objects.select_for_update().get(pk=member.pk)  # no new name before this is written
    thread = Thread(
        series=part.series, part=part, author=member, title=title, kind=kind,
        created_at=at, last_post_at=at, last_number=1, post_count=1,
    )  # fmt: skip
    thread.save(force_insert=True)
    thread.row_html = thread_row(thread)
    Thread.objects.filter(pk=thread.pk).update(row_html=thread.row_html)
    post = _insert_post(
        thread, member, written, token, number=1, answers=None, submission_key=submission_key, at=at
    )
    Part.objects.filter(pk=part.pk).update(
        thread_count=F("thread_count") + 1,
        post_count=F("post_count") + 1,
        last_activity_at=_latest(at),
        version=F("version") + 1,
    )
    Series.objects.filter(pk=part.series_id).update(
        thread_count=F("thread_count") + 1,
        post_count=F("post_count") + 1,
        last_activity_at=_latest(at),
        version=F("version") + 1,
    )
    set_thread_tags(thread, tags)
    Member.objects.filter(pk=member.pk).update(
        thread_count=F("thread_count") + 1, post_count=F("post_count") + 1
    )
    if sync_post_citations(post, written, is_new=True):
        render_post_again(post)
    if tells:
        outbox.note("posted", key=str(post.pk), post=post.pk, thread=thread.pk, by=member.pk)
    transaction.on_commit(lambda: _announce_start(thread, post, member))
    return thread


def _announce_start(thread: Thread, post: Post, member: Member) -> None:
    thread_started.send(Thread, thread=thread, post=post, by=member)
    post_created.send(Post, post=post, by=member)


def reply(
    *,
    thread: Thread,
    by: Any,
    body: str,
    answers: int | None = None,
    submission_key: str | None = None,
    at: datetime | None = None,
) -> Post:
    """Add a post to a thread. ``answers`` is the number of the post it answers; ``at`` is for imports.

    Numbers run 1, 2, 3 … without gap or double however many write at once: the thread's row is locked while one
    is taken. Sent twice with one ``submission_key``, the post of the first time is given back. Raises
    ThreadLocked, NotAllowed, InvalidInput naming the field (``blocked`` where the author of the answered post keeps
    ``by`` away), RateLimited.
    """
    _ask_reply(by, thread)
    submission_key = clean_submission_key(submission_key)
    member = member_for(by)
    already = already_posted(member, submission_key, body, thread=thread.pk)
    if already:
        return already
    if at is None:
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    answered = _answered(thread, answers, member, by)
    token = _token()
    written = write_post(body, series=thread.series, doc_id=token, thread=thread)
    try:
        post = _reply(thread, member, by, written, token, answered, submission_key, at)
    except IntegrityError:
        already = already_posted(member, submission_key, body, thread=thread.pk)
        if already:
            return already
        raise
    # What the writer remembers, outside of the thread's lock: others wait for that.
    watch_automatically(member=member, thread=thread, started=False)
    mark_thread_read(member=member, thread=thread, number=post.number)
    drop_sent_draft(member=member, thread=thread, submission_key=submission_key, body=written.body)
    return post


def _ask_reply(by: Any, thread: Thread) -> None:
    if policy.can_reply(by, thread):
        return
    if policy.is_member(by) and thread.locked_at and not thread.hidden_at:
        raise ThreadLocked
    raise NotAllowed


@atomic_write
def _reply(
    thread: Thread,
    member: Member,
    by: Any,
    written: Written,
    token: str,
    answered: Post | None,
    submission_key: str | None,
    at: datetime | None,
) -> Post:
    """At most nine queries: lock, post, thread, part, series, tag rows, tags, member, outbox.

    One more for the post that it answers, two for citations.
    """
    if lock_row(thread) and answered:
        answered.refresh_from_db()  # whom it answers may have another name now
    if answered and answered.is_withdrawn:
        raise InvalidInput(
            _("Post no. %(number)d was withdrawn by its author. Answer the thread instead.")
            % {"number": answered.number},
            code="post_withdrawn",
            field="answers",
        )
    _ask_reply(by, thread)  # it may have been locked since the page was read
    is_now = at is None  # of what is imported nobody is told
    at = at or timezone.now()  # under the lock: posts that wait for each other are dated as they are numbered
    thread.last_number += 1
    thread.post_count += 1
    thread.last_post_at = max(at, thread.last_post_at)
    post = _insert_post(
        thread,
        member,
        written,
        token,
        number=thread.last_number,
        answers=answered,
        submission_key=submission_key,
        at=at,
    )
    if answered:  # under the thread's lock: nobody else changes it meanwhile
        numbers = Post.objects.values_list("answer_numbers", flat=True).get(pk=answered.pk)
        Post.objects.filter(pk=answered.pk).update(answer_numbers=[*numbers, post.number])
    Thread.objects.filter(pk=thread.pk).update(
        last_number=thread.last_number,
        post_count=thread.post_count,
        last_post_at=thread.last_post_at,
        row_html=thread_row(thread),
        version=F("version") + 1,
    )
    counted = 0 if thread.hidden_at else 1  # what moderators say in a hidden thread counts once it is shown
    Part.objects.filter(pk=thread.part_id).update(
        post_count=F("post_count") + counted, last_activity_at=_latest(at), version=F("version") + 1
    )
    Series.objects.filter(pk=thread.series_id).update(
        post_count=F("post_count") + counted, last_activity_at=_latest(at), version=F("version") + 1
    )
    if ThreadTag.objects.filter(content_object=thread.pk).update(last_activity_at=thread.last_post_at):
        versions.raise_tags_of(thread.pk)
    is_shown_right = not sync_post_citations(post, written, is_new=True)
    # A new name is put into the posts that are there: where one came meanwhile, this one was not among them yet.
    names = {"username": member.username, "display_name": member.display_name}
    if not Member.objects.filter(pk=member.pk, **names).update(post_count=F("post_count") + counted):
        Member.objects.filter(pk=member.pk).update(post_count=F("post_count") + counted)
        member.refresh_from_db()
        is_shown_right = False
    if not is_shown_right:
        render_post_again(post)
    if is_now:
        outbox.note("posted", key=str(post.pk), post=post.pk, thread=thread.pk, by=member.pk)
    transaction.on_commit(lambda: post_created.send(Post, post=post, by=member))
    return post


def _insert_post(
    thread: Thread,
    member: Member,
    written: Written,
    token: str,
    *,
    number: int,
    answers: Post | None,
    submission_key: str | None,
    at: datetime,
) -> Post:
    post = Post(
        thread=thread, number=number, author=member, answers=answers, body=written.body,
        body_html=written.rendered.html.replace(token, doc_id(number)), submission_key=submission_key, created_at=at,
    )  # fmt: skip
    post.fragment = post_fragment(post)
    post.save(force_insert=True)
    return post


def _latest(at: datetime) -> Greatest:
    """``last_activity_at`` after an act at this moment: an import may bring what is older than what is there."""
    return Greatest(F("last_activity_at"), Value(at, output_field=DateTimeField()))


def _token() -> str:
    """Stands for doc_id while the number is not known yet; random, so that no text can contain it."""
    return f"t{secrets.token_hex(12)}"


def _answered(thread: Thread, number: int | None, member: Member, by: Any) -> Post | None:
    if number is None:
        return None
    blocks = Block.objects.blocking().filter(member=OuterRef("author"), other=member)
    post = (
        Post.objects.filter(thread=thread, number=number)
        .select_related("author")
        .annotate(is_blocked=Exists(blocks))
        .first()
    )
    if post is None:
        raise InvalidInput(
            _("This thread has no post no. %(number)s to answer.") % {"number": number},
            code="no_such_post",
            field="answers",
        )
    refuse_blocked(post=post, is_blocked=post.is_blocked, by=by)  # type: ignore[attr-defined]  # annotated
    return post
