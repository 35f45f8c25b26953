"""Notifications that a member has read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from scs_series.exceptions import NotAllowed
from scs_series.models import Member, Notification, Thread, member_of
from scs_series.policies import policy
from scs_series.services.transactions import atomic_write

Kind = Notification.Kind
#: What is known to whoever reads a thread as far; a reaction or a decision is not seen by reading on.
_KNOWN_BY_READING = (Kind.POST, Kind.THREAD, Kind.ANSWER, Kind.MENTION)


@atomic_write
def mark_read(*, notification: Notification, by: Any) -> bool:
    """Note that its member has read a notification. True if that changed anything; raises NotAllowed."""
    if not policy.can_read_notification(by, notification):
        raise NotAllowed
    return bool(_mark(notification.member_id, Notification.objects.filter(pk=notification.pk)))


@atomic_write
def mark_all_read(*, by: Any, until: datetime | None = None) -> int:
    """Mark all of a member's notifications as read: how many. ``until``: only what they could see at that moment.

    Raises NotAllowed.
    """
    if not policy.can_have_notifications(by):
        raise NotAllowed
    member = member_of(by)
    if member is None:
        return 0
    mine = Notification.objects.filter(member=member)
    return _mark(member.pk, mine.filter(updated_at__lte=until) if until else mine)


@atomic_write
def mark_read_up_to(*, member: Member, thread: Thread, number: int) -> None:
    """Mark what was told of a thread's posts as read, for a member who has read it up to this number."""
    if member.unread_count:
        _mark(
            member.pk,
            Notification.objects.filter(
                member=member, thread=thread, last_number__lte=number, kind__in=_KNOWN_BY_READING
            ),
        )


def _mark(member: int, notifications: QuerySet[Notification]) -> int:
    """Rows of notifications before the member's, as where members are told."""
    marked = notifications.filter(read_at=None).update(read_at=timezone.now())
    if marked:
        Member.objects.filter(pk=member).update(
            unread_count=Greatest(F("unread_count") - Value(marked), Value(0))
        )
    return marked
