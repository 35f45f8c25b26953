"""Idempotency-Key: what is sent twice is done once."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.models import Post, Source, Thread
from tests.api.conftest import World, codes

THREAD = {"series": "scs", "part": 1, "title": "A title that will do", "body": "Text."}
SOURCE = {"series": "scs", "key": "new", "title": "A title", "tags": ["credit"]}


def test_a_retried_thread(world: World):
    api = world.api("member")
    answers = [api.post("threads/", THREAD, Idempotency_Key="abc") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json() == answers[2].json()
    assert Thread.objects.filter(title=THREAD["title"]).count() == 1


def test_a_retried_post(world: World):
    sent = {"thread": world.thread.pk, "body": "Once."}
    api = world.api("member")
    answers = [api.post("posts/", sent, Idempotency_Key="abc") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert Post.objects.filter(body="Once.").count() == 1

    assert api.post("posts/", sent, Idempotency_Key="def").json()["number"] == answers[0].json()["number"] + 1
    # Another member's key is another key.
    assert (
        world.api("other").post("posts/", sent, Idempotency_Key="abc").json()["author"]["username"] == "other"
    )
    # Without a key, sent twice is written twice.
    assert api.post("posts/", sent).json()["id"] != api.post("posts/", sent).json()["id"]


def test_a_retried_source(world: World):
    api = world.api("author")
    answers = [api.post("sources/", SOURCE, Idempotency_Key="abc") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201], answers[1].content
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Source.objects.count() == 2
    assert api.post("sources/", SOURCE, Idempotency_Key="def").status_code == 409


@pytest.mark.parametrize("key", ["x" * 65, "ü", "a\tb"])
@pytest.mark.parametrize(
    ("path", "sent"), [("threads/", THREAD), ("posts/", {"body": "x"}), ("sources/", SOURCE)]
)
def test_a_bad_key(world: World, path: str, sent: dict[str, Any], key: str):
    if path == "posts/":
        sent = {**sent, "thread": world.thread.pk}
    refused = world.api("author").post(path, sent, Idempotency_Key=key)
    assert refused.status_code == 400
    assert codes(refused) == {"Idempotency-Key": "bad_idempotency_key"}


def test_a_key_that_a_refused_attempt_used_is_free(world: World):
    api = world.api("member")
    assert api.post("threads/", {**THREAD, "title": "Short"}, Idempotency_Key="abc").status_code == 400
    assert api.post("threads/", THREAD, Idempotency_Key="abc").status_code == 201


@pytest.mark.parametrize(
    ("path", "sent", "name"),
    [
        ("series/", {"title": "A new series", "slug": "new"}, "slug"),
        ("parts/", {"series": "scs", "number": 7, "title": "A new part", "body": "Text."}, "number"),
        ("tags/", {"name": "A new tag"}, "slug"),
    ],
)
def test_what_editors_make_is_made_once(world: World, path: str, sent: dict[str, Any], name: str):
    api = world.api("editor")
    answers = [api.post(path, sent, Idempotency_Key="abc") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201], answers[1].content
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json()[name]
    # Another key, or none, is another act, and this one is done already.
    assert api.post(path, sent, Idempotency_Key="def").status_code == 409
    assert api.post(path, sent).status_code == 409
    # Whoever may not make such a thing is not told of it by its key.
    assert world.api("other").post(path, sent, Idempotency_Key="abc").status_code == 403


def test_a_key_belongs_to_one_kind_of_thing(world: World):
    api = world.api("editor")
    assert api.post("tags/", {"name": "A new tag"}, Idempotency_Key="abc").status_code == 201
    made = api.post("series/", {"title": "A new series"}, Idempotency_Key="abc")
    assert made.json()["title"] == "A new series"


def test_a_key_of_a_refused_series_is_free(world: World):
    api = world.api("editor")
    assert api.post("series/", {"title": ""}, Idempotency_Key="abc").status_code == 400
    assert api.post("series/", {"title": "A series", "slug": "scs"}, Idempotency_Key="abc").status_code == 409
    assert api.post("series/", {"title": "A series"}, Idempotency_Key="abc").status_code == 201
