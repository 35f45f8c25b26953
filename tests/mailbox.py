"""A real SMTP server on loopback, for tests: it keeps what it took, and can stall or refuse."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """``accepted``: what was acknowledged. ``seen``: what arrived whole, acknowledged or not."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.seen: list[EmailMessage] = []
        #: Recipients who are told "not now", and how often they were.
        self.refused: set[str] = set()
        self.refusals: Counter[str] = Counter()
        #: After so many, the server says nothing more until ``go_on``.
        self.stalls_after: int | None = None
        self.is_stalled = threading.Event()
        self.port = 0
        self._waits = True

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            self.refusals[address] += 1
            return "451 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.seen.append(message)  # type: ignore[arg-type]  # by this policy it is one
        if self.stalls_after is not None and len(self.accepted) >= self.stalls_after:
            self.is_stalled.set()
            while self._waits:
                await asyncio.sleep(0.02)
        self.accepted.append(message)  # type: ignore[arg-type]
        return "250 OK"

    def go_on(self) -> None:
        self.stalls_after = None

    def sent_to(self) -> Counter[str]:
        return Counter(str(message["To"]) for message in self.accepted)


class _AnyPort(Controller):
    """On a port that the system chooses: it is known once the server is there."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = _AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        box._waits = False
        controller.stop()


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())
