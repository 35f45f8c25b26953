"""The digest: what a member was told since the last one and has not read."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scs_series.conf import app_settings
from scs_series.models import MailPace, Member, Notification, OutboxItem
from scs_series.services.mail.messages import absolute, compose, line, message_id
from scs_series.services.mail.noting import note_digest
from scs_series.services.notifications.wording import address, details, names_of, sentence

_MOST = 50


def digest_for(item: OutboxItem, member: Member) -> EmailMultiAlternatives | None:
    """A digest; None where all was read, or the member wants none of this pace any more."""
    if member.mail_pace != item.payload["pace"]:
        note_digest(member)
        return None
    made_at = timezone.now()
    unread = (
        Notification.objects.unread().visible_to(member.user).filter(member=member, updated_at__gt=_since(item, member))
    )  # fmt: skip
    shown = list(
        unread.for_list()
        .order_by("-updated_at", "-id")[: _MOST + 1]
    )  # fmt: skip
    if not shown:
        return None
    count = len(shown) if len(shown) <= _MOST else unread.count()
    shown = shown[:_MOST]
    # What is told from here on belongs to the next digest, however long the mail server takes.
    OutboxItem.objects.filter(pk=item.pk).update(payload={**item.payload, "made_at": made_at.isoformat()})
    names = names_of(shown)
    weekly = member.mail_pace == MailPace.WEEKLY
    subject = ngettext("%(n)d new since the last mail", "%(n)d new since the last mail", count) % {"n": count}
    return compose(
        member,
        subject=f"{app_settings.SITE_NAME}: {subject}",
        headers={"Message-ID": message_id(item.key.rpartition(":")[0], member)},
        list_name="digest",
        because={},
        template="digest",
        context={
            "told": [
                {"sentence": line(sentence(one, names)), "details": line(details(one, names)), "url": absolute(address(one))}
                for one in shown
            ],
            "more": count - len(shown),
            "ends": _("No more mail"),
            "why": _("You get this once a week.") if weekly else _("You get this once a day."),
        },
    )  # fmt: skip


def _since(item: OutboxItem, member: Member) -> datetime:
    """When the last digest was made; what was told before that stood in it."""
    last = (
        OutboxItem.objects.filter(member=member, kind=OutboxItem.Kind.DIGEST, status=OutboxItem.Status.DONE)
        .exclude(pk=item.pk).order_by("-done_at").first()
    )  # fmt: skip
    oldest = timezone.now() - timedelta(days=app_settings.OUTBOX_KEEP_DAYS)
    if last is None or last.done_at is None:
        return oldest
    made_at = last.payload.get("made_at")  # none where there was nothing to send
    return max(oldest, datetime.fromisoformat(made_at) if made_at else last.done_at)


__all__ = ["digest_for"]
