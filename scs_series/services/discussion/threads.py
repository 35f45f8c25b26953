"""A thread as it stands: its title, kind and tags; pinned, locked, hidden."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed, StaleEdit
from scs_series.models import Member, Part, Post, Series, SourceLink, Tag, Thread, ThreadTag
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services import versions
from scs_series.services.discussion.checking import REASON_MAX_LENGTH, clean_title
from scs_series.services.discussion.resolving import count_accepted, follow_kind
from scs_series.services.discussion.state import lock_row, save_state
from scs_series.services.members import member_for
from scs_series.services.sources import recount_sources
from scs_series.services.tagging import recount_tags, set_thread_tags, tags_named
from scs_series.services.transactions import atomic_write
from scs_series.signals import (
    thread_changed,
)


def thread_in_words(title: str, kind: str, tags: Iterable[str]) -> str:
    """What edit_thread changes, a line each, so that two states can be compared as texts are."""
    kinds = dict(Thread.Kind.choices)
    lines = (_("Title"), title), (_("Kind"), kinds.get(kind, kind)), (_("Tags"), ", ".join(tags))
    return "\n\n".join(f"{name}: {value}" for name, value in lines)


@atomic_write
def edit_thread(
    *,
    thread: Thread,
    by: Any,
    title: str | None = None,
    kind: str | None = None,
    tags: Iterable[str] | None = None,
    expected_revision: int | None = None,
) -> Thread:
    """Change a thread's title, kind or tags; None leaves one as it is.

    ``expected_revision`` is the revision the editor saw: where it is not the one in force, StaleEdit carries both
    states in words (``thread_in_words``) and nothing is written. Raises NotAllowed, InvalidInput.
    """
    lock_row(thread)
    if not policy.can_edit_thread(by, thread):  # asked of the thread as it is now: it may have been locked
        raise NotAllowed
    member = member_for(by)
    if thread.author_id == member.pk:
        count_or_refuse("post", member.pk, app_settings.POST_RATE)
    if expected_revision is not None and expected_revision != thread.revision_number:
        in_force = [tag.name for tag in thread.tags.all()]
        raise StaleEdit(
            current=thread_in_words(thread.title, thread.kind, in_force),
            yours=thread_in_words(
                thread.title if title is None else title,
                thread.kind if kind is None else kind,
                in_force if tags is None else tags,
            ),
            current_revision=thread.revision_number,
        )
    before = thread.title, thread.kind
    if title is not None:
        thread.title = clean_title(title)
    if kind is not None:
        if kind not in Thread.Kind.values:
            raise InvalidInput(_("Choose what the thread is for."), code="bad_kind", field="kind")
        if kind != thread.kind and thread.is_decided and not policy.can_resolve_thread(by, thread):
            # Else whoever proposed it could take the decision out of sight.
            raise InvalidInput(
                _("This was decided. Ask an editor to open it again before it becomes something else."),
                code="kind_decided",
                field="kind",
            )
        thread.kind = kind
    chosen: list[Tag] | None = None if tags is None else tags_named(tags, by=by)
    retagged = chosen is not None and set_thread_tags(thread, chosen)
    if not retagged and (thread.title, thread.kind) == before:
        return thread
    thread.revision_number += 1
    resolution = follow_kind(thread, before[1]) if thread.kind != before[1] else ()
    save_state(thread, "title", "kind", "revision_number", *resolution)
    if resolution:
        count_accepted(thread, thread.accepted_number)
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    _say_changed(thread, member, "edited")
    return thread


def _say_changed(thread: Thread, member: Member, change: str) -> None:
    transaction.on_commit(lambda: thread_changed.send(Thread, thread=thread, by=member, change=change))


def _change_state(
    thread: Thread, by: Any, allowed: Callable[[Any, Thread], bool], change: str, **fields: Any
) -> bool:
    """Set a nullable time and its company. Where the state already holds nothing happens: False.

    A time given as a function is asked under the lock, so that nothing written before it bears a later one.
    """
    if not allowed(by, thread):
        raise NotAllowed
    member = member_for(by)
    time_field, on = next((name, value) for name, value in fields.items() if name.endswith("_at"))
    lock_row(thread)
    if bool(getattr(thread, time_field)) == bool(on):
        return False
    for name, value in fields.items():
        setattr(thread, name, member if value == "by" else value() if callable(value) else value)
    save_state(thread, *fields)
    versions.raise_thread(thread.pk, thread.part_id, thread.series_id)
    _say_changed(thread, member, change)
    return True


@atomic_write
def pin_thread(*, thread: Thread, by: Any, at: datetime | None = None) -> bool:
    """Keep a thread at the head of its part's list. True if that changed anything; raises NotAllowed."""
    return _change_state(
        thread, by, policy.can_pin_thread, "pinned", pinned_at=at or timezone.now, pinned_by="by"
    )


@atomic_write
def unpin_thread(*, thread: Thread, by: Any) -> bool:
    """Undo pin_thread."""
    return _change_state(thread, by, policy.can_pin_thread, "unpinned", pinned_at=None, pinned_by=None)


@atomic_write
def lock_thread(*, thread: Thread, by: Any, reason: str = "", at: datetime | None = None) -> bool:
    """Close a thread to answers and to its authors' edits. True if that changed anything; raises NotAllowed."""
    return _change_state(
        thread, by, policy.can_lock_thread, "locked",
        locked_at=at or timezone.now, locked_by="by", locked_reason=reason[:REASON_MAX_LENGTH],
    )  # fmt: skip


@atomic_write
def unlock_thread(*, thread: Thread, by: Any) -> bool:
    """Undo lock_thread."""
    return _change_state(
        thread, by, policy.can_lock_thread, "unlocked", locked_at=None, locked_by=None, locked_reason=""
    )


@atomic_write
def hide_thread(*, thread: Thread, by: Any, reason: str = "", at: datetime | None = None) -> bool:
    """Take a thread out of every page; nothing is removed. True if that changed anything; raises NotAllowed."""
    changed = _change_state(
        thread, by, policy.can_hide_thread, "hidden",
        hidden_at=at or timezone.now, hidden_by="by", hidden_reason=reason[:REASON_MAX_LENGTH],
    )  # fmt: skip
    if changed:
        _count_thread(thread, -1)
    return changed


@atomic_write
def unhide_thread(*, thread: Thread, by: Any) -> bool:
    """Undo hide_thread."""
    changed = _change_state(
        thread, by, policy.can_hide_thread, "unhidden", hidden_at=None, hidden_by=None, hidden_reason=""
    )
    if changed:
        _count_thread(thread, 1)
    return changed


def _count_thread(thread: Thread, sign: int) -> None:
    """A thread with all its posts leaves (-1) or enters (+1) every count."""
    for model, pk in ((Part, thread.part_id), (Series, thread.series_id)):
        model.objects.filter(pk=pk).update(
            thread_count=F("thread_count") + sign, post_count=F("post_count") + sign * thread.post_count
        )
    recount_tags(ThreadTag.objects.filter(content_object=thread).values_list("tag_id", flat=True))
    Member.objects.filter(pk=thread.author_id).update(thread_count=F("thread_count") + sign)
    from scs_series.services.counts import recount_members

    authors = Post.objects.filter(thread=thread).order_by().values_list("author_id", flat=True).distinct()
    recount_members(list(authors))
    recount_sources(set(SourceLink.objects.filter(post__thread=thread).values_list("source_id", flat=True)))
