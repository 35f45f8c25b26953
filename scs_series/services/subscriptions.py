"""Subscriptions: what members watch, follow and mute."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Member, Part, Series, Subscription, Tag, Thread, member_of
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.members import member_for
from scs_series.services.transactions import atomic_write

#: What can be subscribed to.
Target = Thread | Part | Tag | Series


def subscribe(*, target: Target, level: str, by: Any) -> Subscription:
    """Watch, follow or mute a thread, part, tag or series; said again, it stays as it is.

    Raises NotAllowed for visitors and for what ``by`` may not see, InvalidInput (field ``level``), RateLimited.
    """
    if not policy.can_subscribe(by):
        raise NotAllowed
    if level not in Subscription.Level.values:
        raise InvalidInput(_("Choose watch, follow or mute."), code="bad_level", field="level")
    rows: Any = type(target).objects
    if not rows.visible_to(by).filter(pk=target.pk).exists():
        raise NotAllowed
    member = member_for(by)
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    return _subscribe(member, target, level)


@atomic_write
def _subscribe(member: Member, target: Target, level: str) -> Subscription:
    subscription, is_new = Subscription.objects.get_or_create(
        member=member, **_column(target), defaults={"level": level}
    )
    if not is_new and (subscription.level != level or subscription.is_automatic):
        subscription.level, subscription.is_automatic = level, False  # said by the member now
        subscription.save(update_fields=["level", "is_automatic"])
    return subscription


def unsubscribe(*, target: Target, by: Any) -> bool:
    """Neither watch, follow nor mute it any more, whether or not it can still be seen. True if that changed anything.

    Raises NotAllowed for visitors, RateLimited.
    """
    if not policy.can_subscribe(by):
        raise NotAllowed
    member = member_of(by)
    if member is None:
        return False
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    deleted, _rows = Subscription.objects.filter(member=member, **_column(target)).delete()
    return bool(deleted)


def _column(target: Target) -> dict[str, Target]:
    return {str(target._meta.model_name): target}


def watch_automatically(*, member: Member, thread: Thread, started: bool) -> None:
    """Watch a thread that the member started or answered in, if they prefer that and have said nothing of it yet."""
    if member.watches_started if started else member.watches_answered:
        Subscription.objects.bulk_create(
            [Subscription(member=member, thread=thread, level=Subscription.Level.WATCH, is_automatic=True)],
            ignore_conflicts=True,
        )
