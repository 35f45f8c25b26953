"""How far members have read: noted once, and never taken back."""

from __future__ import annotations

import pytest

from scs_series.exceptions import InvalidInput, RateLimited
from scs_series.models import Member, PartReading, Post, ThreadReading
from scs_series.services import discussion, reading
from tests import factories
from tests.stage import Stage, fresh_part, fresh_thread

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(stage: Stage) -> Member:
    return factories.make_member()


def read_up_to(member: Member, stage: Stage) -> int | None:
    return (
        ThreadReading.objects.filter(member=member, thread=stage.thread)
        .values_list("number", flat=True)
        .first()
    )


def test_a_place_goes_forward_only_and_not_beyond_the_last_post(stage: Stage, member: Member) -> None:
    thread = fresh_thread(stage.thread)
    for told, kept in ((1, 1), (2, 2), (1, 2), (900, 2), (0, 2), (-5, 2)):
        reading.mark_thread_read(member=member, thread=thread, number=told)
        assert read_up_to(member, stage) == kept, told
    discussion.reply(thread=thread, by=stage.user("owner"), body="One that was not there when 900 was told.")
    assert fresh_thread(stage.thread).last_number == 3
    assert read_up_to(member, stage) == 2, "what comes later is unread"


def test_nothing_is_noted_for_nothing(stage: Stage, member: Member) -> None:
    reading.mark_thread_read(member=member, thread=fresh_thread(stage.thread), number=0)
    assert read_up_to(member, stage) is None


def test_who_writes_has_read_so_far(stage: Stage) -> None:
    post = discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Mine.")
    assert read_up_to(Member.objects.get(user=stage.users["member"]), stage) == post.number


def test_a_place_in_a_part_goes_forward_with_its_section(stage: Stage, member: Member) -> None:
    part = fresh_part(stage.part)
    first, second = (heading["id"] for heading in part.toc)
    for percent, section, kept in (
        (10, first, (10, first)),
        (60, second, (60, second)),
        (30, first, (60, second)),
        (60, first, (60, second)),
        (100, "", (100, "")),
        (0, "", (100, "")),
    ):
        reading.mark_part_read(member=member, part=part, percent=percent, section=section)
        assert PartReading.objects.values_list("percent", "section").get(member=member, part=part) == kept


@pytest.mark.parametrize(
    ("percent", "section", "code"),
    [
        (-1, "", "bad_percent"),
        (101, "", "bad_percent"),
        (5, "nowhere", "no_such_section"),
        (5, "x" * 5_000, "no_such_section"),
    ],
)
def test_what_no_part_has_is_refused(
    stage: Stage, member: Member, percent: int, section: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        reading.mark_part_read(member=member, part=fresh_part(stage.part), percent=percent, section=section)
    assert refused.value.code == code
    assert not PartReading.objects.exists()


def test_notes_of_places_are_limited(stage: Stage, member: Member, settings: object) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "READING_RATE": "2/h"}  # type: ignore[attr-defined]
    reading.count_reading(member)
    reading.count_reading(member)
    with pytest.raises(RateLimited):
        reading.count_reading(member)
    reading.count_reading(factories.make_member())


# ---------------------------------------------------------------------- branches
def tree(stage: Stage, answers: dict[int, int | None]) -> None:
    """Posts 3, 4, … of the stage's thread, each answering the number given."""
    for number, answered in answers.items():
        post = discussion.reply(
            thread=fresh_thread(stage.thread), by=stage.user("owner"), body=f"n {number}", answers=answered,
            at=stage.thread.created_at,
        )  # fmt: skip
        assert post.number == number


def branch(stage: Stage, number: int, most: int = 100) -> tuple[list[int], list[int]] | None:
    return Post.objects.branch_of(stage.thread.pk, number, most)


def test_a_branch_is_what_a_post_answers_and_what_answers_it_through_others(stage: Stage) -> None:
    # 1 ← 2 ← 3 ← 5 ← 8; 3 ← 6; 1 ← 4; 7 answers nothing.
    tree(stage, {3: 2, 4: 1, 5: 3, 6: 3, 7: None, 8: 5})
    factories.make_post(factories.make_thread(stage.part), answers=1)  # another thread's
    assert branch(stage, 1) == ([], [2, 3, 4, 5, 6, 8])
    assert branch(stage, 3) == ([2, 1], [5, 6, 8])
    assert branch(stage, 8) == ([5, 3, 2, 1], [])
    assert branch(stage, 7) == ([], [])
    assert branch(stage, 9) is None


def test_a_branch_is_cut_where_it_is_furthest(stage: Stage) -> None:
    tree(stage, {3: 2, 4: 3, 5: 4, 6: 5})
    assert branch(stage, 1, most=2) == ([], [2, 3])
    assert branch(stage, 6, most=2) == ([5, 4], [])


def test_answers_are_named_on_what_they_answer(stage: Stage) -> None:
    tree(stage, {3: 1, 4: 2, 5: 1})
    named = dict(Post.objects.filter(thread=stage.thread).values_list("number", "answer_numbers"))
    assert named == {1: [2, 3, 5], 2: [4], 3: [], 4: [], 5: []}
