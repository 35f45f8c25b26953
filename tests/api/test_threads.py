"""threads/"""

from __future__ import annotations

import pytest

from scs_series.models import Series, Thread
from scs_series.services import discussion
from scs_series.services import series as series_service
from tests.api.conftest import Api, World, codes
from tests.factories import make_part, make_post, make_series, make_thread

EVERYBODY = ("anonymous", "member", "other", "moderator", "author", "editor")


def test_a_visitor_reads_what_the_page_shows(world: World, api: Api):
    found = api.get(f"threads/{world.thread.pk}/").json()

    assert found["title"] == "A question about this"
    assert found["kind"] == "discussion"
    assert found["series"] == "scs"
    assert found["part"]["number"] == 1
    assert found["part"]["slug"] == "what-it-is"
    assert found["author"]["username"] == "member"
    assert [tag["slug"] for tag in found["tags"]] == ["credit"]
    assert found["post_count"] == 2  # the hidden one does not count
    assert found["last_number"] == 3
    assert found["html_url"] == f"http://testserver{world.thread.get_absolute_url()}"
    assert api.get(found["posts_url"]).status_code == 200
    for query in ("", "?series=scs", "?series=scs&part=1", "?series=scs&part=what-it-is", "?tag=credit"):
        [row] = api.rows(f"threads/{query}")
        of_one_alone = {"version", "accepted_at", "resolved_at", "resolved_by", "resolved_reason"}
        assert {**row, **{name: found[name] for name in of_one_alone}} == found, query
        assert of_one_alone.isdisjoint(row), "what no list's version covers"


@pytest.mark.parametrize("who", EVERYBODY)
def test_hidden_threads_are_the_moderators(world: World, who: str):
    api, sees = world.api(who), who == "moderator"
    pk = world.hidden_thread.pk

    assert api.get(f"threads/{pk}/").status_code == (200 if sees else 404)
    assert api.get(f"posts/?thread={pk}").status_code == (200 if sees else 404)
    opening = world.hidden_thread.posts.get(number=1)
    assert api.get(f"posts/{opening.pk}/").status_code == (200 if sees else 404)
    assert api.get(f"posts/{opening.pk}/revisions/").status_code == (200 if sees else 404)
    assert (pk in {row["id"] for row in api.rows("threads/")}) == sees
    assert (opening.pk in {row["id"] for row in api.rows("posts/")}) == sees


def test_what_hangs_under_a_private_or_unpublished_thing_is_gone(world: World, api: Api):
    for series in (make_series(visibility=Series.Visibility.PRIVATE), world.series):
        part = make_part(series) if series != world.series else world.part
        thread = make_thread(part) if series != world.series else world.thread
        if series == world.series:
            assert api.get(f"threads/{thread.pk}/").status_code == 200
            series_service.unpublish_part(part=part, by=world.author)
        assert api.get(f"threads/{thread.pk}/").status_code == 404
        assert api.get(f"posts/?thread={thread.pk}").status_code == 404
    assert api.rows("threads/") == []
    assert api.rows("posts/") == []


def test_an_unlisted_series_is_found_by_its_address_alone(world: World, api: Api):
    series = make_series(slug="unlisted", visibility=Series.Visibility.UNLISTED)
    thread = make_thread(make_part(series), tags=["credit"])

    assert api.get(f"threads/{thread.pk}/").status_code == 200
    assert [row["id"] for row in api.rows("threads/?series=unlisted")] == [thread.pk]
    assert [row["id"] for row in api.rows("threads/?series=unlisted&tag=credit")] == [thread.pk]
    for query in ("", "?tag=credit", f"?author={thread.author.username}"):
        assert thread.pk not in {row["id"] for row in api.rows(f"threads/{query}")}


def test_filters_and_orders(world: World, api: Api):
    older = make_thread(
        world.part, by=world.other, title="Is this number right", kind="question", tags=["Data"]
    )
    newer = make_thread(
        world.part, by=world.other, title="A better source for it", kind="source", tags=["Data"]
    )
    for _ in range(3):
        make_post(older, by=world.other)
    make_post(world.thread, by=world.other)
    ids = {"old": world.thread.pk, "older": older.pk, "newer": newer.pk}

    def asked(query: str) -> list[str]:
        names = {pk: name for name, pk in ids.items()}
        return [names[row["id"]] for row in api.rows(f"threads/{query}")]

    for scope in ("?", "?series=scs&", "?series=scs&part=1&"):
        assert asked(scope) == ["old", "older", "newer"]
        assert asked(f"{scope}order=new") == ["newer", "older", "old"]
        assert asked(f"{scope}order=answers") == ["older", "old", "newer"]
        assert asked(f"{scope}kind=question") == ["older"]
        assert asked(f"{scope}author=other") == ["older", "newer"]
        assert asked(f"{scope}tag=data") == ["older", "newer"]
        assert asked(f"{scope}tag=data&order=new") == ["newer", "older"]
        assert asked(f"{scope}tag=data&kind=source") == ["newer"]
        assert asked(f"{scope}author=nobody") == []


