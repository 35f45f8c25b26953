"""The window in which authors change what they wrote, and taking it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from scs_series.exceptions import EditWindowOver, InvalidInput, NotAllowed, ThreadLocked
from scs_series.models import Member, Post, Source
from scs_series.services import discussion, maintenance
from tests.services.watching import heard, raised_by
from tests.stage import Stage, assert_counts, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def commits() -> Any:
    """What waits for the commit is done at the end of the block."""
    return TestCase.captureOnCommitCallbacks(execute=True)


SECRET = "Nobody may read this"


def say(stage: Stage, role: str = "member", body: str = SECRET, answers: int | None = None) -> int:
    thread = fresh_thread(stage.thread)
    return discussion.reply(thread=thread, by=stage.user(role), body=body, answers=answers).number


def withdraw(stage: Stage, number: int, role: str = "member", **more: Any) -> bool:
    return discussion.withdraw_post(post=fresh_post(stage.thread, number), by=stage.user(role), **more)


def restore(stage: Stage, number: int, role: str = "member") -> bool:
    return discussion.restore_post(post=fresh_post(stage.thread, number), by=stage.user(role))


def age(stage: Stage, seconds: int) -> None:
    Post.objects.filter(thread=stage.thread).update(created_at=timezone.now() - dt.timedelta(seconds=seconds))


def edit(stage: Stage, role: str = "owner") -> Post:
    return discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user(role), body="Anew.")


# ---------------------------------------------------------------------- the window
def test_ones_own_may_be_edited_for_a_while(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "EDIT_WINDOW": 60}
    age(stage, 50)
    assert edit(stage).body == "Anew."
    age(stage, 61)
    with pytest.raises(EditWindowOver) as refused:
        discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body="Later.")
    assert refused.value.code == "edit_window_over"
    assert "Answer it" in str(refused.value), "it says what to do instead"
    with pytest.raises(EditWindowOver):
        withdraw(stage, 1, "owner")
    with pytest.raises(NotAllowed):
        discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("member"), body="Not mine.")
    assert discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("moderator"), body="Later.")


def test_a_host_may_leave_it_open_or_never_open_it(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "EDIT_WINDOW": None}
    age(stage, 10**8)
    assert edit(stage)
    settings.SCS_SERIES = {**settings.SCS_SERIES, "EDIT_WINDOW": 0}
    age(stage, 1)
    with pytest.raises(EditWindowOver):
        discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body="Later.")


def test_what_is_imported_was_in_time_where_it_was_edited(stage: Stage) -> None:
    age(stage, 10**7)
    post = fresh_post(stage.thread, 1)
    assert discussion.edit_post(post=post, by=stage.user("owner"), body="Imported.", at=timezone.now())


# ---------------------------------------------------------------------- withdrawing
def test_what_nobody_answered_takes_no_place(stage: Stage) -> None:
    number = say(stage, answers=2)
    member = Member.objects.get(user=stage.user("member"))
    with heard() as calls, commits():
        raised = raised_by(stage, lambda: withdraw(stage, number, reason="Too quick"))
    assert raised == {"thread", "part", "series", "tag"}
    assert [name for name, _sender, _said in calls] == ["post_withdrawn"]
    post = fresh_post(stage.thread, number)
    assert (post.status, post.hidden_by, post.hidden_reason) == ("withdrawn", member, "Too quick")
    assert post.fragment == ""
    assert post.body == SECRET, "it is kept"
    assert fresh_post(stage.thread, 2).answer_numbers == [], "and nothing points at it"
    assert fresh_thread(stage.thread).post_count == 2
    assert not withdraw(stage, number), "it is withdrawn already"
    assert_counts()
    with heard() as calls, commits():
        assert restore(stage, number)
    assert [name for name, _sender, _said in calls] == ["post_restored"]
    assert SECRET in fresh_post(stage.thread, number).fragment
    assert fresh_post(stage.thread, 2).answer_numbers == [number]
    assert not restore(stage, number)
    assert_counts()
    assert say(stage) == number + 1, "its number was not given to another"


@pytest.mark.parametrize("number", [1, 2])
def test_what_was_answered_or_opens_the_thread_leaves_a_stub(stage: Stage, number: int) -> None:
    role = "owner" if number == 1 else "member_2"
    say(stage, body="An answer to it.", answers=2)
    before = Source.objects.get(pk=stage.source.pk).post_count
    withdraw(stage, number, role, reason="Mistaken")
    post = fresh_post(stage.thread, number)
    assert "Withdrawn by its author" in post.fragment
    assert "Mistaken" in post.fragment
    assert post.body not in post.fragment
    cites = number == 1
    assert Source.objects.get(pk=stage.source.pk).post_count == before - cites, (
        "what is not shown cites nothing"
    )
    assert_counts()
    restore(stage, number, role)
    assert Source.objects.get(pk=stage.source.pk).post_count == before
    assert_counts()


def test_a_stub_goes_with_the_last_answer_that_hung_on_it(stage: Stage) -> None:
    third = say(stage, answers=2)
    fourth = say(stage, "owner", "To the third.", answers=third)
    withdraw(stage, third)
    assert fresh_post(stage.thread, third).has_place
    withdraw(stage, fourth, "owner")
    assert not fresh_post(stage.thread, third).has_place
    assert fresh_post(stage.thread, third).fragment == ""
    assert fresh_post(stage.thread, 2).answer_numbers == []
    restore(stage, fourth, "owner")
    assert "Withdrawn" in fresh_post(stage.thread, third).fragment
    assert fresh_post(stage.thread, 2).answer_numbers == [third]
    assert_counts()


def test_nothing_answers_what_was_withdrawn(stage: Stage) -> None:
    number = say(stage)
    withdraw(stage, number)
    last = fresh_thread(stage.thread).last_number
    with pytest.raises(InvalidInput) as refused:
        say(stage, "owner", "To it.", answers=number)
    assert (refused.value.code, refused.value.field) == ("post_withdrawn", "answers")
    assert fresh_thread(stage.thread).last_number == last, "no number was used up"


def test_nothing_answers_what_is_withdrawn_while_the_answer_is_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scs_series.services.discussion import writing

    number = say(stage)
    real = writing.write_post

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        withdraw(stage, number)
        return real(*args, **kwargs)

    monkeypatch.setattr(writing, "write_post", meanwhile)
    with pytest.raises(InvalidInput):
        say(stage, "owner", "To it.", answers=number)
    assert fresh_post(stage.thread, number).answer_numbers == []


def test_moderators_bring_back_and_hide_by_their_own_acts(stage: Stage) -> None:
    number = say(stage)
    withdraw(stage, number)
    moderator = stage.user("moderator")
    assert not discussion.hide_post(post=fresh_post(stage.thread, number), by=moderator)
    assert not discussion.unhide_post(post=fresh_post(stage.thread, number), by=moderator)
    assert fresh_post(stage.thread, number).is_withdrawn, (
        "showing again what was hidden is not bringing it back"
    )
    age(stage, 10**7)
    with pytest.raises(EditWindowOver):
        restore(stage, number)
    assert restore(stage, number, "moderator")
    discussion.hide_post(post=fresh_post(stage.thread, number), by=moderator)
    with pytest.raises(NotAllowed):
        restore(stage, number, "owner")
    assert not restore(stage, number), "its author cannot undo what a moderator did"
    assert fresh_post(stage.thread, number).status == "hidden"


def test_in_a_locked_thread_nothing_is_withdrawn_or_brought_back(stage: Stage) -> None:
    first, second = say(stage), say(stage)
    withdraw(stage, first)
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for act, number in ((withdraw, second), (restore, first)):
        with pytest.raises(ThreadLocked):
            act(stage, number)


def test_in_a_hidden_thread_counts_stay_exact(stage: Stage) -> None:
    number = say(stage)
    withdraw(stage, number)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    restore(stage, number, "moderator")
    assert_counts()
    discussion.unhide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    assert_counts()


def test_a_long_reason_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as refused:
        withdraw(stage, 1, "owner", reason="x" * 301)
    assert (refused.value.code, refused.value.field) == ("reason_too_long", "reason")


def test_rendered_again_it_is_still_not_there(stage: Stage) -> None:
    number = say(stage)
    withdraw(stage, number)
    discussion.edit_post(post=fresh_post(stage.thread, number), by=stage.user("moderator"), body=SECRET + "!")
    assert dict(maintenance.render_all())["posts"] == 0
    assert fresh_post(stage.thread, number).fragment == ""
