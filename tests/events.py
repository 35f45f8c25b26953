"""A real ASGI server on the run's test database, and a client that reads an event stream line by line."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def _database_url() -> str:
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    who = quote(known["USER"]) + (f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else "")
    return f"postgres://{who}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"


@contextlib.contextmanager
def asgi_server() -> Iterator[str]:
    """The address of uvicorn serving tests.asgi."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.asgi:application", "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": _database_url(),
        "CACHE_URL": "locmemcache://", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    server = subprocess.Popen(
        [*command, "--log-level", "warning", "--lifespan", "off", "--timeout-graceful-shutdown", "1"],
        env=environment,
        cwd=ROOT,
    )
    try:
        until = time.monotonic() + 60
        while True:
            assert server.poll() is None, "the server did not start"
            assert time.monotonic() < until, "the server does not answer"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


class EventStream:
    """One open stream. ``next()`` waits for an event; lines that are no event are in ``comments``."""

    def __init__(self, server: str, path: str, *, session: str = "", **headers: str) -> None:
        self.comments: list[str] = []
        self._connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=15)
        if session:
            headers["Cookie"] = f"sessionid={session}"
        self._connection.request(
            "GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/event-stream", **headers}
        )
        self.response = self._connection.getresponse()
        self.status = self.response.status

    def next(self) -> dict[str, str] | None:
        """The next event's fields; None at the end of the stream."""
        event: dict[str, str] = {}
        while True:
            line = self.response.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                name, _colon, value = line.partition(": ")
                event[name] = value
            elif "data" in event:
                return event
            else:
                event = {}

    def close(self) -> None:
        self.response.close()
        self._connection.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *what: Any) -> None:
        self.close()


def status_of(server: str, path: str, *, session: str = "") -> int:
    """How a stream is answered; it is closed at once."""
    with EventStream(server, path, session=session) as stream:
        return stream.status


__all__ = ["EventStream", "asgi_server", "status_of"]