def test_threads_by_what_came_of_them(world: World, api: Api):
    source = make_thread(
        world.part, by=world.other, title="A better source for it", kind="source", tags=["Data"]
    )
    question = make_thread(world.part, by=world.other, title="Is this number right", kind="question")
    answer = make_post(question, by=world.member)
    make_thread(world.part, by=world.other, title="Nothing is to be decided here", kind="discussion")

    def asked(query: str) -> set[int]:
        return {row["id"] for row in api.rows(f"threads/{query}")}

    for scope in ("?", "?series=scs&", "?series=scs&part=1&"):
        assert asked(f"{scope}state=open") == {source.pk, question.pk}
        assert asked(f"{scope}state=open&tag=data") == {source.pk}
        assert asked(f"{scope}state=declined") == set()
    discussion.resolve_thread(thread=source, by=world.moderator, resolution="declined", reason="It is older")
    discussion.accept_answer(thread=Thread.objects.get(pk=question.pk), post=answer, by=world.moderator)
    for scope in ("?", "?series=scs&", "?series=scs&part=1&"):
        assert asked(f"{scope}state=open") == set()
        assert asked(f"{scope}state=declined") == {source.pk}
        assert asked(f"{scope}state=accepted&kind=question") == {question.pk}
    refused = api.get("threads/?state=undecided")
    assert codes(refused) == {"state": "bad_choice"}


@pytest.mark.parametrize(
    ("query", "status", "field", "code"),
    [
        ("?series=nothing", 404, "series", "not_found"),
        ("?series=scs&part=9", 404, "part", "not_found"),
        ("?part=1", 400, "series", "required"),
        ("?tag=nothing", 404, "tag", "not_found"),
        ("?kind=rant", 400, "kind", "bad_choice"),
        ("?order=random", 400, "order", "bad_choice"),
        ("?tag=%00", 400, "tag", "bad_name"),
        ("?series=%00", 400, "series", "bad_name"),
        ("?author=" + "x" * 201, 400, "author", "bad_name"),
        ("?page_size=many", 400, "page_size", "bad_number"),
        ("?page_size=0", 400, "page_size", "bad_number"),
    ],
)
def test_bad_parameters_are_named(world: World, api: Api, query: str, status: int, field: str, code: str):
    refused = api.get(f"threads/{query}")
    assert refused.status_code == status
    assert codes(refused) == {field: code}


def test_a_member_starts_a_thread(world: World):
    sent = {
        "series": "scs", "part": "what-it-is", "title": "Is this so everywhere?", "body": "I *wonder*.",
        "kind": "question", "tags": ["Pilot cities", "credit", "CREDIT"],
    }  # fmt: skip
    made = world.api("other").post("threads/", sent)

    assert made.status_code == 201
    found = made.json()
    assert found["author"]["username"] == "other"
    assert [tag["name"] for tag in found["tags"]] == ["Pilot cities", "credit"]
    assert found == world.api("other").get(f"threads/{found['id']}/").json()
    [opening] = world.api().rows(f"posts/?thread={found['id']}")
    assert opening["body_html"] == "<p>I <em>wonder</em>.</p>\n"
    by_number = world.api("other").post("threads/", {**sent, "part": 1})
    assert by_number.status_code == 201


def test_changed_by_its_author(world: World):
    changed = world.api("member").patch(f"threads/{world.thread.pk}/", {"kind": "correction", "tags": []})

    assert changed.status_code == 200
    assert changed.json()["kind"] == "correction"
    assert changed.json()["tags"] == []
    assert changed.json()["title"] == "A question about this"


def test_moderated(world: World):
    moderator, visitor = world.api("moderator"), world.api()
    path = f"threads/{world.thread.pk}/"

    assert moderator.post(f"{path}pin/").json()["pinned_at"]
    assert moderator.post(f"{path}unpin/").json()["pinned_at"] is None
    locked = moderator.post(f"{path}lock/", {"reason": "settled"})
    assert locked.json()["locked_reason"] == "settled"
    assert visitor.get(path).json()["locked_at"]
    assert moderator.post(f"{path}lock/").json()["locked_at"] == locked.json()["locked_at"]
    assert moderator.post(f"{path}unlock/").json()["locked_at"] is None
    assert moderator.post(f"{path}hide/", {"reason": "off topic"}).json()["hidden_at"]
    assert visitor.get(path).status_code == 404
    assert moderator.post(f"{path}unhide/").json()["hidden_at"] is None
    assert visitor.get(path).status_code == 200


