"""The outbox: what is to be done after a write, noted in the write's own transaction."""

from __future__ import annotations

from typing import Any

from scs_series.models import OutboxItem


def note(event: str, *, key: str, **payload: Any) -> None:
    """Note that something happened of which members may want to be told. Call it within the transaction that did it.

    ``event``: "posted", "edited", "reacted", "accepted", "resolved", "part_published". ``key`` names this one happening:
    noted twice, it is told once. ``payload`` holds keys of rows, by name (``post``, ``thread``, ``by`` …), as JSON can.
    """
    OutboxItem.objects.bulk_create(
        [OutboxItem(kind=OutboxItem.Kind.FAN_OUT, key=f"{event}:{key}", payload={"event": event, **payload})],
        ignore_conflicts=True,
    )
