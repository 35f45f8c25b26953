"""Keeping somebody away: they cannot answer directly, and are not told why."""

from __future__ import annotations

import pytest

from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Block, Member, Post
from scs_series.services import discussion
from scs_series.services.blocks import block_member, unblock_member
from tests.stage import Stage, fresh_thread

pytestmark = pytest.mark.django_db


def member(stage: Stage, role: str) -> Member:
    from scs_series.services.members import member_for

    return member_for(stage.user(role))


def test_said_twice_it_is_one_and_the_last_word_counts(stage: Stage) -> None:
    owner, other = stage.user("owner"), member(stage, "member_2")
    first = block_member(other=other, by=owner)
    assert (first.level, block_member(other=other, by=owner, level="mute").pk) == ("block", first.pk)
    assert Block.objects.get().level == "mute"
    assert unblock_member(other=other, by=owner) is True
    assert unblock_member(other=other, by=owner) is False


def test_nobody_blocks_themselves(stage: Stage) -> None:
    with pytest.raises(NotAllowed):
        block_member(other=member(stage, "owner"), by=stage.user("owner"))


def test_a_level_that_is_none_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as caught:
        block_member(other=member(stage, "owner"), by=stage.user("member"), level="kill")
    assert (caught.value.code, caught.value.field) == ("bad_level", "level")


@pytest.mark.parametrize(("level", "refused"), [("block", True), ("mute", False)])
def test_who_is_blocked_cannot_answer_and_who_is_muted_can(stage: Stage, level: str, refused: bool) -> None:
    block_member(other=member(stage, "member_2"), by=stage.user("owner"), level=level)
    by = stage.user("member_2")
    if refused:
        with pytest.raises(InvalidInput) as caught:
            discussion.reply(thread=fresh_thread(stage.thread), by=by, body="Again.", answers=1)
        assert (caught.value.code, caught.value.field) == ("blocked", "answers")
        assert "block" not in str(caught.value).lower(), "they are not told"
        assert Post.objects.filter(thread=stage.thread).count() == 2
    else:
        assert (
            discussion.reply(thread=fresh_thread(stage.thread), by=by, body="Again.", answers=1).number == 3
        )
    # The thread is everybody's, and so is what others wrote in it.
    assert discussion.reply(thread=fresh_thread(stage.thread), by=by, body="To all.").answers is None
    assert discussion.reply(thread=fresh_thread(stage.thread), by=by, body="To me.", answers=2).answers_id


def test_a_block_holds_one_way(stage: Stage) -> None:
    block_member(other=member(stage, "member_2"), by=stage.user("owner"))
    answer = discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("owner"), body="x", answers=2)
    assert answer.number == 3


def test_a_moderator_answers_though_they_are_blocked(stage: Stage) -> None:
    block_member(other=member(stage, "moderator"), by=stage.user("owner"))
    by = stage.user("moderator")
    assert discussion.reply(thread=fresh_thread(stage.thread), by=by, body="A word.", answers=1).number == 3
