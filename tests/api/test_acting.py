"""Reactions, accepted answers, decisions and withdrawing, by the API."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.models import Post, Thread
from scs_series.services import discussion
from tests.api.conftest import Api, World, codes
from tests.factories import make_post
from tests.stage import fresh_post, fresh_thread


def reactions(world: World) -> str:
    return f"posts/{world.post.pk}/reactions/"


def test_a_word_is_said_listed_and_taken_back(world: World, api: Api):
    other = world.api("other")
    for _twice in range(2):
        said = other.post(reactions(world), {"word": "agree"})
        assert said.status_code == 200
        assert said.json()["reactions"] == {"agree": 1}
    world.api("author").post(reactions(world), {"word": "thanks"})
    rows = api.rows(reactions(world))
    assert [(row["word"], row["member"]["username"]) for row in rows] == [
        ("thanks", "author"),
        ("agree", "other"),
    ]
    assert api.get(f"posts/{world.post.pk}/").json()["reactions"] == {"agree": 1, "thanks": 1}
    for _twice in range(2):
        taken = other.delete(f"{reactions(world)}?word=agree")
        assert taken.status_code == 200
        assert taken.json()["reactions"] == {"thanks": 1}


@pytest.mark.parametrize(
    ("sent", "code"),
    [({}, "required"), ({"word": "like"}, "unknown_reaction"), ({"word": 1}, "invalid"), ({"word": "x" * 99}, "max_length")],
)  # fmt: skip
def test_bad_words_are_named(world: World, sent: dict[str, Any], code: str):
    assert codes(world.api("other").post(reactions(world), sent)) == {"word": code}
    assert codes(world.api("other").delete(reactions(world))) == {"word": "required"}


def test_a_validator_holds_until_somebody_reacts_and_is_nobodys_own(world: World):
    """The answer is shared by members: what each of them said is not in it."""
    address = f"posts/?thread={world.thread.pk}"
    readers = {who: world.api(who) for who in ("anonymous", "member", "other")}
    etags = {who: api.get(address).headers["ETag"] for who, api in readers.items()}
    for who, api in readers.items():
        assert api.get(address, If_None_Match=etags[who]).status_code == 304
    world.api("other").post(reactions(world), {"word": "agree"})
    answers = {who: api.get(address, If_None_Match=etags[who]) for who, api in readers.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert answers["anonymous"].json()["results"][1]["reactions"] == {"agree": 1}
    visitors, members = (answers[who].json()["results"][:2] for who in ("anonymous", "other"))
    assert visitors == members


def test_an_answer_is_accepted(world: World, api: Api):
    address = f"threads/{world.thread.pk}/"
    Thread.objects.filter(pk=world.thread.pk).update(kind="question")
    before = api.get(address).json()
    assert (before["resolution"], before["accepted"], before["resolved_by"]) == ("open", None, None)
    asker = world.api("member")
    accepted = asker.post(f"{address}accept/", {"post": 2}).json()
    assert (accepted["resolution"], accepted["accepted"]) == ("accepted", 2)
    assert accepted["resolved_by"]["username"] == "member"
    assert accepted == api.get(address).json()
    assert [row["is_accepted"] for row in api.rows(f"posts/?thread={world.thread.pk}")] == [
        False,
        True,
        False,
    ]
    [row] = api.rows("threads/?series=scs")
    assert (row["accepted"], row["resolution"]) == (2, "accepted")
    assert codes(asker.post(f"{address}accept/", {"post": 99})) == {"post": "not_found"}
    assert codes(asker.post(f"{address}accept/", {"post": 1})) == {"post": "not_an_answer"}
    assert codes(asker.post(f"{address}accept/", {"post": 3})) == {"post": "answer_hidden"}
    discussion.hide_post(post=fresh_post(world.thread, 2), by=world.moderator)
    hidden = api.get(address).json()
    assert (hidden["accepted"], hidden["accepted_at"], hidden["resolution"]) == (None, None, "open")
    assert asker.post(f"{address}unaccept/").json()["accepted"] is None


def test_a_source_is_declined_with_who_and_why(world: World, api: Api):
    address = f"threads/{world.thread.pk}/"
    assert api.get(address).json()["resolution"] is None, "a discussion comes to nothing"
    assert codes(world.api("author").post(f"{address}resolve/", {"resolution": "accepted"})) == {
        "resolution": "no_resolution"
    }
    Thread.objects.filter(pk=world.thread.pk).update(kind="source")
    assert codes(world.api("author").post(f"{address}resolve/", {"resolution": "perhaps"})) == {
        "resolution": "invalid_choice"
    }
    sent = {"resolution": "declined", "reason": "Not found in any library."}
    declined = world.api("author").post(f"{address}resolve/", sent).json()
    assert declined == api.get(address).json()
    assert (declined["resolution"], declined["resolved_reason"]) == ("declined", sent["reason"])
    assert declined["resolved_by"]["username"] == "author"
    again = world.api("author").post(f"{address}resolve/", {"resolution": "open"}).json()
    assert (again["resolution"], again["resolved_reason"]) == ("open", "")


def test_what_is_withdrawn_tells_its_text_to_nobody_else(world: World, api: Api):
    secret = "Written in anger."
    post = make_post(world.thread, by=world.other, body=secret, answers=2)
    discussion.react(post=fresh_post(world.thread, post.number), by=world.member, word="agree")
    discussion.edit_post(post=fresh_post(world.thread, post.number), by=world.other, body=secret + " Very.")
    address = f"posts/{post.pk}/"
    assert api.get(f"posts/{world.post.pk}/").json()["answered_by"] == [post.number]
    withdrawn = world.api("other").post(f"{address}withdraw/", {"reason": "Too quick"}).json()
    assert withdrawn["status"] == "withdrawn"
    assert secret in withdrawn["body"], "its author still has it"
    assert api.get(f"posts/{world.post.pk}/").json()["answered_by"] == []
    for who in ("anonymous", "member", "author", "other", "moderator"):
        reader, sees = world.api(who), who in ("other", "moderator")
        listed = reader.get(f"posts/?thread={world.thread.pk}")
        told = [reader.get(address), listed, reader.get("posts/"), reader.get("posts/?author=other")]
        assert any(secret in answer.content.decode() for answer in told) == sees, who
        stub = listed.json()["results"][post.number - 1]
        assert (stub["number"], stub["status"], stub["hidden_reason"]) == (
            post.number,
            "withdrawn",
            "Too quick",
        )
        assert stub["reactions"] == ({"agree": 1} if sees else {})
        for more in ("revisions/", "reactions/"):
            assert reader.get(address + more).status_code == (200 if sees else 404)
    assert post.pk not in {row["id"] for row in api.rows("posts/")}, "it has no place but in its thread"
    assert codes(
        world.api("member").post("posts/", {"thread": world.thread.pk, "answers": post.number, "body": "x"})
    ) == {"answers": "post_withdrawn"}
    restored = world.api("other").post(f"{address}restore/")
    assert restored.json()["status"] == "published"
    assert secret in api.get(address).content.decode()


def test_an_edit_that_comes_too_late_says_so(world: World, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "EDIT_WINDOW": 0}
    refused = world.api("member").patch(f"posts/{world.post.pk}/", {"body": "Late.", "expected_revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "edit_window_over")
    assert world.api("member").post(f"posts/{world.post.pk}/withdraw/").json()["code"] == "edit_window_over"
    assert Post.objects.get(pk=world.post.pk).body == "My answer."
    assert fresh_thread(world.thread).post_count == 2
