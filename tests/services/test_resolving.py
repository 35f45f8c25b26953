"""What threads come to: accepted answers of questions, decisions on corrections and sources."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import TestCase

from scs_series.exceptions import InvalidInput, NotAllowed, ThreadLocked
from scs_series.models import Member, OutboxItem, Post, Thread
from scs_series.services import discussion
from scs_series.services.members import save_member
from tests import factories
from tests.services.watching import heard, raised_by
from tests.stage import Stage, assert_counts, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def commits() -> Any:
    """What waits for the commit is done at the end of the block."""
    return TestCase.captureOnCommitCallbacks(execute=True)


EVERYTHING_AROUND = {"thread", "part", "series", "tag"}


@pytest.fixture
def question(stage: Stage) -> Stage:
    discussion.edit_thread(thread=fresh_thread(stage.thread), by=stage.user("owner"), kind="question")
    factories.make_post(fresh_thread(stage.thread), by=stage.user("member"), body="Another answer.")
    OutboxItem.objects.all().delete()
    return stage


@pytest.fixture
def correction(stage: Stage) -> Stage:
    discussion.edit_thread(thread=fresh_thread(stage.thread), by=stage.user("owner"), kind="correction")
    OutboxItem.objects.all().delete()
    return stage


def accept(stage: Stage, number: int | None, role: str = "owner") -> bool:
    post = fresh_post(stage.thread, number) if number else None
    return discussion.accept_answer(thread=fresh_thread(stage.thread), post=post, by=stage.user(role))


def resolve(stage: Stage, resolution: str, role: str = "editor", **more: Any) -> bool:
    thread = fresh_thread(stage.thread)
    return discussion.resolve_thread(thread=thread, resolution=resolution, by=stage.user(role), **more)


def marked(stage: Stage) -> set[int]:
    """The posts that bear the mark as they are stored."""
    posts = Post.objects.filter(thread=stage.thread, fragment__contains="scs-post--accepted")
    return set(posts.values_list("number", flat=True))


def shown_as_answered(stage: Stage) -> bool:
    thread = fresh_thread(stage.thread)
    assert ("Answered" in thread.row_html) == thread.is_answered
    return thread.is_answered


# ---------------------------------------------------------------------- accepted answers
def test_an_answer_is_accepted_changed_and_taken_back(question: Stage) -> None:
    assert raised_by(question, lambda: accept(question, 2)) == EVERYTHING_AROUND
    assert raised_by(question, lambda: accept(question, 2)) == set()
    thread = fresh_thread(question.thread)
    assert (thread.accepted_number, thread.accepted_by) == (2, thread.author)
    assert (marked(question), shown_as_answered(question)) == ({2}, True)
    assert accept(question, 3, "moderator")
    assert (marked(question), shown_as_answered(question)) == ({3}, True)
    assert accept(question, None)
    assert not accept(question, None)
    assert (marked(question), shown_as_answered(question)) == (set(), False)
    assert fresh_thread(question.thread).accepted_at is None
    assert_counts()


def test_it_is_told_once_however_often_it_is_given(question: Stage) -> None:
    with heard() as calls, commits():
        accept(question, 2)
        accept(question, None)
        accept(question, 2)
    assert [(name, said["change"]) for name, _sender, said in calls] == [
        ("thread_changed", "accepted"), ("thread_changed", "unaccepted"), ("thread_changed", "accepted"),
    ]  # fmt: skip
    item = OutboxItem.objects.get()
    thread = fresh_thread(question.thread)
    assert item.payload == {
        "event": "accepted", "post": question.post.pk, "thread": thread.pk, "by": thread.author_id,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "code"), [(1, "not_an_answer"), (2, "answer_hidden"), (3, "answer_hidden")]
)
def test_not_every_post_is_an_answer(question: Stage, number: int, code: str) -> None:
    discussion.hide_post(post=fresh_post(question.thread, 2), by=question.user("moderator"))
    discussion.withdraw_post(post=fresh_post(question.thread, 3), by=question.user("member"))
    with pytest.raises(InvalidInput) as refused:
        accept(question, number)
    assert (refused.value.code, refused.value.field) == (code, "post")


def test_a_post_of_another_thread_is_no_answer(question: Stage) -> None:
    elsewhere = factories.make_post(factories.make_thread(question.part))
    with pytest.raises(InvalidInput) as refused:
        discussion.accept_answer(
            thread=fresh_thread(question.thread), post=elsewhere, by=question.user("owner")
        )
    assert refused.value.code == "not_an_answer"


def test_only_a_question_has_an_answer(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as refused:
        accept(stage, 2)
    assert refused.value.code == "not_a_question"


def test_in_a_locked_thread_who_asked_is_told_that_it_is_locked(question: Stage) -> None:
    discussion.lock_thread(thread=fresh_thread(question.thread), by=question.user("moderator"))
    with pytest.raises(ThreadLocked):
        accept(question, 2)
    assert accept(question, 2, "editor")


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_the_mark_goes_out_of_sight_with_its_post_and_comes_back_with_it(question: Stage, how: str) -> None:
    accept(question, 2)
    given = fresh_thread(question.thread).accepted_at

    def post() -> Post:
        return fresh_post(question.thread, 2)

    if how == "hidden":
        discussion.hide_post(post=post(), by=question.user("moderator"))
    else:
        discussion.withdraw_post(post=post(), by=question.user("member_2"))
    assert (marked(question), shown_as_answered(question)) == (set(), False)
    factories.make_post(fresh_thread(question.thread))
    assert not shown_as_answered(question), "nor does a later answer bring it back"
    if how == "hidden":
        discussion.unhide_post(post=post(), by=question.user("moderator"))
    else:
        discussion.restore_post(post=post(), by=question.user("member_2"))
    assert (marked(question), shown_as_answered(question)) == ({2}, True)
    assert fresh_thread(question.thread).resolved_at == given


def test_another_may_be_accepted_while_the_first_is_hidden(question: Stage) -> None:
    accept(question, 2)
    discussion.hide_post(post=fresh_post(question.thread, 2), by=question.user("moderator"))
    assert accept(question, 3)
    discussion.unhide_post(post=fresh_post(question.thread, 2), by=question.user("moderator"))
    assert (marked(question), shown_as_answered(question)) == ({3}, True)


def test_an_edited_answer_stays_the_accepted_one(question: Stage) -> None:
    accept(question, 2)
    discussion.edit_post(post=fresh_post(question.thread, 2), by=question.user("member_2"), body="Better.")
    assert marked(question) == {2}


def test_what_is_no_question_any_more_has_no_answer_until_it_is_one_again(question: Stage) -> None:
    accept(question, 2)

    def becomes(kind: str) -> None:
        discussion.edit_thread(thread=fresh_thread(question.thread), by=question.user("owner"), kind=kind)

    becomes("correction")
    assert (marked(question), shown_as_answered(question)) == (set(), False)
    assert fresh_thread(question.thread).resolution == "open", "an accepted answer is no accepted correction"
    becomes("question")
    assert (marked(question), shown_as_answered(question)) == ({2}, True)
    discussion.hide_post(post=fresh_post(question.thread, 2), by=question.user("moderator"))
    becomes("discussion")
    becomes("question")
    assert (marked(question), shown_as_answered(question)) == (set(), False)


# ---------------------------------------------------------------------- decisions
def test_a_correction_is_decided_with_who_and_why_and_opened_again(correction: Stage) -> None:
    thread = fresh_thread(correction.thread)
    assert "Open" in thread.row_html
    with heard() as calls, commits():
        raised = raised_by(
            correction, lambda: resolve(correction, "declined", reason="  The law\nsays otherwise. ")
        )
    assert raised == EVERYTHING_AROUND
    assert [(name, said["change"]) for name, _sender, said in calls] == [("thread_changed", "resolved")]
    thread = fresh_thread(correction.thread)
    editor = Member.objects.get(user=correction.user("editor"))
    assert (thread.resolution, thread.resolved_by, thread.resolved_reason) == (
        "declined", editor, "The law says otherwise.",
    )  # fmt: skip
    assert "Declined" in thread.row_html
    assert not resolve(correction, "declined", reason="The law says otherwise.")
    assert resolve(correction, "declined", reason="Another reason.")
    assert resolve(correction, "accepted", "moderator")
    with heard() as calls, commits():
        assert resolve(correction, "open", "moderator", reason="Too soon.")
    assert [said["change"] for _name, _sender, said in calls] == ["reopened"]
    thread = fresh_thread(correction.thread)
    assert (thread.resolution, thread.is_decided, thread.resolved_reason) == ("open", False, "Too soon.")
    assert not resolve(correction, "open", "moderator")
    events = [item.payload["resolution"] for item in OutboxItem.objects.order_by("pk")]
    assert events == ["declined", "declined", "accepted", "open"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"resolution": "maybe"}, "bad_resolution", "resolution"),
        ({"resolution": "accepted", "reason": "x" * 301}, "reason_too_long", "reason"),
    ],
)
def test_a_bad_decision_is_named(correction: Stage, given: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(correction, **given)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("kind", ["discussion", "question"])
def test_discussions_and_questions_are_not_decided(stage: Stage, kind: str) -> None:
    Thread.objects.update(kind=kind)
    with pytest.raises(InvalidInput) as refused:
        resolve(stage, "accepted")
    assert refused.value.code == "no_resolution"


def test_whoever_proposed_it_does_not_decide_nor_take_the_decision_out_of_sight(correction: Stage) -> None:
    with pytest.raises(NotAllowed):
        resolve(correction, "accepted", "owner")
    resolve(correction, "declined")
    with pytest.raises(InvalidInput) as refused:
        discussion.edit_thread(
            thread=fresh_thread(correction.thread), by=correction.user("owner"), kind="discussion"
        )
    assert (refused.value.code, refused.value.field) == ("kind_decided", "kind")
    discussion.edit_thread(
        thread=fresh_thread(correction.thread), by=correction.user("owner"), title="Another title", kind="correction"
    )  # fmt: skip
    discussion.edit_thread(
        thread=fresh_thread(correction.thread), by=correction.user("moderator"), kind="source"
    )
    assert fresh_thread(correction.thread).resolution == "declined", "it is still the same proposal"


def test_a_new_name_of_who_decided_is_shown(correction: Stage) -> None:
    resolve(correction, "accepted", "moderator")
    member = Member.objects.get(user=correction.user("moderator"))
    assert not Post.objects.filter(thread=correction.thread, author=member).exists()
    member.display_name = "Another Name"
    assert "thread" in raised_by(
        correction, lambda: save_member(member=member, by=correction.user("moderator"))
    )
