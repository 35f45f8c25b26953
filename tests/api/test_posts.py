"""posts/"""

from __future__ import annotations

import pytest

from scs_series.models import Post
from scs_series.services import discussion
from tests.api.conftest import Api, World, codes
from tests.factories import make_post

EVERYBODY = ("anonymous", "member", "other", "moderator", "author", "editor")


def test_a_visitor_reads_a_thread_by_number(world: World, api: Api):
    posts = api.rows(f"posts/?thread={world.thread.pk}")

    assert [post["number"] for post in posts] == [1, 2, 3]
    assert posts[1] == api.get(f"posts/{world.post.pk}/").json()
    assert posts[1]["body"] == "My answer."
    assert posts[1]["body_html"] == "<p>My answer.</p>\n"
    assert posts[1]["html_url"] == f"http://testserver{world.post.get_absolute_url()}"
    assert posts[1]["author"]["name"] == "member"
    assert posts[1]["revision"] == 1
    assert "kuo2019" in posts[0]["body_html"]


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_hidden_post_is_a_stub(world: World, who: str):
    api, sees = world.api(who), who in ("moderator", "other")  # "other" wrote it
    for answer in (
        api.get(f"posts/{world.hidden_post.pk}/"), api.get(f"posts/?thread={world.thread.pk}&from=3"),
    ):  # fmt: skip
        data = answer.json()
        stub = data["results"][0] if "results" in data else data
        assert stub["status"] == "hidden"
        assert stub["number"] == 3
        assert stub["hidden_reason"] == "an insult"
        assert (stub["body"], bool(stub["body_html"])) == (
            ("A secret insult.", True) if sees else (None, False)
        )
        assert ("secret" in answer.content.decode()) == sees
    assert api.get(f"posts/{world.hidden_post.pk}/revisions/").status_code == (200 if sees else 404)
    # It keeps its place in its thread and has none elsewhere.
    assert world.hidden_post.pk not in {row["id"] for row in api.rows("posts/")}


def test_a_branch(world: World, api: Api):
    """1 ← 3, 1 ← 4 ← 5 ← 7, 6 alone; 3 is hidden."""
    fourth = make_post(world.thread, by=world.other, answers=1)
    make_post(world.thread, by=world.other, answers=fourth.number)
    make_post(world.thread, by=world.other)
    make_post(world.thread, by=world.other, answers=5)
    path = f"posts/?thread={world.thread.pk}"

    def asked(query: str) -> list[int]:
        return [post["number"] for post in api.rows(path + query)]

    assert asked("&branch=4") == [1, 4, 5, 7]
    assert asked("&branch=1") == [1, 4, 5, 7]
    assert asked("&branch=7") == [1, 4, 5, 7]
    assert asked("&branch=6") == [6]
    assert asked("&branch=4&author=member") == [1]
    walked = api.walk(f"{path}&branch=4&page_size=2")
    assert [[post["number"] for post in page] for page in walked] == [[1, 4], [5, 7]]
    for number in ("99", "9999999999999"):
        refused = api.get(f"{path}&branch={number}")
        assert refused.status_code == 404
        assert codes(refused) == {"branch": "not_found"}
    assert codes(api.get(f"{path}&branch=x")) == {"branch": "bad_number"}
    assert api.get(f"posts/?thread={world.hidden_thread.pk}&branch=1").status_code == 404


def test_from_a_number(world: World, api: Api):
    for _ in range(7):
        make_post(world.thread, by=world.other)
    path = f"posts/?thread={world.thread.pk}&page_size=4"

    page = api.get(f"{path}&from=6").json()
    assert [post["number"] for post in page["results"]] == [6, 7, 8, 9]
    after = api.get(page["next"]).json()
    assert [post["number"] for post in after["results"]] == [10]
    assert after["next"] is None
    before = api.get(page["previous"]).json()
    assert [post["number"] for post in before["results"]] == [2, 3, 4, 5]
    first = api.get(before["previous"]).json()
    assert [post["number"] for post in first["results"]] == [1]
    assert first["previous"] is None
    assert [post["number"] for post in api.get(first["next"]).json()["results"]] == [2]

    assert [post["number"] for post in api.rows(f"{path}&from=999999999999")] == [10]
    assert [post["number"] for post in api.rows(f"{path}&number_gte=8")] == [8, 9, 10]
    assert api.rows(f"{path}&number_gte=9999999999999") == []
    for page_of_all in (api.walk(path), list(reversed(api.walk(f"{path}&from=10", "previous")))):
        assert [post["number"] for posts in page_of_all for post in posts] == list(range(1, 11))


def test_the_newest_of_all_and_of_one_member(world: World, api: Api):
    later = make_post(world.thread, by=world.other)

    assert [row["id"] for row in api.rows("posts/")][:2] == [later.pk, world.post.pk]
    assert [row["id"] for row in api.rows("posts/?author=other")] == [later.pk]
    assert [row["number"] for row in api.rows(f"posts/?thread={world.thread.pk}&author=member")] == [1, 2]
    assert api.rows("posts/?author=nobody") == []


