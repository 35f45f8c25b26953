"""Members who want to hear of something, and what they were told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from scs_series.models import Member, Notification, OutboxItem, Post, Subscription
from scs_series.services import discussion, outbox
from tests import factories
from tests.stage import Stage, assert_counts, fresh_thread

BASE_URL = "https://series.example.org"


def listener(**fields: Any) -> Member:
    """A member with an address, who did nothing yet."""
    member = factories.make_member()
    user = member.user
    assert user is not None
    user.email = f"{member.username}@example.org"
    user.save()
    Member.objects.filter(pk=member.pk).update(**fields)
    return Member.objects.get(pk=member.pk)


def listens(stage: Stage, level: str, target: str, member: Member | None = None) -> Member:
    member = member or listener()
    targets = {"thread": stage.thread, "part": stage.part, "tag": stage.tag, "series": stage.series}
    Subscription.objects.create(member=member, level=level, **{target: targets[target]})
    return member


def told(member: Member) -> list[tuple[str, int]]:
    """What a member was told, and how often, oldest first."""
    return list(Notification.objects.filter(member=member).order_by("pk").values_list("kind", "count"))


def mailed(member: Member) -> int:
    return OutboxItem.objects.filter(member=member, kind=OutboxItem.Kind.MAIL).count()


def tell() -> None:
    """What was noted is told; mail stays in the outbox."""
    fan_outs = OutboxItem.objects.exclude(kind=OutboxItem.Kind.FAN_OUT)
    fan_outs.update(due_at=timezone.now() + timedelta(days=400))
    outbox.work_off()
    assert_counts()


def reply(stage: Stage, body: str = "An answer.", *, by: Any = None, **fields: Any) -> Post:
    return discussion.reply(
        thread=fresh_thread(stage.thread), by=by or factories.make_user(), body=body, **fields
    )
