"""A database of our own, and the real server on it: granian's WSGI with two workers, as ``make serve`` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

DATABASE = "scs_bench"
#: Any number: two benchmarks on one server would drop each other's database.
_LOCK = 7_262_019
#: Of each worker, as in the Makefile.
THREADS = 4
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """Make an empty database beside the one that ``url`` names, and drop it in the end. Gives its address."""
    import psycopg

    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres"):
        raise SystemExit(f"The benchmark measures PostgreSQL; DATABASE_URL is {parts.scheme}://…")
    with psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True) as admin:
        row = admin.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if not (row and row[0]):
            raise SystemExit("Another benchmark runs on this database server.")
        admin.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{DATABASE}"')
        try:
            yield urlunsplit(parts._replace(path=f"/{DATABASE}"))
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')


class Server:
    """The server's processes: where they listen, and what CPU time they have used."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self._process = process
        self._workers = [int(pid) for pid in _children(process.pid)]

    def cpu(self) -> float:
        """Seconds of CPU time of the workers so far (not of the database)."""
        return sum(_cpu_of(pid) for pid in self._workers)


@contextmanager
def server(workers: int, log: Path) -> Iterator[Server]:
    """Start it, wait until it answers, stop it in the end. It reads the environment of this process."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(THREADS), "--no-ws", "project.wsgi:application",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, log)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(600):
        if process.poll() is not None:
            raise SystemExit("The server did not start:\n" + log.read_text(errors="replace")[-4_000:])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not answer within a minute.")


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
