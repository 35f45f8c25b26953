"""Who does which row of the outbox, for how long, and what becomes of a row that failed.

A claim is the moment until which it holds: ``claimed_until``. Whoever goes on with a row does so only where that is
still the moment they wrote, so a worker that was away for too long finds its rows taken and leaves them.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import OutboxItem
from scs_series.policies import policy
from scs_series.services.outbox.noting import nudge_after_commit
from scs_series.services.transactions import atomic_write

#: How long a claim holds. Longer than any one step: a batch of members, or a mail server that does not answer.
LEASE = timedelta(minutes=5)
LONGEST_PAUSE = 86_400
_ERROR_MAX_LENGTH = 2_000


def due(now: datetime) -> models.QuerySet[OutboxItem]:
    """Rows to be done that nobody is doing."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return OutboxItem.objects.filter(free, status=OutboxItem.Status.DUE, due_at__lte=now)


@atomic_write
def claim(kinds: Collection[str], limit: int) -> list[OutboxItem]:
    """Take up to so many due rows, oldest first. Workers that come at the same moment take others."""
    now = timezone.now()
    skips = transaction.get_connection().features.has_select_for_update_skip_locked
    rows = due(now).filter(kind__in=kinds).order_by("due_at", "id")
    items = list(rows.select_for_update(skip_locked=skips)[:limit])
    if items:
        until = _until(now)
        OutboxItem.objects.filter(pk__in=[item.pk for item in items]).update(claimed_until=until)
        for item in items:
            item.claimed_until = until
    return items


def begin(item: OutboxItem) -> bool:
    """Begin with a claimed row: count the attempt before it is made, for one that kills the process counts too.

    False where it is another worker's by now, or was tried too often to be tried again.
    """
    if item.attempts >= app_settings.OUTBOX_ATTEMPTS:
        fail(item, item.last_error or _("The process ended while this was being done."), counted=True)
        return False
    until = _until(timezone.now())
    if not _held(item).update(claimed_until=until, attempts=F("attempts") + 1):
        return False
    item.claimed_until, item.attempts = until, item.attempts + 1
    return True


def renew(item: OutboxItem) -> bool:
    """Hold a row for longer. False where it is another worker's by now."""
    until = _until(timezone.now())
    if not _held(item).update(claimed_until=until):
        return False
    item.claimed_until = until
    return True


def finish(item: OutboxItem) -> bool:
    """It is done."""
    now = timezone.now()
    return bool(
        _held(item).update(status=OutboxItem.Status.DONE, done_at=now, claimed_until=None, last_error="")
    )


def release(items: Collection[OutboxItem], *, begun: bool = False) -> None:
    """Give rows back that were claimed together, and not begun or not ended: that is no failure."""
    for until in {item.claimed_until for item in items}:
        mine = OutboxItem.objects.filter(pk__in=[item.pk for item in items], claimed_until=until)
        mine.update(claimed_until=None, **({"attempts": F("attempts") - 1} if begun else {}))


def fail(item: OutboxItem, error: object, *, counted: bool = True) -> None:
    """Note what went wrong: it is tried again after a pause, twice as long each time, or given up.

    ``counted``: whether ``begin`` counted this attempt.
    """
    attempts = item.attempts + (0 if counted else 1)
    is_over = attempts >= app_settings.OUTBOX_ATTEMPTS
    _held(item).update(
        status=OutboxItem.Status.GIVEN_UP if is_over else OutboxItem.Status.DUE,
        attempts=attempts,
        due_at=timezone.now() + pause_after(attempts),
        claimed_until=None,
        last_error=_in_words(error),
    )


def pause_after(attempts: int) -> timedelta:
    """The first pause, doubled with each attempt, up to a day."""
    doubled: int = app_settings.OUTBOX_FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 20)
    return timedelta(seconds=min(doubled, LONGEST_PAUSE))


def forget_done(limit: int = 1_000) -> int:
    """Delete rows that were done long enough ago, so many at a time; how many."""
    before = timezone.now() - timedelta(days=app_settings.OUTBOX_KEEP_DAYS)
    # By the time of writing too: that has an index, from whose old end the rows are read.
    old = OutboxItem.objects.filter(
        status=OutboxItem.Status.DONE, created_at__lt=before, done_at__lt=before
    ).order_by("created_at", "id")
    keys = list(old.values_list("pk", flat=True)[:limit])
    OutboxItem.objects.filter(pk__in=keys).delete()
    return len(keys)


@atomic_write
def resend(*, item: OutboxItem, by: Any) -> bool:
    """Have a row done now: what waits or was given up, or mail that went out and was lost elsewhere.

    False where it is due already, or members were told: they are told once. Raises NotAllowed, InvalidInput
    (``being_done``).
    """
    now = _held_by_curator(item, by)
    is_waiting = now.status == OutboxItem.Status.DUE and (now.attempts or now.due_at > timezone.now())
    is_lost = now.status == OutboxItem.Status.DONE and now.kind != OutboxItem.Kind.FAN_OUT
    if not (is_waiting or is_lost or now.status == OutboxItem.Status.GIVEN_UP):
        return False
    # A fan-out goes on from its cursor; mail that was sent is sent though it was read meanwhile.
    if is_lost:
        now.payload = {**now.payload, "again": True}
    now.status, now.due_at, now.attempts, now.done_at = OutboxItem.Status.DUE, timezone.now(), 0, None
    now.claimed_until = None
    now.save(update_fields=["status", "due_at", "attempts", "done_at", "claimed_until", "payload"])
    nudge_after_commit()
    return True


@atomic_write
def give_up(*, item: OutboxItem, by: Any) -> bool:
    """Do not try a row any more. False where it is done or given up. Raises NotAllowed, InvalidInput (``being_done``)."""
    now = _held_by_curator(item, by)
    if now.status != OutboxItem.Status.DUE:
        return False
    now.status, now.claimed_until = OutboxItem.Status.GIVEN_UP, None
    now.save(update_fields=["status", "claimed_until"])
    return True


def _held_by_curator(item: OutboxItem, by: Any) -> OutboxItem:
    if not policy.can_resend(by):
        raise NotAllowed
    now = OutboxItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if now.status == OutboxItem.Status.DUE and now.claimed_until and now.claimed_until > timezone.now():
        raise InvalidInput(_("This is being done at the moment: look again later."), code="being_done")
    return now


def _held(item: OutboxItem) -> models.QuerySet[OutboxItem]:
    """The row, where it is still held by the claim that ``item`` knows."""
    return OutboxItem.objects.filter(
        pk=item.pk, status=OutboxItem.Status.DUE, claimed_until=item.claimed_until
    )


def _until(now: datetime) -> datetime:
    """When a claim ends. Two never end at one moment: it is by that moment that they know their rows."""
    return now + LEASE + timedelta(microseconds=secrets.randbelow(1_000_000))


def _in_words(error: object) -> str:
    words = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
    return words.replace("\x00", "")[:_ERROR_MAX_LENGTH]
