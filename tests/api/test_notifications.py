"""What a member was told, by the API."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.models import Member, Notification, OutboxItem, Subscription
from scs_series.services import outbox
from tests.api.conftest import Api, World
from tests.factories import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def watcher(world: World) -> Member:
    member = make_member()
    Subscription.objects.create(member=member, thread=world.thread, level="watch")
    OutboxItem.objects.all().delete()
    return member


def say(world: World, body: str = "So.") -> None:
    from scs_series.services import discussion
    from tests.factories import make_user
    from tests.stage import fresh_thread

    discussion.reply(thread=fresh_thread(world.thread), by=make_user(), body=body)
    outbox.work_off()


def test_visitors_have_none(world: World, watcher: Member):
    assert Api().get("notifications/").status_code in (401, 403)
    assert Api().post("notifications/read/").status_code in (401, 403)


def test_list_filter_and_marking(world: World, watcher: Member):
    api = Api(watcher.user)
    assert api.rows("notifications/") == []
    say(world)
    say(world)
    say(world, f"@{watcher.username}")
    rows = api.rows("notifications/")
    assert [row["kind"] for row in rows] == ["mention", "post"]
    post = rows[1]
    assert post["count"] == post["people"] == 2
    assert len(post["actors"]) == 2
    assert post["thread"] == world.thread.pk
    assert post["html_url"].endswith(f"?post={post['first_number']}")
    assert post["read_at"] is None
    assert "answered in" in post["text"]

    marked = api.post(f"notifications/{post['id']}/read/")
    assert marked.status_code == 200
    assert marked.json()["read_at"]
    assert [row["kind"] for row in api.rows("notifications/?unread=true")] == ["mention"]
    assert len(api.rows("notifications/")) == 2
    assert api.post("notifications/read/").json() == {"marked": 1, "unread": 0}
    assert api.get("notifications/?unread=maybe").status_code == 400


def test_marking_up_to_a_moment(world: World, watcher: Member):
    api = Api(watcher.user)
    say(world)
    until = api.rows("notifications/")[0]["updated_at"]
    say(world, f"@{watcher.username}")
    assert api.post("notifications/read/", {"until": until}).json() == {"marked": 1, "unread": 1}
    assert api.post("notifications/read/", {"until": "yesterday"}).status_code == 400


def test_anothers_are_not_there(world: World, watcher: Member):
    say(world)
    one = Notification.objects.get(member=watcher)
    for user in (world.author, make_member().user):
        other = Api(user)
        assert other.get(f"notifications/{one.pk}/").status_code == 404
        assert other.post(f"notifications/{one.pk}/read/").status_code == 404
        assert one.pk not in [row["id"] for row in other.rows("notifications/")]
    assert Api(watcher.user).get("notifications/x/").status_code == 404


def test_304_while_nothing_changes(world: World, watcher: Member):
    api = Api(watcher.user)
    say(world)
    etag = api.get("notifications/").headers["ETag"]
    assert api.get("notifications/", If_None_Match=etag).status_code == 304
    say(world)
    assert api.get("notifications/", If_None_Match=etag).status_code == 200


def test_answers_are_as_the_schema_says(world: World, watcher: Member):
    import jsonschema
    from drf_spectacular.generators import SchemaGenerator

    from tests.api.test_schema import _as_json_schema

    say(world)
    schema: Any = SchemaGenerator().get_schema(request=None, public=True)
    components = _as_json_schema(schema["components"])
    content = schema["paths"]["/notifications/"]["get"] if "/notifications/" in schema["paths"] else None
    operation = content or next(
        path["get"] for address, path in schema["paths"].items() if address.endswith("/notifications/")
    )
    whole = _as_json_schema(operation["responses"]["200"]["content"]["application/json"]["schema"])
    jsonschema.validate(Api(watcher.user).get("notifications/").json(), {**whole, "components": components})
