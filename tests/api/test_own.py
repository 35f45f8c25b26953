"""A member's own through the API: everybody theirs, nobody another's."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.models import Block, Bookmark, Member, Series, Subscription
from scs_series.services import discussion
from tests.api.conftest import Api, World, codes
from tests.api.test_schema import _as_json_schema
from tests.factories import make_user

COLLECTIONS = ("subscriptions/", "bookmarks/", "blocks/", "preferences/")


@pytest.mark.parametrize("path", COLLECTIONS)
def test_visitors_have_nothing_of_their_own(world: World, path: str):
    refused = world.api().get(path)
    assert refused.status_code in (401, 403)
    assert refused.json()["code"] == "not_authenticated"


def fill(world: World) -> dict[str, Any]:
    """One of each, by ``other``; their addresses."""
    api = world.api("other")
    made = {
        "subscriptions/": api.post("subscriptions/", {"series": "scs", "part": 1, "level": "follow"}),
        "bookmarks/": api.post("bookmarks/", {"post": world.post.pk, "note": "secret plan"}),
        "blocks/": api.post("blocks/", {"member": "member", "level": "mute"}),
    }
    assert [answer.status_code for answer in made.values()] == [201] * 3
    return {path: answer.json()["api_url"] for path, answer in made.items()}


@pytest.mark.parametrize("who", ["member", "moderator", "editor"])
def test_nobody_reads_anothers(world: World, who: str):
    for path, address in fill(world).items():
        own = [] if path != "subscriptions/" else ["thread"]
        assert [row for row in world.api(who).rows(path) if row.get("thread") is None or not own] == []
        assert world.api(who).get(address).status_code == 404
        assert world.api("other").get(address).status_code == 200
    assert world.api(who).get("preferences/").json()["username"] == who


def test_answers_are_private_and_conditional(world: World):
    fill(world)
    for path in COLLECTIONS:
        api = world.api("other")
        answer = api.get(path)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert api.get(path, If_None_Match=answer.headers["ETag"]).status_code == 304
        assert world.api("member").get(path, If_None_Match=answer.headers["ETag"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "sent", "model"),
    [
        ("subscriptions/", {"tag": "credit", "level": "watch"}, Subscription),
        ("bookmarks/", {"series": "scs", "part": "what-it-is", "note": "n"}, Bookmark),
        ("blocks/", {"member": "member"}, Block),
    ],
)
def test_a_retried_create_is_one_and_a_bad_key_is_told(
    world: World, path: str, sent: dict[str, Any], model: Any
):
    api = world.api("other")
    before = model.objects.count()
    answers = [api.post(path, sent, Idempotency_Key="abc") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[2].json()
    assert model.objects.count() == before + 1
    assert codes(api.post(path, sent, Idempotency_Key="x" * 65)) == {"Idempotency-Key": "bad_idempotency_key"}
    assert api.delete(answers[0].json()["api_url"]).status_code == 204
    assert api.delete(answers[0].json()["api_url"]).status_code == 404
    assert model.objects.count() == before


def test_subscriptions_tell_what_and_how(world: World):
    api = world.api("other")
    api.post("subscriptions/", {"thread": world.thread.pk, "level": "watch"})
    api.post("subscriptions/", {"series": "scs", "level": "follow"})
    api.post("subscriptions/", {"tag": "credit", "level": "mute"})
    api.post("subscriptions/", {"tag": "credit", "level": "watch"})
    rows = [row for row in api.rows("subscriptions/") if not row["is_automatic"]]
    assert [(row["level"], row["title"]) for row in rows] == [
        ("watch", "credit"), ("follow", "Social credit"), ("watch", world.thread.title),
    ]  # fmt: skip


def test_what_one_said_of_one_thing_is_found(world: World):
    api = world.api("other")
    api.post("subscriptions/", {"thread": world.thread.pk, "level": "watch"})
    api.post("subscriptions/", {"series": "scs", "level": "follow"})
    api.post("subscriptions/", {"series": "scs", "part": 1, "level": "mute"})
    api.post("subscriptions/", {"tag": "credit", "level": "mute"})
    api.post("bookmarks/", {"post": world.post.pk})
    api.post("bookmarks/", {"series": "scs", "part": 1})

    def levels(query: str) -> list[str]:
        return [row["level"] for row in api.rows(f"subscriptions/{query}")]

    assert levels(f"?thread={world.thread.pk}") == ["watch"]
    assert levels("?series=scs") == ["follow"]
    assert levels("?series=scs&part=1") == ["mute"]
    assert levels("?series=scs&part=99999999") == []
    assert levels("?tag=credit") == ["mute"]
    assert levels("?tag=nothing") == levels("?thread=999999") == []
    assert codes(api.get("subscriptions/?part=1")) == {"series": "required"}
    assert codes(api.get("subscriptions/?thread=x")) == {"thread": "bad_number"}
    assert len(api.rows("bookmarks/")) == 2
    assert [row["post"] for row in api.rows(f"bookmarks/?thread={world.thread.pk}")] == [world.post.pk]
    assert world.api("member").rows(f"bookmarks/?thread={world.thread.pk}") == []


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("subscriptions/", {"level": "watch"}, {None: "one_target"}),
        ("subscriptions/", {"level": "watch", "tag": "credit", "series": "scs"}, {None: "one_target"}),
        ("subscriptions/", {"level": "watch", "part": 1}, {None: "one_target"}),
        ("subscriptions/", {"level": "loud", "tag": "credit"}, {"level": "invalid_choice"}),
        ("subscriptions/", {"tag": "credit"}, {"level": "required"}),
        ("bookmarks/", {}, {None: "one_target"}),
        ("bookmarks/", {"part": 1}, {None: "one_target"}),
        ("bookmarks/", {"post": "x"}, {"post": "invalid"}),
        ("bookmarks/", {"series": "scs", "part": 1, "note": "x" * 501}, {"note": "note_too_long"}),
        ("blocks/", {"member": "member", "level": "kill"}, {"level": "invalid_choice"}),
        ("preferences/", {"mail_pace": "hourly"}, {"mail_pace": "invalid_choice"}),
        ("preferences/", {"watches_started": "maybe"}, {"watches_started": "invalid"}),
        ("preferences/", {"username": "member"}, {"username": "username_taken"}),
    ],
)
def test_bad_input_is_told_by_field(world: World, path: str, sent: dict[str, Any], said: dict[Any, str]):
    api = world.api("other")
    answer = api.patch(path, sent) if path == "preferences/" else api.post(path, sent)
    assert answer.status_code == 400
    assert codes(answer) == said


def test_what_is_not_shown_any_more_has_no_title_and_no_address(world: World):
    fill(world)
    api = world.api("other")
    api.post("subscriptions/", {"thread": world.thread.pk, "level": "watch"})
    discussion.hide_thread(thread=world.thread, by=world.moderator)
    Series.objects.filter(pk=world.series.pk).update(visibility="private")
    told = api.get("subscriptions/").content.decode() + api.get("bookmarks/").content.decode()
    assert world.thread.title not in told
    assert world.thread.slug not in told
    assert "What it is" not in told
    assert "secret plan" in told


def test_nobody_blocks_themselves_or_nobody(world: World):
    assert world.api("member").post("blocks/", {"member": "member"}).status_code == 403
    assert world.api("member").post("blocks/", {"member": "nobody"}).status_code == 404


def test_an_answer_to_who_keeps_one_away_is_refused_by_a_code(world: World):
    world.api("member").post("blocks/", {"member": "other"})
    refused = world.api("other").post("posts/", {"thread": world.thread.pk, "answers": 1, "body": "x"})
    assert codes(refused) == {"answers": "blocked"}
    assert world.api("other").post("posts/", {"thread": world.thread.pk, "body": "x"}).status_code == 201


def test_preferences_change_what_is_sent_and_leave_the_rest(world: World):
    api = world.api("member")
    answer = api.patch("preferences/", {"mail_pace": "never", "display_name": "Me", "post_count": 99})
    assert answer.status_code == 200
    assert (answer.json()["mail_pace"], answer.json()["display_name"], answer.json()["username"]) == ("never", "Me", "member")  # fmt: skip
    member = Member.objects.get(username="member")
    assert (member.mail_pace, member.watches_started) == ("never", True)
    assert member.post_count != 99
    assert world.api("other").get("posts/?author=member").json()["results"][0]["author"]["name"] == "Me"


def test_who_never_wrote_reads_preferences_and_is_made_no_member(world: World):
    user = make_user("quiet")
    answer = Api(user).get("preferences/").json()
    assert (answer["username"], answer["html_url"]) == ("quiet", None)
    assert Api(user).rows("bookmarks/") == []
    assert not Member.objects.filter(user=user).exists()


def test_every_answer_is_as_the_schema_says(world: World):
    import jsonschema
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    components = _as_json_schema(schema["components"])
    addresses = fill(world)
    api = world.api("other")
    for path, address in [*addresses.items(), ("preferences/", "preferences/")]:
        for asked in {path, address}:
            route = f"/api/v1/{path}" if asked == path else next(
                one for one in schema["paths"] if one.startswith(f"/api/v1/{path}{{")
            )  # fmt: skip
            content = schema["paths"][route]["get"]["responses"]["200"]["content"]["application/json"][
                "schema"
            ]
            jsonschema.validate(api.get(asked).json(), {**_as_json_schema(content), "components": components})
