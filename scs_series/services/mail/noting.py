"""Which mail is to be sent, and when: rows of the outbox, one to an event and member, one digest to a period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from scs_series.conf import app_settings
from scs_series.models import MailPace, Member, OutboxItem
from scs_series.services.outbox.noting import add_items

if TYPE_CHECKING:
    from scs_series.services.notifications.audience import Wish
    from scs_series.services.notifications.happenings import Happening


def note(happening: Happening, told: Iterable[tuple[Member, Wish]], key: str, now: datetime) -> None:
    """Write the mail that members get of what they were just told. ``key`` names the event.

    None where nobody would know where the links lead (SCS_SERIES["BASE_URL"]).
    """
    if not app_settings.BASE_URL:
        return
    items = []
    for member, wish in told:
        if not address_of(member):
            continue
        if member.mail_pace == MailPace.AT_ONCE and wish.by_mail:
            payload = {
                "kind": wish.kind.value,
                "group": happening.group(wish.kind),
                "number": happening.number,
                "by": happening.actor,
                "thread": happening.thread.pk if happening.thread else None,
                "post": happening.post.pk if happening.post else None,
                "part": None if happening.thread else happening.part.pk,
                "because": wish.because,
            }
            items.append(
                OutboxItem(
                    kind=OutboxItem.Kind.MAIL,
                    key=f"mail:{key}:{member.pk}",
                    member=member,
                    payload=payload,
                    due_at=now,
                    created_at=now,
                )
            )
        elif member.mail_pace in (MailPace.DAILY, MailPace.WEEKLY):
            items.append(_digest(member, now))
    add_items(items)


def note_digest(member: Member) -> None:
    """Have a member's next digest sent: they changed how often they want one."""
    if app_settings.BASE_URL and member.mail_pace in (MailPace.DAILY, MailPace.WEEKLY):
        add_items([_digest(member, timezone.now())])


def _digest(member: Member, now: datetime) -> OutboxItem:
    due_at = next_digest(member.mail_pace, now)
    day = due_at.astimezone(timezone.get_default_timezone()).date()
    return OutboxItem(
        kind=OutboxItem.Kind.DIGEST, key=f"digest:{member.mail_pace}:{day.isoformat()}:{member.pk}", member=member,
        payload={"pace": str(member.mail_pace), "day": day.isoformat()}, due_at=due_at, created_at=now,
    )  # fmt: skip


def next_digest(pace: str, now: datetime) -> datetime:
    """The next moment at which digests of this pace are sent: an hour of the day in TIME_ZONE, whatever the season."""
    zone = timezone.get_default_timezone()
    here = now.astimezone(zone)
    day = here.date()
    if pace == MailPace.WEEKLY:
        day += timedelta(days=(app_settings.DIGEST_WEEKDAY - day.weekday()) % 7)
    at = datetime.combine(day, time(app_settings.DIGEST_HOUR), tzinfo=zone)
    while at <= here:
        day += timedelta(days=7 if pace == MailPace.WEEKLY else 1)
        at = datetime.combine(day, time(app_settings.DIGEST_HOUR), tzinfo=zone)
    return at


def address_of(member: Member) -> str:
    """Where the host's user is written to; empty for none."""
    user: Any = member.user
    if user is None or not user.is_active:
        return ""
    return str(getattr(user, user.get_email_field_name(), "") or "").strip()
