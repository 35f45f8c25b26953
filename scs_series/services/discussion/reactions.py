"""Reactions: a member's answer to a post in one word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, SeriesError, ThreadLocked
from scs_series.models import Member, Post, Reaction, Thread
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services import outbox
from scs_series.services.discussion.state import lock_row
from scs_series.services.members import member_for
from scs_series.services.transactions import atomic_write

#: What the words are called that come with the app, so that translators find them.
_LABELS = (gettext_noop("Agree"), gettext_noop("Thanks"), gettext_noop("Insightful"))


def reaction_words() -> dict[str, str]:
    """What may be said, and what it is called in the reader's language, in the host's order."""
    return {word: _(str(label)) for word, label in app_settings.REACTIONS.items()}


def shown_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """How many said which word, in the host's order; what it has no word for any more is kept and not shown."""
    return {word: counts[word] for word in app_settings.REACTIONS if counts.get(word)}


def react(*, post: Post, by: Any, word: str, at: datetime | None = None) -> bool:
    """Say a word on a post. True if that changed anything. ``at`` is for imports (default: now).

    Raises InvalidInput (field ``word``: ``unknown_reaction``), ThreadLocked, NotAllowed, RateLimited.
    """
    if word not in app_settings.REACTIONS:
        raise InvalidInput(
            _("Choose one of: %(choices)s.") % {"choices": ", ".join(app_settings.REACTIONS) or "–"},
            code="unknown_reaction",
            field="word",
        )
    _ask(by, post)
    member = member_for(by)
    if at is None:
        count_or_refuse("reaction", member.pk, app_settings.REACTION_RATE)
    return _say(post, by, member, word, at)


def unreact(*, post: Post, by: Any, word: str) -> bool:
    """Take one's own word back: always possible, also where nothing new may be said. True if that changed anything.

    Raises NotAllowed for visitors, RateLimited.
    """
    if not policy.is_member(by):
        raise NotAllowed
    member = member_for(by)
    count_or_refuse("reaction", member.pk, app_settings.REACTION_RATE)
    return _take_back(post, member, word)


def _ask(by: Any, post: Post) -> None:
    if not policy.can_react(by, post):
        raise _refusal(by, post)


def _refusal(by: Any, post: Post) -> SeriesError:
    if policy.is_member(by) and post.thread.locked_at:
        return ThreadLocked()
    if policy.is_kept_away(by, post.author_id):
        return NotAllowed(_("Whoever wrote this does not want to hear from you."))
    return NotAllowed()


@atomic_write
def _say(post: Post, by: Any, member: Member, word: str, at: datetime | None) -> bool:
    counts = _hold(post)
    _ask(by, post)  # it may have been hidden, or its thread locked, since it was read
    if Reaction.objects.filter(post=post, member=member, word=word).exists():
        return False
    reaction = Reaction.objects.create(post=post, member=member, word=word, created_at=at or timezone.now())
    counts[word] = counts.get(word, 0) + 1
    _store(post, counts, 1)
    if at is None:
        outbox.note(
            "reacted", key=str(reaction.pk), post=post.pk, thread=post.thread_id, by=member.pk, word=word
        )
    return True


@atomic_write
def _take_back(post: Post, member: Member, word: str) -> bool:
    counts = _hold(post)
    gone, _rows = Reaction.objects.filter(post=post, member=member, word=word).delete()
    if not gone:
        return False
    counts[word] = counts.get(word, 0) - 1
    _store(post, counts, -1)
    return True


def _hold(post: Post) -> dict[str, int]:
    """Lock the thread, then the post; bring what a rule asks of the post up to date, and give its counts."""
    lock_row(post.thread)
    now = Post.objects.select_for_update().only("status", "reaction_counts").get(pk=post.pk)
    post.status = now.status
    return dict(now.reaction_counts)


def _store(post: Post, counts: Mapping[str, int], change: int) -> None:
    """Nothing but the thread's own page shows reactions: no list is raised by them."""
    post.reaction_counts = {word: count for word, count in counts.items() if count > 0}
    Post.objects.filter(pk=post.pk).update(reaction_counts=post.reaction_counts)
    Thread.objects.filter(pk=post.thread_id).update(version=F("version") + 1)
    Member.objects.filter(pk=post.author_id).update(reaction_count=F("reaction_count") + change)
