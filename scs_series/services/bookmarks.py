"""Bookmarks: posts and parts that a member wants to find again, each with a note of their own."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Bookmark, Member, Part, Post, member_of
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.members import member_for
from scs_series.services.transactions import atomic_write

NOTE_MAX_LENGTH = 500


def save_bookmark(*, target: Post | Part, by: Any, note: str | None = None) -> Bookmark:
    """Mark a post or a part, or change the note on it. Without a note (None), the one that is there stays.

    Raises NotAllowed for visitors and for what ``by`` may not see, InvalidInput (field ``note``), RateLimited.
    """
    if not policy.can_bookmark(by):
        raise NotAllowed
    if note is not None:
        note = clean_note(note)
    rows: Any = type(target).objects
    if not rows.visible_to(by).filter(pk=target.pk).exists():
        raise NotAllowed
    member = member_for(by)
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    return _save(member, {str(target._meta.model_name): target}, note)


def change_note(*, bookmark: Bookmark, note: str, by: Any) -> Bookmark:
    """Write another note on one's own bookmark, whether or not what it marks can still be seen.

    Raises NotAllowed for who did not make it, InvalidInput (field ``note``), RateLimited.
    """
    member = _owner(bookmark, by)
    note = clean_note(note)
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    Bookmark.objects.filter(pk=bookmark.pk).update(note=note)
    bookmark.note = note
    return bookmark


def clean_note(note: str) -> str:
    """Raises InvalidInput (field ``note``) for one that is too long."""
    note = note.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(note) > NOTE_MAX_LENGTH:
        raise InvalidInput(
            _("Use at most %(most)d characters; this has %(has)d.")
            % {"most": NOTE_MAX_LENGTH, "has": len(note)},
            code="note_too_long",
            field="note",
        )
    return note


@atomic_write
def _save(member: Member, target: dict[str, Any], note: str | None) -> Bookmark:
    bookmark, is_new = Bookmark.objects.get_or_create(member=member, **target, defaults={"note": note or ""})
    if not is_new and note is not None and bookmark.note != note:
        bookmark.note = note
        bookmark.save(update_fields=["note"])
    return bookmark


def remove_bookmark(*, bookmark: Bookmark, by: Any) -> bool:
    """Take one's own bookmark away. True if it was there; raises NotAllowed for who did not make it, RateLimited."""
    member = _owner(bookmark, by)
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    deleted, _rows = Bookmark.objects.filter(pk=bookmark.pk).delete()
    return bool(deleted)


def _owner(bookmark: Bookmark, by: Any) -> Member:
    member = member_of(by)
    if member is None or not policy.can_bookmark(by) or bookmark.member_id != member.pk:
        raise NotAllowed
    return member