@pytest.mark.parametrize(
    ("query", "status", "field", "code"),
    [
        ("?thread=999", 404, "thread", "not_found"),
        ("?thread=abc", 400, "thread", "bad_number"),
        ("?thread=-1", 400, "thread", "bad_number"),
        ("?thread=99999999999999999999", 400, "thread", "bad_number"),
        ("?thread=%00", 400, "thread", "bad_number"),
        ("?thread=١", 400, "thread", "bad_number"),
        ("?thread={thread}&from=x", 400, "from", "bad_number"),
        ("?thread={thread}&number_gte=1.5", 400, "number_gte", "bad_number"),
        ("?author=%00", 400, "author", "bad_name"),
    ],
)
def test_bad_parameters_are_named(world: World, api: Api, query: str, status: int, field: str, code: str):
    refused = api.get("posts/" + query.format(thread=world.thread.pk))
    assert refused.status_code == status
    assert codes(refused) == {field: code}


def test_a_member_answers(world: World):
    made = world.api("other").post(
        "posts/", {"thread": world.thread.pk, "body": "Yes, **so**.", "answers": 2}
    )

    assert made.status_code == 201
    assert made.json()["number"] == 4
    assert made.json()["answers"] == 2
    assert made.json()["body_html"] == "<p>Yes, <strong>so</strong>.</p>\n"
    assert made.json() == world.api().get(f"posts/{made.json()['id']}/").json()


def test_two_people_edit_one_post(world: World):
    writer, moderator = world.api("member"), world.api("moderator")
    path = f"posts/{world.post.pk}/"
    assert writer.rows(f"{path}revisions/") == []

    first = writer.patch(path, {"body": "My better answer.", "expected_revision": 1, "reason": "typo"})
    assert first.status_code == 200
    assert first.json()["revision"] == 2
    assert first.json()["edit_reason"] == "typo"
    assert first.json()["edited_at"]

    second = moderator.patch(path, {"body": "Theirs.", "expected_revision": 1})
    assert second.status_code == 409
    assert second.json()["code"] == "stale_edit"
    assert second.json()["current"] == "My better answer."
    assert second.json()["yours"] == "Theirs."
    assert second.json()["current_revision"] == 2
    assert Post.objects.get(pk=world.post.pk).body == "My better answer."

    [before] = world.api().rows(f"{path}revisions/")
    assert (before["number"], before["body"], before["editor"]["username"]) == (1, "My answer.", "member")
    assert moderator.patch(path, {"body": "Both.", "expected_revision": 2}).json()["revision"] == 3
    assert [state["number"] for state in world.api().rows(f"{path}revisions/")] == [2, 1]


def test_hidden_and_shown_again(world: World):
    moderator, visitor = world.api("moderator"), world.api()
    path = f"posts/{world.post.pk}/"
    hidden = moderator.post(f"{path}hide/", {"reason": "rude"})

    assert hidden.status_code == 200
    assert hidden.json()["status"] == "hidden"
    assert hidden.json()["body"] == "My answer."
    assert visitor.get(path).json()["body"] is None
    assert moderator.post(f"{path}hide/").status_code == 200
    assert moderator.post(f"{path}unhide/").json()["status"] == "published"
    assert visitor.get(path).json()["body"] == "My answer."


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"thread": None}, "thread", "null"),
        ({"thread": "x"}, "thread", "invalid"),
        ({"thread": 999_999}, "thread", "not_found"),
        ({"thread": 2**70}, "thread", "max_value"),
        ({"body": ""}, "body", "empty"),
        ({"body": None}, "body", "null"),
        ({"body": "\u3000 \n"}, "body", "empty"),
        ({"body": "x" * 30_001}, "body", "too_long"),
        ({"body": "\x00"}, "body", "null_characters_not_allowed"),
        ({"body": ">" * 10_000}, "body", "too_deep"),
        ({"answers": 77}, "answers", "no_such_post"),
        ({"answers": 0}, "answers", "min_value"),
        ({"answers": 2**40}, "answers", "max_value"),
        ({"answers": "two"}, "answers", "invalid"),
    ],
)
def test_bad_fields_are_named(world: World, change: dict[str, object], field: str, code: str):
    refused = world.api("other").post("posts/", {"thread": world.thread.pk, "body": "Text.", **change})

    assert refused.status_code == (404 if code == "not_found" else 400)
    assert codes(refused) == {field: code}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"body": ""}, "body", "empty"),
        ({"expected_revision": None}, "expected_revision", "null"),
        ({"expected_revision": 0}, "expected_revision", "min_value"),
        ({"expected_revision": 2**40}, "expected_revision", "max_value"),
        ({"reason": "x" * 301}, "reason", "max_length"),
    ],
)
def test_bad_edits_are_named(world: World, change: dict[str, object], field: str, code: str):
    sent = {"body": "Better.", "expected_revision": 1, **change}
    refused = world.api("member").patch(f"posts/{world.post.pk}/", sent)
    assert refused.status_code == 400
    assert codes(refused) == {field: code}


def test_an_edit_needs_text_and_revision(world: World):
    refused = world.api("member").patch(f"posts/{world.post.pk}/", {})
    assert codes(refused) == {"body": "required", "expected_revision": "required"}


def test_a_locked_thread_takes_no_edit_of_its_authors(world: World):
    discussion.lock_thread(thread=world.thread, by=world.moderator)
    refused = world.api("member").patch(f"posts/{world.post.pk}/", {"body": "But", "expected_revision": 1})
    assert refused.status_code == 403
    assert refused.json()["code"] == "thread_locked"


def test_too_often(world: World, settings: object):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "2/h"}  # type: ignore[attr-defined]
    other = world.api("other")
    sent = {"thread": world.thread.pk, "body": "Again."}
    assert [other.post("posts/", sent).status_code for _ in range(2)] == [201, 201]
    refused = other.post("posts/", sent)

    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 3_601
