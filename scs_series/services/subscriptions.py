"""Subscriptions: what members watch, follow and mute."""

from __future__ import annotations

from scs_series.models import Member, Subscription, Thread


def watch_automatically(*, member: Member, thread: Thread, started: bool) -> None:
    """Watch a thread that the member started or answered in, if they prefer that and have said nothing of it yet."""
    if member.watches_started if started else member.watches_answered:
        Subscription.objects.bulk_create(
            [Subscription(member=member, thread=thread, level=Subscription.Level.WATCH, is_automatic=True)],
            ignore_conflicts=True,
        )
