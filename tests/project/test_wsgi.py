"""The door through which every request comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from project.wsgi import application


@pytest.fixture(autouse=True)
def _connections_stay() -> Iterator[None]:
    """As Django's test client does: a request's end would close what other tests hold."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize(
    "charset",
    [
        "rot13",
        "zlib",
        "base64",
        "idna",
        "undefined",
        "utf-16",
        "utf-7",
        "latin-1",
        "nonsense",
        "",
        "\x00",
        '"',
    ],
)
def test_a_charset_that_is_claimed_ends_no_request(charset: str):
    environ: dict[str, Any] = RequestFactory().get("/nowhere/?a=%C3%BC").environ
    environ["CONTENT_TYPE"] = f"application/json; charset={charset}"
    answered: list[str] = []
    content = b"".join(application(environ, lambda status, headers, *rest: answered.append(status)))
    assert answered == ["404 Not Found"], content
