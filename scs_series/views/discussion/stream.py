"""The event stream of a thread: tells that there are new posts the moment they are there (server-sent events).

A stream is an answer that stays open. Under WSGI it would keep a worker, so there it is refused at once, and scripts
poll. Under ASGI one hub a process and event loop asks the database once a second for all threads that somebody listens
to, by one query, and tells its listeners the number of the last post; their scripts fetch the posts as pages show them.

A listener is looked at again (still signed in, the thread still theirs to see) when the thread is no longer everybody's,
and, where there is an account behind it, every CHECK_SECONDS.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from time import monotonic
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import close_old_connections, connections
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from scs_series.conf import app_settings
from scs_series.models import Thread
from scs_series.ratelimit import client_address
from scs_series.views.discussion.live import is_asgi
from scs_series.views.finding import find_thread, number_in
from scs_series.views.refusals import page

TICK_SECONDS = 1.0
#: Proxies close what is silent for a minute.
HEARTBEAT_SECONDS = 20.0
CHECK_SECONDS = 15.0
#: Each costs a query or three; who is left over is looked at a second later.
CHECKS_PER_TICK = 50
#: Then a browser comes again, maybe to another process: streams spread anew after a restart.
LONGEST_SECONDS = 1_800.0
#: What a browser waits before it comes again.
RETRY_MS = 5_000
BUSY_SECONDS = 60


@dataclass(eq=False)
class Listener:
    """One open stream. ``last`` is the thread's last number as it knows it; ``may_go_on`` runs in the hub's thread."""

    thread: int
    reader: str
    last: int
    has_account: bool
    may_go_on: Callable[[], bool]
    queue: asyncio.Queue[int | None] = field(default_factory=asyncio.Queue)
    checked: float = field(default_factory=monotonic)
    was_public: bool = True


#: How many streams are open in this process, of whom.
_open: Counter[str] = Counter()


def _has_room_for(reader: str) -> bool:
    return _open.total() < int(app_settings.STREAMS_PER_PROCESS) and _open[reader] < int(
        app_settings.STREAMS_PER_READER
    )


class Hub:
    """All streams of one event loop."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        _open[listener.reader] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        _open[listener.reader] -= 1
        if _open[listener.reader] <= 0:
            del _open[listener.reader]

    async def _watch(self) -> None:
        """Look once a second while anybody listens. One thread with one connection to the database, given back."""
        loop = asyncio.get_running_loop()
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scs-series-events")
        try:
            while self.listeners:
                listeners = list(self.listeners)
                try:
                    gone = await loop.run_in_executor(executor, _look, listeners)
                except Exception as error:  # noqa: BLE001  (a database that is away comes back)
                    loop.call_exception_handler({"message": "scs_series: the event hub", "exception": error})
                    gone = []
                for listener, last in gone:
                    listener.queue.put_nowait(last)
                await asyncio.sleep(TICK_SECONDS)
        finally:
            executor.submit(connections.close_all)
            executor.shutdown(wait=False)


def _look(listeners: list[Listener]) -> list[tuple[Listener, int | None]]:
    """Whom to tell what: the number of the last post, or None for the end."""
    close_old_connections()
    try:
        return _news(listeners)
    finally:
        close_old_connections()


def _news(listeners: list[Listener]) -> list[tuple[Listener, int | None]]:
    ids = {listener.thread for listener in listeners}
    everybodys = Thread.objects.visible_to(None, timezone.now()).filter(pk=OuterRef("pk"))
    rows = Thread.objects.filter(pk__in=ids).values_list("pk", "last_number", Exists(everybodys))
    found: dict[int, tuple[int, bool]] = {pk: (last, bool(public)) for pk, last, public in rows}
    news: list[tuple[Listener, int | None]] = []
    now, checks = monotonic(), 0
    for listener in listeners:
        last, is_public = found.get(listener.thread, (0, False))
        is_due = now - listener.checked > CHECK_SECONDS and (listener.has_account or not is_public)
        if (listener.was_public and not is_public) or (is_due and checks < CHECKS_PER_TICK):
            checks, listener.checked = checks + 1, now
            if not listener.may_go_on():
                news.append((listener, None))
                continue
        listener.was_public = is_public
        if last > listener.last:
            listener.last = last
            news.append((listener, last))
    return news


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def _hub() -> Hub:
    """The hub of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


@require_GET
@page  # type: ignore[arg-type]  # it answers what other views answer, and besides a stream
def thread_events(request: HttpRequest, pk: int, slug: str) -> HttpResponseBase:
    """Tell the number of the thread's last post whenever it grows; ``?after=`` is what the page shows already."""
    plain = {"content_type": "text/plain; charset=utf-8"}
    if not is_asgi(request) or app_settings.LIVE_EVENTS not in ("auto", "stream"):
        return HttpResponse(_("There is no event stream here."), status=404, **plain)
    thread = find_thread(request, pk)
    reader = _reader(request)
    if not _has_room_for(reader):
        return HttpResponse(
            _("Too many event streams."), status=429, headers={"Retry-After": str(BUSY_SECONDS)}, **plain
        )
    listener = Listener(
        thread.pk, reader, thread.last_number, request.user.is_authenticated, _guard(request, pk)
    )
    known = number_in(request.headers.get("Last-Event-ID")) or number_in(request.GET.get("after"))
    if known and known < thread.last_number:
        listener.queue.put_nowait(thread.last_number)
    response = StreamingHttpResponse(_events(listener), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    # Neither a proxy nor our own compression is to collect what should arrive now.
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Content-Encoding"] = "identity"
    return response


def _reader(request: HttpRequest) -> str:
    """Whose streams are counted together."""
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {client_address(request)}"


def _guard(request: HttpRequest, pk: int) -> Callable[[], bool]:
    """Asks again what the request was let in for: the same user, still signed in, and the thread visible to them."""
    user_pk = request.user.pk if request.user.is_authenticated else None
    session = getattr(request, "session", None)
    key = getattr(session, "session_key", None)
    by_session = bool(key and session is not None and "_auth_user_id" in session)

    def may_go_on() -> bool:
        user: Any = AnonymousUser()
        if user_pk is not None and by_session:
            again = HttpRequest()
            again.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
            user = get_user(again)
        elif user_pk is not None:  # signed in by each request, as behind a proxy that says who it is
            user = get_user_model()._default_manager.filter(pk=user_pk, is_active=True).first() or user
        if user.pk != user_pk:
            return False
        return bool(Thread.objects.visible_to(user).filter(pk=pk).exists())

    return may_go_on


async def _events(listener: Listener) -> AsyncIterator[str]:
    """The lines of one stream, to its end."""
    # The thread that found the thread keeps its connection as long as the answer is open, and that is long.
    await sync_to_async(connections.close_all)()
    hub = _hub()
    if not _has_room_for(listener.reader):
        # Filled up since the view looked, too late for a status: the script closes the stream and polls.
        yield "event: full\ndata: 0\n\n"
        return
    hub.join(listener)
    try:
        yield f"retry: {RETRY_MS}\n: open\n\n"
        until = monotonic() + LONGEST_SECONDS
        while monotonic() < until:
            try:
                last = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if last is None:
                yield "event: end\ndata: 0\n\n"
                return
            yield f"id: {last}\nevent: posts\ndata: {last}\n\n"
    finally:
        hub.leave(listener)


__all__ = ["thread_events"]
