"""What the log says of requests that fail."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponseServerError
from django.test import Client
from django.utils.log import log_response

from project.settings import LOGGING
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the demo host's formatter makes of Django's messages about requests."""
    configurator: Any = logging.config.DictConfigurator({})
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    # A copy: what is configured is used up by it.
    handler.setFormatter(configurator.configure_formatter(dict(LOGGING["formatters"]["line"])))  # type: ignore[index]
    logger = logging.getLogger("django.request")
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)  # which also forgets what it had decided for another level
    logger.propagate = False
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before[0])
    logger.propagate = before[1]


def test_a_refusal_is_a_line_and_no_traceback(log: io.StringIO) -> None:
    client = Client()
    client.force_login(make_user(), backend="project.accounts.AuthenticationBackend")
    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/nothing/").status_code == 404
    assert client.post("/series/").status_code == 405
    said = log.getvalue().splitlines()
    assert len(said) == 3, said
    assert [line.split(" ", 2)[1] for line in said] == ["WARNING"] * 3
    assert "/admin/" in said[0]


def test_an_error_of_ours_keeps_its_traceback(log: io.StringIO) -> None:
    request = HttpRequest()
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        log_response("Broken", response=HttpResponseServerError(), request=request, exception=error)
    assert "Traceback" in log.getvalue()
    assert "ZeroDivisionError" in log.getvalue()
