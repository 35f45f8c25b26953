"""Drafts: what a member typed and did not send yet, kept on the server."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series import text
from scs_series.conf import app_settings
from scs_series.exceptions import AlreadySent, InvalidInput, NotAllowed, StaleDraft
from scs_series.models import Draft, Member, Part, Post, Thread
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.members import member_for
from scs_series.services.submissions import clean_submission_key
from scs_series.services.transactions import atomic_write

#: A member's drafts: one for each thread and part that there is would be a way to fill a disk.
MAX_DRAFTS = 200
_STAMP = re.compile(r"[A-Za-z0-9_-]{1,32}")


def new_stamp() -> str:
    """What a writer calls a state of a draft; nobody else comes upon it."""
    return secrets.token_urlsafe(12)


def save_draft(
    *,
    by: Any,
    body: str,
    thread: Thread | None = None,
    part: Part | None = None,
    answers: int | None = None,
    title: str = "",
    kind: str = "",
    tags: str = "",
    submission_key: str | None = None,
    stamp: str = "",
    known: Collection[str] = (),
) -> Draft | None:
    """Keep what was typed so far, of an answer in ``thread`` or of a new thread under ``part``; with no text, nothing.

    ``submission_key`` is the form's, under which the text will be sent. ``stamp`` is what the writer calls this state;
    ``known`` are the states that it was typed over, by their stamps. May be longer than what can be sent, for it will
    be shortened. Raises NotAllowed, RateLimited, InvalidInput (``too_long``, ``too_many_drafts``,
    ``bad_idempotency_key``), StaleDraft where a text is kept that the writer has not seen, AlreadySent.
    """
    if not policy.can_save_draft(by):
        raise NotAllowed
    member = member_for(by)
    count_or_refuse("draft", member.pk, app_settings.DRAFT_RATE)
    body = text.harmless(body)
    if len(body) > 4 * app_settings.POST_MAX_LENGTH:
        raise InvalidInput(
            _("This is too long to be kept as a draft: copy it to a place of your own."),
            code="too_long",
            field="body",
        )
    typed = {
        "body": body,
        "answers": answers,
        "title": text.harmless(title)[:1_000],
        "kind": kind if kind in Thread.Kind.values else "",
        "tags": text.harmless(tags)[:5_000],
    }
    return _save_draft(
        member,
        {"thread": thread, "part": part},
        typed,
        clean_submission_key(submission_key) or "",
        stamp if _STAMP.fullmatch(stamp) else new_stamp(),
        known,
    )


@atomic_write
def _save_draft(
    member: Member,
    place: dict[str, Any],
    typed: dict[str, Any],
    submission_key: str,
    stamp: str,
    known: Collection[str],
) -> Draft | None:
    # Held, as whoever sends holds it when the post is written: a save that was on its way then either is seen by the
    # sending, which drops it, or sees what was sent.
    Member.objects.select_for_update().only("pk").get(pk=member.pk)
    if submission_key:
        sent = Post.objects.filter(author=member, submission_key=submission_key).select_related("thread")
        for post in sent:
            raise AlreadySent(post)
    draft = Draft.objects.filter(member=member, **place).first()
    is_empty = not any(value.strip() for name in ("body", "title", "tags") if (value := typed[name]))
    if draft is None:
        if is_empty:
            return None
        if Draft.objects.filter(member=member).count() >= MAX_DRAFTS:
            raise InvalidInput(
                _("You have %(limit)d drafts: discard one that you do not need.") % {"limit": MAX_DRAFTS},
                code="too_many_drafts",
            )
        draft = Draft(member=member, **place)
    elif draft.stamp not in known:
        if is_empty:  # a form in which nothing was typed yet
            return draft
        if any(getattr(draft, name) != value for name, value in typed.items()):
            raise StaleDraft(draft)
    elif is_empty:
        draft.delete()
        return None
    for name, value in typed.items():
        setattr(draft, name, value)
    draft.submission_key, draft.stamp, draft.updated_at = submission_key, stamp, timezone.now()
    draft.save()
    return draft


def draft_of(
    *, member: Member | None, thread: Thread | None = None, part: Part | None = None
) -> Draft | None:
    """What a member began to write in a thread, or as a new thread under a part."""
    if member is None:
        return None
    return Draft.objects.filter(member=member, thread=thread, part=part).first()


def drop_draft(*, member: Member, thread: Thread | None = None, part: Part | None = None) -> None:
    """Forget the draft of an answer in a thread, or of a new thread under a part: it is not wanted."""
    Draft.objects.filter(member=member, thread=thread, part=part).delete()


def drop_sent_draft(
    *,
    member: Member,
    submission_key: str | None,
    body: str,
    thread: Thread | None = None,
    part: Part | None = None,
) -> None:
    """Forget the draft of what was sent. Another text, begun elsewhere in the same place, stays."""
    same = Q(body=body)
    if submission_key:
        same |= Q(submission_key=submission_key)
    Draft.objects.filter(same, member=member, thread=thread, part=part).delete()
