"""Drafts through the API: everybody theirs, and nothing is written over unseen."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.models import Draft, Post, Thread
from scs_series.services import discussion
from tests.api.conftest import Api, World, codes
from tests.api.test_schema import _as_json_schema
from tests.stage import fresh_thread


def keep(api: Api, world: World, body: str = "Half a thought", **fields: Any) -> dict[str, Any]:
    place = {} if "part" in fields else {"thread": world.thread.pk}
    key = fields.pop("key", "")
    made = api.post("drafts/", {"body": body, **place, **fields}, **({"Idempotency_Key": key} if key else {}))
    assert made.status_code == 201, made.content
    return dict(made.json())


def test_visitors_and_others_have_none(world: World) -> None:
    refused = world.api().get("drafts/")
    assert refused.status_code in (401, 403)
    mine = keep(world.api("member"), world)
    for who in ("other", "moderator", "editor"):
        assert world.api(who).rows("drafts/") == []
        assert world.api(who).get(mine["api_url"]).status_code == 404
        assert world.api(who).patch(mine["api_url"], {"body": "x", "known": mine["stamp"]}).status_code == 404
        assert world.api(who).delete(mine["api_url"]).status_code == 404
    assert Draft.objects.get().body == "Half a thought"


def test_a_draft_is_kept_changed_found_and_discarded(world: World) -> None:
    api = world.api("member")
    made = keep(api, world, answers=1, key="to-be-sent")
    assert made["html_url"].endswith("/reply/")
    assert (made["place"], made["part"], made["answers"]) == (world.thread.title, None, 1)
    changed = api.patch(made["api_url"], {"body": "A whole one", "known": made["stamp"]})
    assert changed.status_code == 200
    now = changed.json()
    assert (now["id"], now["body"], now["answers"]) == (made["id"], "A whole one", 1)
    assert now["submission_key"] == "to-be-sent"
    assert now["stamp"] != made["stamp"]
    assert api.rows("drafts/") == [now]
    # It is what the page opens with.
    page = api.client.get(world.thread.get_absolute_url()).content.decode()
    assert "A whole one" in page
    assert "to-be-sent" in page
    assert api.delete(made["api_url"]).status_code == 204
    assert api.rows("drafts/") == []


def test_a_new_thread_under_a_part(world: World) -> None:
    api = world.api("member")
    made = keep(api, world, series="scs", part=1, title="A title", kind="question", tags="courts, new")
    assert made["part"] == {"series": "scs", "number": 1}
    assert made["thread"] is None
    assert (made["title"], made["kind"], made["tags"]) == ("A title", "question", "courts, new")
    changed = api.patch(made["api_url"], {"title": "Another", "known": made["stamp"]}).json()
    assert (changed["title"], changed["body"], changed["tags"]) == (
        "Another",
        "Half a thought",
        "courts, new",
    )


def test_what_was_not_seen_is_not_written_over(world: World) -> None:
    api = world.api("member")
    first = keep(api, world)
    # Sent again, it is the same.
    assert keep(api, world)["id"] == first["id"]
    refused = api.post("drafts/", {"thread": world.thread.pk, "body": "Another"})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale_draft")
    kept = refused.json()["draft"]
    assert kept["body"] == "Half a thought"
    assert api.patch(first["api_url"], {"body": "Another", "known": first["stamp"]}).status_code == 409
    assert Draft.objects.get().body == "Half a thought"
    over = api.patch(first["api_url"], {"body": "Another", "known": kept["stamp"]})
    assert over.json()["body"] == "Another"


def test_what_was_sent_does_not_come_back(world: World) -> None:
    api = world.api("member")
    made = keep(api, world, key="the-form")
    sent = api.post("posts/", {"thread": world.thread.pk, "body": made["body"]}, Idempotency_Key="the-form")
    assert sent.status_code == 201
    assert api.rows("drafts/") == []
    late = api.post("drafts/", {"thread": world.thread.pk, "body": "Half a tho"}, Idempotency_Key="the-form")
    assert (late.status_code, late.json()["code"]) == (409, "already_sent")
    assert late.json()["post"] == sent.json()["id"]
    assert Post.objects.filter(thread=world.thread, body="Half a thought").count() == 1
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"body": "x"}, "one_target"),
        ({"body": "x", "thread": 1, "series": "scs", "part": 1}, "one_target"),
        ({"body": "x", "part": 1}, "one_target"),
        ({"body": " \n", "thread": "the thread"}, "empty"),
        ({"body": "x", "thread": "the thread", "kind": "rant"}, "invalid_choice"),
        ({"body": "x", "thread": "the thread", "answers": 0}, "min_value"),
    ],
)
def test_what_does_not_hold_is_refused(world: World, sent: dict[str, Any], code: str) -> None:
    given = {name: world.thread.pk if value == "the thread" else value for name, value in sent.items()}
    refused = world.api("member").post("drafts/", given)
    assert refused.status_code == 400
    assert list(codes(refused).values()) == [code]


def test_a_draft_of_what_is_gone_is_still_its_writers(world: World) -> None:
    api = world.api("member")
    made = keep(api, world)
    discussion.hide_thread(thread=fresh_thread(world.thread), by=world.moderator)
    (row,) = api.rows("drafts/")
    assert (row["place"], row["html_url"], row["body"]) == (None, None, "Half a thought")
    assert world.thread.title not in api.get("drafts/").content.decode()
    assert api.delete(made["api_url"]).status_code == 204


def test_answers_and_conflicts_are_as_the_schema_says(world: World) -> None:
    import jsonschema
    from drf_spectacular.generators import SchemaGenerator

    schemas = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]
    document = {"components": {"schemas": {name: _as_json_schema(of) for name, of in schemas.items()}}}
    api = world.api("member")
    made = keep(api, world)
    jsonschema.validate(made, {**document, "$ref": "#/components/schemas/Draft"})
    stale = api.post("drafts/", {"thread": world.thread.pk, "body": "Another"}).json()
    jsonschema.validate(stale, {**document, "$ref": "#/components/schemas/Conflict"})


def test_a_list_of_many_costs_what_a_list_of_one_does(world: World, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    api = world.api("member")
    keep(api, world)
    with CaptureQueriesContext(
        connection,
    ) as one:
        api.rows("drafts/")
    count = len(one)  # further requests empty the log
    for number in range(4):
        thread: Thread = discussion.start_thread(
            part=world.part, by=world.member, title=f"One more thread, {number}", body="x"
        )
        assert api.post("drafts/", {"thread": thread.pk, "body": "y"}).status_code == 201
    with django_assert_num_queries(count):
        assert len(api.rows("drafts/")) == 5
