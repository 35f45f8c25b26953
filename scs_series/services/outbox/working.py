"""Working off what is due: by a task, by a command, by several of both at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from scs_series.conf import app_settings
from scs_series.models import OutboxItem
from scs_series.services import mail
from scs_series.services.notifications import fan_out
from scs_series.services.outbox import claims

logger = logging.getLogger("scs_series.outbox")

#: How often one process looks for rows that are old enough to be deleted.
_FORGET_EVERY = 3_600
#: Two events for one member that are told at the same moment: the second sees what the first wrote, and adds to it.
_TRIES = 8


@dataclass
class Done:
    """What was done: members told, mails sent and skipped (read or not wanted any more), rows that failed.

    ``is_more``: the time was over before nothing was due.
    """

    told: int = 0
    sent: int = 0
    skipped: int = 0
    failed: int = 0
    is_more: bool = False

    def __bool__(self) -> bool:
        return bool(self.told or self.sent or self.skipped or self.failed)


def work_off(
    *,
    seconds: float | None = None,
    progress: Callable[[Done], None] = lambda done: None,
    stops: Callable[[], bool] = lambda: False,
) -> Done:
    """Do what is due until nothing is, ``seconds`` are over, or ``stops`` says so. May run anywhere, any number at once.

    Telling goes before mail, so that a slow mail server delays nobody's page. ``progress`` is called after each batch.
    Raises only what the database raises: what goes wrong with one row is noted there.
    """
    done = Done()
    ends_at = None if seconds is None else time.monotonic() + seconds

    def is_over() -> bool:
        return stops() or (ends_at is not None and time.monotonic() >= ends_at)

    while not is_over():
        if not (_tell(done, is_over, progress) or _send(done, is_over, progress)):
            break
    else:
        done.is_more = claims.due(timezone.now()).exists()
    _forgetting.now_and_then()
    return done


def _tell(done: Done, is_over: Callable[[], bool], progress: Callable[[Done], None]) -> bool:
    """Tell of one happening, batch by batch. False where there is none due."""
    items = claims.claim([OutboxItem.Kind.FAN_OUT], 1)
    if not items:
        return False
    item = items[0]
    if not claims.begin(item):
        return True
    try:
        while True:
            batch = _tell_once(item)
            if batch is None:  # another worker has it
                return True
            done.told += batch.told
            progress(done)
            if batch.is_last:
                return True
            if is_over():
                claims.release([item], begun=True)
                return True
            if not claims.renew(item):
                return True
    except Exception as error:
        logger.exception("Outbox: %s failed", item.key)
        claims.fail(item, error)
        done.failed += 1
    return True


def _tell_once(item: OutboxItem) -> fan_out.Batch | None:
    for attempt in range(_TRIES):
        try:
            return fan_out.tell_batch(item)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.01 * 2**attempt)
    raise AssertionError("unreachable")


def _send(done: Done, is_over: Callable[[], bool], progress: Callable[[Done], None]) -> bool:
    """Send one batch of mails over one connection. False where none is due, or the server cannot be reached."""
    items = claims.claim([OutboxItem.Kind.MAIL, OutboxItem.Kind.DIGEST], app_settings.OUTBOX_BATCH)
    if not items:
        return False
    with mail.Postman() as postman:
        for place, item in enumerate(items):
            if is_over():
                claims.release(items[place:])
                return True
            if not postman.is_there():
                # Nobody's fault in particular: all of them wait, and this run asks the server no more.
                for waiting in items[place:]:
                    claims.fail(waiting, postman.error, counted=False)
                    done.failed += 1
                progress(done)
                return False
            _send_one(item, postman, done)
    progress(done)
    return True


def _send_one(item: OutboxItem, postman: mail.Postman, done: Done) -> None:
    if not claims.begin(item):
        return
    try:
        message = mail.message_for(item)
        if message is not None:
            postman.send(message)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  (it is noted with the row)
        logger.warning("Outbox: %s failed: %s", item.key, error)
        claims.fail(item, error)
        done.failed += 1
        return
    # A process that is killed between the server's answer and this line sends the same message again: with the same
    # Message-ID, by which mail programs know it (docs/notifications.md).
    claims.finish(item)
    if message is None:
        done.skipped += 1
    else:
        done.sent += 1


class _Forgetting:
    """Old rows go now and then, and not with each look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -float(_FORGET_EVERY)

    def now_and_then(self) -> None:
        with self._lock:
            if time.monotonic() - self._last < _FORGET_EVERY:
                return
            self._last = time.monotonic()
        while claims.forget_done():
            pass


_forgetting = _Forgetting()
