"""Reactions: said once, counted exactly, shown nowhere but in their thread."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited, ThreadLocked
from scs_series.models import Block, OutboxItem, Post, Reaction
from scs_series.services import discussion
from scs_series.services.counts import recount, wrong_counts
from tests.services.watching import raised_by
from tests.stage import Stage, assert_counts, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def react(stage: Stage, role: str = "owner", word: str = "agree") -> bool:
    return discussion.react(post=fresh_post(stage.thread, 2), by=stage.user(role), word=word)


def unreact(stage: Stage, role: str = "owner", word: str = "agree") -> bool:
    return discussion.unreact(post=fresh_post(stage.thread, 2), by=stage.user(role), word=word)


def counts(stage: Stage) -> dict[str, int]:
    return fresh_post(stage.thread, 2).reaction_counts


def test_a_word_is_said_once_and_taken_back_once(stage: Stage) -> None:
    assert react(stage)
    assert not react(stage)
    assert react(stage, "member")
    assert react(stage, "member", "thanks")
    assert counts(stage) == {"agree": 2, "thanks": 1}
    assert unreact(stage, "member")
    assert not unreact(stage, "member")
    assert unreact(stage)
    assert counts(stage) == {"thanks": 1}, "a word that nobody says is not in it"
    assert Reaction.objects.count() == 1
    assert_counts()


def test_only_the_threads_page_is_raised(stage: Stage) -> None:
    assert raised_by(stage, lambda: react(stage)) == {"thread"}
    assert raised_by(stage, lambda: react(stage)) == set()
    assert raised_by(stage, lambda: unreact(stage)) == {"thread"}
    assert raised_by(stage, lambda: unreact(stage)) == set()


def test_each_is_noted_to_be_told_and_what_changes_nothing_is_not(stage: Stage) -> None:
    OutboxItem.objects.all().delete()
    react(stage)
    react(stage)
    item = OutboxItem.objects.get()
    reaction = Reaction.objects.get()
    assert item.key == f"reacted:{reaction.pk}"
    assert item.payload == {
        "event": "reacted", "post": stage.post.pk, "thread": stage.thread.pk, "by": reaction.member_id, "word": "agree",
    }  # fmt: skip


def test_words_are_the_hosts(stage: Stage, settings: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        react(stage, word="like")
    assert (refused.value.code, refused.value.field) == ("unknown_reaction", "word")
    react(stage, word="thanks")
    settings.SCS_SERIES = {**settings.SCS_SERIES, "REACTIONS": {"like": "Like"}}
    react(stage, word="like")
    assert counts(stage) == {"thanks": 1, "like": 1}, "what was said is kept"
    assert discussion.shown_counts(counts(stage)) == {"like": 1}
    assert unreact(stage, word="thanks"), "and may still be taken back"
    settings.SCS_SERIES = {**settings.SCS_SERIES, "REACTIONS": {}}
    assert discussion.reaction_words() == {}
    with pytest.raises(InvalidInput):
        react(stage, word="like")


def test_a_refusal_says_why(stage: Stage) -> None:
    post = fresh_post(stage.thread, 2)
    with pytest.raises(NotAllowed):
        discussion.react(post=post, by=stage.user("member_2"), word="agree")
    Block.objects.create(member=post.author, other=stage.thread.author, level=Block.Level.BLOCK)
    with pytest.raises(NotAllowed) as refused:
        react(stage)
    assert "hear from you" in str(refused.value)
    Block.objects.update(level=Block.Level.MUTE)
    assert react(stage), "who is muted may say what they like"
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    with pytest.raises(ThreadLocked):
        react(stage, word="thanks")
    assert unreact(stage), "one's own word may be taken back always"
    with pytest.raises(NotAllowed):
        unreact(stage, "anonymous")


def test_what_was_hidden_since_it_was_read_is_not_reacted_to(stage: Stage) -> None:
    read = fresh_post(stage.thread, 2)
    discussion.hide_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"))
    with pytest.raises(NotAllowed):
        discussion.react(post=read, by=stage.user("owner"), word="agree")
    assert not Reaction.objects.exists()


def test_not_too_often(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "REACTION_RATE": "3/h"}
    for _each in range(3):
        react(stage)
    with pytest.raises(RateLimited):
        unreact(stage)
    assert react(stage, "member"), "each has a limit of their own"


@pytest.mark.parametrize(
    "stored", [{}, {"agree": 7}, {"agree": 1, "thanks": 2}, {"gone": 3}, {"agree": 1, "insight": 0}]
)
def test_wrong_counts_are_named_and_mended(stage: Stage, stored: dict[str, int]) -> None:
    react(stage)
    Post.objects.filter(pk=stage.post.pk).update(reaction_counts=stored)
    named = {(d.model, d.pk, d.field, d.stored, d.counted) for d in wrong_counts()}
    words = {word for word in {"agree", *stored} if stored.get(word, 0) != int(word == "agree")}
    assert named == {
        (
            "scs_series.Post",
            stage.post.pk,
            f"reaction_counts.{word}",
            stored.get(word, 0),
            int(word == "agree"),
        )
        for word in words
    }
    assert raised_by(stage, recount) == {"thread"}
    assert counts(stage) == {"agree": 1}
    assert list(wrong_counts()) == []
