"""Forms and API writes are counted by the network address they come from, whatever a request says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from scs_series.models import Post
from scs_series.ratelimit import client_address
from tests.stage import Stage
from tests.views.reading import text_of, tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_a_day(settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "ADDRESS_RATE": "2/d"}


def send(client: Client, stage: Stage, body: str = "Text.", **extra: Any) -> Any:
    return client.post(stage.forms()["post-create"], {"body": body}, **extra)


def test_the_third_form_from_one_address_waits_whoever_sends_it(stage: Stage, two_a_day: None) -> None:
    assert send(stage.client("owner"), stage).status_code == 302
    assert send(stage.client("member"), stage).status_code == 302
    refused = send(stage.client("moderator"), stage, "An hour's work.")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    [box] = [box for box in tree(refused).iter("textarea") if box.get("id") == "typed"]
    assert box.text == "An hour's work."
    assert "Try again in" in text_of(refused)
    assert Post.objects.filter(thread=stage.thread).count() == 4
    assert send(stage.client("moderator"), stage, REMOTE_ADDR="192.0.2.77").status_code == 302


def test_reading_is_not_counted(stage: Stage, two_a_day: None) -> None:
    client = stage.client("owner")
    for _n in range(5):
        assert client.get(stage.thread.get_absolute_url()).status_code == 200
    assert send(client, stage).status_code == 302


def test_writes_of_the_api_are_counted_with_the_forms(stage: Stage, two_a_day: None) -> None:
    assert send(stage.client("owner"), stage).status_code == 302

    def write(**extra: Any) -> Any:
        sent = {"thread": stage.thread.pk, "body": "x"}
        return stage.client("member").post("/api/v1/posts/", sent, content_type="application/json", **extra)

    assert write().status_code == 201
    refused = write()
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert stage.client("member").get("/api/v1/posts/").status_code == 200


def test_who_guesses_passwords_through_the_api_is_counted_before_they_are_tried(
    stage: Stage, two_a_day: None, monkeypatch: Any
) -> None:
    from project.api import BasicAuthentication

    tried: list[Any] = []
    monkeypatch.setattr(BasicAuthentication, "authenticate", lambda self, request: tried.append(request))
    for _n in range(4):
        Client().post(
            "/api/v1/posts/", "{}", content_type="application/json", headers={"Authorization": "Basic eDp5"}
        )
    assert len(tried) <= 2 * 2, "asked at most twice for each request that was let in"
    before = len(tried)
    Client().post(
        "/api/v1/posts/", "{}", content_type="application/json", headers={"Authorization": "Basic eDp5"}
    )
    assert len(tried) == before


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP"])
def test_a_forged_header_is_no_way_around(stage: Stage, two_a_day: None, header: str) -> None:
    statuses = [
        send(stage.client("owner"), stage, headers={header: f"198.51.100.{n}"}).status_code for n in range(4)
    ]
    assert statuses == [302, 302, 429, 429]


def test_behind_a_proxy_the_entry_that_it_wrote_counts_and_no_other(
    stage: Stage, two_a_day: None, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1

    def statuses(*forwarded: str) -> list[int]:
        return [
            send(stage.client("owner"), stage, headers={"X-Forwarded-For": entry}).status_code
            for entry in forwarded
        ]

    real = "203.0.113.9"
    assert statuses(*(f"198.51.100.{n}, {real}" for n in range(3))) == [302, 302, 429], (
        "what comes before is made up"
    )
    assert statuses("203.0.113.10") == [302], "another client of the same proxy"


# ---------------------------------------------------------------------- what an address is
@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64"), ("", ""), ("unix:", "unix:"),
    ],
)  # fmt: skip
def test_of_ipv6_the_network_counts(given: str, counted: str, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "CLIENT_ADDRESS": ""}
    assert client_address(RequestFactory().post("/", REMOTE_ADDR=given)) == counted


def test_where_no_address_is_known_nobody_shares_a_limit(stage: Stage, two_a_day: None) -> None:
    statuses = [send(stage.client("owner"), stage, REMOTE_ADDR="").status_code for _n in range(4)]
    assert statuses == [302] * 4


def test_the_cache_holds_no_address(stage: Stage, settings: Any) -> None:
    from django.core.cache import caches

    if "locmem" not in settings.CACHES["default"]["BACKEND"]:
        pytest.skip("looks into a cache within the process")
    send(stage.client("owner"), stage, REMOTE_ADDR="192.0.2.88")
    keys = "".join(caches["default"]._cache)  # type: ignore[attr-defined]
    assert "rate:address:" in keys
    assert "192.0.2.88" not in keys
