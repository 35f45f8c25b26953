"""Writing what is to be done into the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from scs_series.models import OutboxItem

#: Sent after the commit that left something to do at once; scs_series.tasks then has it done.
noted = Signal()


def note(event: str, *, key: str, due_at: datetime | None = None, **payload: Any) -> None:
    """Note that something happened of which members may want to be told. Call it within the transaction that did it.

    ``event``: "posted", "edited", "reacted", "accepted", "resolved", "part_published". ``key`` names this one happening:
    noted twice, it is told once. ``payload`` holds keys of rows, by name (``post``, ``thread``, ``by`` …), as JSON can.
    ``due_at``: not before (now).
    """
    add_items(
        [
            OutboxItem(
                kind=OutboxItem.Kind.FAN_OUT,
                key=fan_out_key(event, key),
                payload={"event": event, **payload},
                due_at=due_at or timezone.now(),
            )
        ]
    )
    if due_at is None or due_at <= timezone.now():
        nudge_after_commit()


def renote(event: str, *, key: str, due_at: datetime, **payload: Any) -> None:
    """Note what may have been noted before and is to be told at another time: of what was told already, nothing is."""
    moved = OutboxItem.objects.filter(key=fan_out_key(event, key)).exclude(status=OutboxItem.Status.DONE)
    if moved.update(
        due_at=due_at, payload={"event": event, **payload}, status=OutboxItem.Status.DUE, attempts=0
    ):
        if due_at <= timezone.now():
            nudge_after_commit()
    else:
        note(event, key=key, due_at=due_at, **payload)


def take_back(event: str, *, key: str) -> None:
    """What was noted is not so any more: it is not told, unless that was done already."""
    OutboxItem.objects.filter(key=fan_out_key(event, key), status=OutboxItem.Status.DUE).delete()


def fan_out_key(event: str, key: str) -> str:
    return f"{event}:{key}"


def add_items(items: list[OutboxItem]) -> None:
    """Write rows; what is there already under a row's key stays as it is."""
    OutboxItem.objects.bulk_create(items, ignore_conflicts=True)


def nudge_after_commit() -> None:
    """Have the outbox looked at once this transaction is committed."""
    transaction.on_commit(_announce)


def _announce() -> None:
    noted.send_robust(OutboxItem)
