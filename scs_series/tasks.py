"""Background work: one task, and when it is asked for.

What is to be done stands in the outbox; the task only has somebody look there. It may run anywhere, twice, or never: the
next one does what it left.

With a backend that has workers of its own, the task is enqueued when what it is to do is committed. With Django's
default, which runs a task where it is enqueued, it runs in a thread of its own in the process that serves, begun once
the answer was sent: nobody waits for a mail server. A process that serves nobody (a command, a script) does it there
and then.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from importlib import import_module
from typing import Any

import django
from django.db import connections

from scs_series.services import outbox

# The same interface, of Django itself from version 6 on. By name, for no checker of types knows both.
_interface = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"
task: Any = import_module(_interface).task
ImmediateBackend: type = import_module(f"{_interface}.backends.immediate").ImmediateBackend

logger = logging.getLogger("scs_series.outbox")

#: How long one task keeps a worker from others before it steps back.
SECONDS = 30
#: How often a process that serves looks by itself: for what failed, what has its time, what another process left.
LOOK_EVERY = 60


@task()  # type: ignore[untyped-decorator]
def work_off_outbox() -> dict[str, int]:
    """Do what is due in the outbox; what is left after a while is another task's."""
    is_thread = threading.current_thread() is _thread.thread
    done = outbox.work_off(
        seconds=None if is_thread else SECONDS,
        stops=lambda: is_thread and not threading.main_thread().is_alive(),  # the server is shutting down
    )
    if done.is_more and not runs_in_process():
        work_off_outbox.enqueue()
    return {"told": done.told, "sent": done.sent, "skipped": done.skipped, "failed": done.failed}


def runs_in_process() -> bool:
    """Whether the host's backend runs a task where it is enqueued."""
    return isinstance(work_off_outbox.get_backend(), ImmediateBackend)


def enqueue() -> None:
    """Ask for the task. Never raises: whoever wrote something has written it, and the outbox is looked at again."""
    try:
        work_off_outbox.enqueue()
    except Exception:
        logger.exception("Outbox: the task could not be enqueued")


class _Thread:
    """At most one thread in a process: asked while it runs, it looks once more before it ends."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_asked = False
        self._process = 0

    def ask(self) -> None:
        with self._lock:
            self._is_asked = True
            if self._process == os.getpid() and self.thread is not None and self.thread.is_alive():
                return
            self._process = os.getpid()
            # Not a daemon: a process that ends lets it finish the mail at hand, which else might be sent twice.
            self.thread = threading.Thread(target=self._run, name="scs-outbox")
            self.thread.start()

    def _run(self) -> None:
        try:
            while self._takes():
                enqueue()
        finally:
            connections.close_all()

    def _takes(self) -> bool:
        """Whether it was asked since the last look. Where not, the next to ask begins another thread."""
        with self._lock:
            is_asked, self._is_asked = self._is_asked, False
            if not is_asked:
                self.thread = None
            return is_asked


_thread = _Thread()


class _Serving:
    """What this process knows of the requests that it serves."""

    def __init__(self) -> None:
        self.is_on = False
        self.looked_at = -float(LOOK_EVERY)
        self.here = threading.local()


_serving = _Serving()


def request_began(**kwargs: Any) -> None:
    """Receiver of request_started."""
    _serving.is_on = True
    _serving.here.is_in_request = True


def request_ended(**kwargs: Any) -> None:
    """Receiver of request_finished, which is sent when the answer is out."""
    here = _serving.here
    here.is_in_request = False
    was_noted, here.was_noted = getattr(here, "was_noted", False), False
    if (was_noted or time.monotonic() - _serving.looked_at >= LOOK_EVERY) and runs_in_process():
        _serving.looked_at = time.monotonic()
        _thread.ask()


def outbox_noted(**kwargs: Any) -> None:
    """Receiver of services.outbox.noted: something is to be done, and committed."""
    if not runs_in_process() or not _serving.is_on:
        enqueue()
    elif getattr(_serving.here, "is_in_request", False):
        _serving.here.was_noted = True
    else:  # another thread of a process that serves
        _thread.ask()


__all__ = ["enqueue", "outbox_noted", "request_began", "request_ended", "runs_in_process", "work_off_outbox"]
