"""The load generator: a few keep-alive connections, one request in flight on each, one process, no threads.

It writes bytes made beforehand and reads until Content-Length is there; nothing else is parsed. One request costs it
some 15–20 µs, a tenth of what the fastest view costs the server; ``Result.own_cpu`` says what it was in each run.
"""

from __future__ import annotations

import gc
import os
import re
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_READ = 1 << 18

#: Makes the bytes of the n-th request, to be sent on the given connection (0, 1, …).
Maker = Callable[[int, int], bytes]


class UnexpectedAnswer(Exception):
    """The server answered with another status than the one that is measured."""


@dataclass
class Result:
    """What one slice of load measured."""

    requests: int = 0
    seconds: float = 0.0
    #: CPU seconds of the generator itself.
    own_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass
class Answer:
    """One answer, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection:
    def __init__(self, port: int) -> None:
        self.place = 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.head = b""
        self.left = -1  # -1: the head is not there yet

    def send(self, request: bytes) -> None:
        self.head, self.left = b"", -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self, expected: bytes) -> bool:
        """Take what has come; True once the answer is whole."""
        data = self.socket.recv(_READ)
        if not data:
            raise UnexpectedAnswer("the server closed a connection")
        if self.left < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            if self.head[9:12] != expected:
                raise UnexpectedAnswer(f"wanted {expected.decode()}:\n" + self.head[:1_000].decode("latin-1"))
            found = _LENGTH.search(self.head, 0, end)
            self.left = (int(found[1]) if found else 0) - (len(self.head) - end - 4)
        else:
            self.left -= len(data)
        return self.left <= 0


class Client:
    """So many connections to a server on this machine, spread evenly over its worker processes."""

    def __init__(self, port: int, connections: int, workers: int) -> None:
        self.port = port
        self._connections = self._evenly(connections, workers)
        self._poll = select.epoll()
        self._by_number = {}
        for place, connection in enumerate(self._connections):
            connection.place = place
            self._poll.register(connection.socket.fileno(), select.EPOLLIN)
            self._by_number[connection.socket.fileno()] = connection
        self._made = 0

    def _evenly(self, wanted: int, workers: int) -> list[_Connection]:
        """The kernel deals connections to workers by a hash: take new ones until each worker has its share."""
        held: dict[bytes, list[_Connection]] = {}
        share = max(1, wanted // workers)
        for _attempt in range(500):
            connection = _Connection(self.port)
            who = ask(connection.socket, get("/bench/worker/")).body
            mine = held.setdefault(who, [])
            if len(mine) < share:
                mine.append(connection)
            else:
                connection.socket.close()
            if sum(map(len, held.values())) >= wanted:
                return [c for each in held.values() for c in each]
        raise RuntimeError(f"only {len(held)} of {workers} workers answered")

    def close(self) -> None:
        self._poll.close()
        for connection in self._connections:
            connection.socket.close()

    def run(self, make: Maker, *, status: int, seconds: float, at_most: int = 1_000_000) -> Result:
        """Keep every connection busy for so long, or for so many requests. All that was sent is waited for."""
        result = Result()
        expected = str(status).encode()
        by_number, poll, latencies = self._by_number, self._poll.poll, result.latencies
        clock = time.perf_counter
        gc.disable()
        try:
            cpu, start = time.process_time(), clock()
            end, sent, open_now = start + seconds, 0, 0
            for connection in self._connections[:at_most]:
                connection.send(make(connection.place, self._made + sent))
                sent += 1
                open_now += 1
            while open_now:
                for number, _event in poll(30):
                    connection = by_number[number]
                    if not connection.receive(expected):
                        continue
                    now = clock()
                    latencies.append(now - connection.sent_at)
                    if now < end and sent < at_most:
                        connection.send(make(connection.place, self._made + sent))
                        sent += 1
                    else:
                        open_now -= 1
            result.seconds, result.own_cpu = clock() - start, time.process_time() - cpu
        finally:
            gc.enable()
        self._made += sent
        result.requests = len(latencies)
        return result


def get(path: str, *, host: str = "127.0.0.1", **headers: str) -> bytes:
    """A GET as bytes; header names with underscores for dashes."""
    return _request("GET", path, host, headers, b"")


def post(path: str, body: bytes, **headers: str) -> bytes:
    return _request("POST", path, "127.0.0.1", {**headers, "Content_Length": str(len(body))}, body)


def _request(method: str, path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(connection: socket.socket, request: bytes) -> Answer:
    """One request, its answer whole."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(_READ)
        if not more:
            raise UnexpectedAnswer("the server closed a connection")
        data += more
    head, _gap, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(_READ)
    return Answer(int(first.split()[1]), headers, body)


def canned(body: bytes) -> int:
    """Start a process that answers everything with the same bytes and does nothing else; give its port.

    What the generator reaches against it is the most it could ever measure. It ends with its last connection.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    if os.fork():
        listener.close()
        return port
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    poll = select.epoll()
    poll.register(listener.fileno(), select.EPOLLIN)
    open_now: dict[int, socket.socket] = {}
    had_one = False
    while open_now or not had_one:
        for number, _event in poll.poll():
            if number == listener.fileno():
                accepted, _address = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_now[accepted.fileno()], had_one = accepted, True
                poll.register(accepted.fileno(), select.EPOLLIN)
            elif open_now[number].recv(_READ):
                open_now[number].sendall(answer)
            else:
                poll.unregister(number)
                open_now.pop(number).close()
    os._exit(0)


def ask_once(port: int, request: bytes) -> Answer:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        return ask(connection, request)
