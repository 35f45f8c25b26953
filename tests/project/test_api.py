"""Signing in with each request of the API."""

from __future__ import annotations

import base64

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from project import api

pytestmark = pytest.mark.django_db


def ask(name: str, password: str, address: str = "192.0.2.1") -> int:
    given = base64.b64encode(f"{name}:{password}".encode()).decode()
    headers = {"authorization": f"Basic {given}"}
    return Client(REMOTE_ADDR=address).get("/api/v1/series/", headers=headers).status_code


def test_guessing_at_many_names_from_one_address_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_FAILURES", "5/h")
    get_user_model().objects.create_user("mara", "mara@example.org", "correct horse battery")
    assert ask("mara", "correct horse battery") == 200
    refused = {401, 403}
    assert {ask(f"somebody{n}", "guess") for n in range(5)} <= refused
    assert ask("somebody", "guess") == 429
    # Not even the right password is looked at; from elsewhere it is.
    assert ask("mara", "correct horse battery") == 429
    assert ask("mara", "correct horse battery", address="192.0.2.2") == 200


def test_success_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_FAILURES", "2/h")
    get_user_model().objects.create_user("mara", "mara@example.org", "correct horse battery")
    assert [ask("mara", "correct horse battery") for _n in range(5)] == [200] * 5