def test_a_locked_thread_is_not_answered(world: World):
    discussion.lock_thread(thread=world.thread, by=world.moderator)
    refused = world.api("other").post("posts/", {"thread": world.thread.pk, "body": "But"})

    assert refused.status_code == 403
    assert refused.json()["code"] == "thread_locked"
    assert (
        world.api("moderator").post("posts/", {"thread": world.thread.pk, "body": "Why"}).status_code == 201
    )


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"title": None}, "title", "null"),
        ({"title": "Short"}, "title", "title_too_short"),
        ({"title": ""}, "title", "title_too_short"),
        ({"title": "x" * 300}, "title", "title_too_long"),
        ({"title": "\u200b" * 20}, "title", "title_too_short"),
        ({"title": ["a", "list"]}, "title", "invalid"),
        ({"title": "nul \x00 in the title"}, "title", "null_characters_not_allowed"),
        ({"title": "half a \ud800 pair in it"}, "title", "surrogate_characters_not_allowed"),
        ({"body": ""}, "body", "empty"),
        ({"body": " \n\t "}, "body", "empty"),
        ({"body": "x" * 30_001}, "body", "too_long"),
        ({"body": "x" * 130_000}, "body", "max_length"),
        ({"body": "nul \x00"}, "body", "null_characters_not_allowed"),
        ({"body": "bell \x07"}, "body", "nul"),
        ({"body": "> " * 10_000 + "deep"}, "body", "too_deep"),
        ({"body": "- " * 10_000 + "deep"}, "body", "too_deep"),
        ({"body": "No such [@source]."}, "body", "unknown_source"),
        ({"body": 7}, "body", "invalid"),
        ({"kind": "rant"}, "kind", "invalid_choice"),
        ({"kind": {"a": 1}}, "kind", "invalid_choice"),
        ({"tags": "one, two"}, "tags", "not_a_list"),
        ({"tags": [f"tag {n}" for n in range(1_000)]}, "tags", "too_many_tags"),
        ({"tags": [f"tag {n}" for n in range(1_001)]}, "tags", "max_length"),
        ({"tags": ["x" * 51]}, "tags", "tag_too_long"),
        ({"tags": [""]}, "tags", "tag_empty"),
        ({"tags": ["\u200b\u200d"]}, "tags", "tag_empty"),
        ({"tags": [{"a": 1}]}, "tags.0", "invalid"),
        ({"part": 9}, "part", "not_found"),
        ({"part": -1}, "part", "invalid"),
        ({"part": True}, "part", "invalid"),
        ({"part": "\x00"}, "part", "not_found"),
        ({"part": "unfinished"}, "part", "not_found"),
        ({"series": "nothing"}, "part", "not_found"),
    ],
)
def test_bad_fields_are_named(world: World, change: dict[str, object], field: str, code: str):
    sent = {"series": "scs", "part": 1, "title": "A title that will do", "body": "Text.", **change}
    refused = world.api("other").post("threads/", sent)

    assert refused.status_code == (404 if code == "not_found" else 400)
    assert codes(refused)[field] == code
    assert Thread.objects.count() == 2


def test_all_that_is_wrong_is_told_at_once(world: World):
    sent = {"series": "scs", "part": 1, "title": "Short", "body": " ", "kind": "rant", "tags": "one, two"}
    refused = world.api("other").post("threads/", sent)

    assert refused.status_code == 400
    assert codes(refused) == {
        "title": "title_too_short", "body": "empty", "kind": "invalid_choice", "tags": "not_a_list",
    }  # fmt: skip


@pytest.mark.parametrize(
    "tag", ["a/b", "🏳️‍🌈", "zero\u200bwidth", "C++", "中文", "#hash", "<b>", "a,b", "..", "%00"]
)
def test_odd_tags_are_kept_and_found(world: World, tag: str):
    sent = {"series": "scs", "part": 1, "title": "A title that will do", "body": "Text.", "tags": [tag]}
    made = world.api("other").post("threads/", sent)

    assert made.status_code == 201, made.content
    [shown] = made.json()["tags"]
    assert [row["id"] for row in world.api().rows(f"threads/?tag={shown['slug']}")] == [made.json()["id"]]
    assert world.api().get(f"tags/{shown['slug']}/").json()["name"] == shown["name"]


def test_two_people_edit_title_and_tags(world: World):
    member, moderator, path = world.api("member"), world.api("moderator"), f"threads/{world.thread.pk}/"
    assert member.get(path).json()["revision"] == 1
    first = member.patch(path, {"title": "The owner's new title", "expected_revision": 1})
    assert first.json()["revision"] == 2
    second = moderator.patch(path, {"tags": ["law"], "expected_revision": 1})
    assert second.status_code == 409
    problem = second.json()
    assert (problem["code"], problem["current_revision"]) == ("stale_edit", 2)
    assert "The owner's new title" in problem["current"]
    assert "credit" in problem["current"]
    assert "law" in problem["yours"]
    assert [tag["slug"] for tag in member.get(path).json()["tags"]] == ["credit"]
    assert moderator.patch(path, {"tags": ["law"], "expected_revision": 2}).json()["revision"] == 3
    # Who does not say where they started from changes what they name, and nothing else.
    assert member.patch(path, {"kind": "question"}).json()["title"] == "The owner's new title"


def test_threads_that_nobody_answered(world: World, api: Api):
    alone = make_thread(world.part, title="Nobody has answered this", tags=["credit"])
    for query in ("", "&series=scs&part=1", "&tag=credit", "&series=scs&tag=credit"):
        assert [row["id"] for row in api.rows(f"threads/?order=unanswered{query}")] == [alone.pk], query
