"""Many at once, with real threads and real transactions. Runs on both engines: SQLite takes writers one by one.

Every worker has a database connection of its own; all begin at the same moment.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction

from scs_series.exceptions import StaleEdit, ThreadLocked
from scs_series.models import Member, Part, Post, PostRevision, Series, Source, Tag, Thread
from scs_series.services import discussion, series, sources
from scs_series.services.members import member_for
from scs_series.services.tagging import tags_named
from tests import factories
from tests.stage import Stage, assert_counts, build_stage, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return build_stage()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts in threads that start together; the result or the exception of each, in order."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=30)
            results[place] = act()
        except Exception as error:  # noqa: BLE001  (what went wrong is what the test looks at)
            results[place] = error
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
        assert not worker.is_alive(), "a writer hangs"
    return results


def errors_in(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def test_twenty_writers_of_one_thread_leave_no_gap_and_no_double(stage: Stage) -> None:
    writers = [factories.make_user() for _n in range(20)]

    def writes(user: Any) -> Callable[[], Any]:
        def five() -> None:
            for n in range(5):
                discussion.reply(
                    thread=fresh_thread(stage.thread),
                    by=user,
                    body=f"{user.username} {n}" + (" [@kuo2019]" if n == 0 else ""),
                )

        return five

    assert errors_in(at_once(*(writes(user) for user in writers))) == []
    posts = list(Post.objects.filter(thread=stage.thread).order_by("number"))
    assert [post.number for post in posts] == list(range(1, 103))
    dates = [post.created_at for post in posts]
    assert dates == sorted(dates), "dated as they are numbered"
    assert len({post.body for post in posts}) == 102
    assert all(f'id="post-{post.number}"' in post.fragment for post in posts)
    thread = fresh_thread(stage.thread)
    assert (thread.last_number, thread.post_count) == (102, 102)
    assert (
        Counter(Post.objects.filter(author__user__in=writers).values_list("author", flat=True)).most_common(
            1
        )[0][1]
        == 5
    )
    assert_counts()


def test_one_form_sent_by_eight_threads_at_once_is_one_post(stage: Stage) -> None:
    user = factories.make_user()

    def send() -> Any:
        return discussion.reply(
            thread=fresh_thread(stage.thread),
            by=get_user_model().objects.get(pk=user.pk),
            body="Once.",
            submission_key="k",
        )

    results = at_once(*[send] * 8)
    assert errors_in(results) == []
    assert {post.pk for post in results} == {Post.objects.get(body="Once.").pk}
    assert fresh_thread(stage.thread).last_number == 3, "no number was lost to the others"
    assert Member.objects.filter(user=user).count() == 1
    assert_counts()


def test_one_new_thread_sent_by_eight_threads_at_once_is_one_thread(stage: Stage) -> None:
    user = factories.make_user()

    def send() -> Any:
        return discussion.start_thread(
            part=fresh_part(stage.part), by=get_user_model().objects.get(pk=user.pk), title="Only once, please",
            body="Once.", tags=["brand new", "courts"], submission_key="k",
        )  # fmt: skip

    results = at_once(*[send] * 8)
    assert errors_in(results) == []
    assert len({thread.pk for thread in results}) == 1
    assert Thread.objects.filter(title="Only once, please").count() == 1
    assert_counts()


def test_series_that_share_tags_and_write_at_once_never_show_a_deadlock(stage: Stage) -> None:
    other_part = Part.objects.select_related("series").get(series=stage.other_series)
    names = ["alpha", "beta", "gamma", "delta", "courts"]
    threads = [
        factories.make_thread(part, tags=tuple(order))
        for part in (stage.part, other_part)
        for order in (names, names[::-1])
    ]

    def talks(thread: Thread, user: Any, part: Part, tags: list[str]) -> Callable[[], Any]:
        def go() -> None:
            for n in range(6):
                discussion.reply(thread=fresh_thread(thread), by=user, body=f"Answer {n}.")
                if n % 3 == 0:
                    discussion.start_thread(
                        part=fresh_part(part), by=user, title=f"Another topic {n}", body="x", tags=tags
                    )

        return go

    moderator = stage.user("moderator")
    nobody_writes_here = factories.make_thread(stage.next_part, tags=tuple(names))

    def moderates() -> None:
        for _n in range(6):
            discussion.hide_thread(thread=fresh_thread(nobody_writes_here), by=moderator)
            discussion.unhide_thread(thread=fresh_thread(nobody_writes_here), by=moderator)

    acts = [
        talks(thread, factories.make_user(), part, order)
        for thread, part in zip(threads, (stage.part, stage.part, other_part, other_part), strict=True)
        for order in (names, names[::-1])
    ]
    assert errors_in(at_once(*acts, moderates)) == []
    assert_counts()


def test_posts_that_cite_one_source_at_once_are_all_counted(stage: Stage) -> None:
    other = factories.make_thread(stage.next_part)
    users = [factories.make_user() for _n in range(8)]
    acts = [
        lambda user=user, thread=thread: [
            discussion.reply(thread=fresh_thread(thread), by=user, body=f"{n} [@plan2014; @kuo2019]")
            for n in range(4)
        ]
        for user, thread in zip(users, [stage.thread, other] * 4, strict=True)
    ]
    assert errors_in(at_once(*acts)) == []
    assert Source.objects.get(pk=stage.uncited.pk).post_count == 32
    assert_counts()


def test_threads_that_take_one_tag_at_once_are_all_counted(stage: Stage) -> None:
    users = [factories.make_user() for _n in range(8)]
    parts = [
        stage.part,
        stage.next_part,
        Part.objects.select_related("series").get(series=stage.other_series),
    ]
    acts = [
        lambda user=user, part=parts[n % 3]: [
            discussion.start_thread(
                part=fresh_part(part), by=user, title=f"Thread number {i}", body="x", tags=["shared"]
            )
            for i in range(3)
        ]
        for n, user in enumerate(users)
    ]
    assert errors_in(at_once(*acts)) == []
    assert Tag.objects.get(key="shared").thread_count == 24
    assert_counts()


def _while_uncommitted(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Run ``second`` while what ``first`` wrote is not committed yet; it commits a moment later."""
    written = threading.Event()

    def holds() -> Any:
        with transaction.atomic():
            first()
            written.set()
            time.sleep(0.7)

    def meets() -> Any:
        assert written.wait(timeout=30)
        return second()

    return at_once(holds, meets)


def test_counts_see_what_another_committed_while_they_waited(stage: Stage) -> None:
    """A statement that waited for a row counts by what it saw before it waited, unless the row was locked first."""
    other_part = Part.objects.select_related("series").get(series=stage.other_series)
    one, two = factories.make_user(), factories.make_user()

    def starts(part: Part, user: Any) -> Callable[[], Any]:
        return lambda: discussion.start_thread(
            part=fresh_part(part), by=user, title="A shared subject", body="x", tags=["courts"]
        )

    assert errors_in(_while_uncommitted(starts(stage.part, one), starts(other_part, two))) == []
    assert Tag.objects.get(pk=stage.tag.pk).thread_count == 3
    assert_counts()


def test_counts_of_a_source_see_a_post_and_a_part_that_cite_it_at_once(stage: Stage) -> None:
    def saves() -> Any:
        part = fresh_part(stage.next_part)
        part.body = "Now cites [@plan2014]."
        return series.save_part(part=part, by=stage.user("editor"))

    def replies() -> Any:
        return discussion.reply(
            thread=fresh_thread(stage.thread), by=stage.user("member"), body="Cites [@plan2014]."
        )

    assert errors_in(_while_uncommitted(replies, saves)) == []
    assert_counts()
    moderator = stage.user("moderator")
    other = factories.make_thread(Part.objects.get(series=stage.other_series), by=stage.user("owner"))
    hides = lambda: discussion.hide_thread(thread=fresh_thread(other), by=moderator)  # noqa: E731
    assert (
        errors_in(
            _while_uncommitted(lambda: factories.make_thread(stage.part, by=stage.user("owner")), hides)
        )
        == []
    )
    assert_counts()


def test_a_new_tag_brought_by_eight_at_once_is_one_tag(stage: Stage) -> None:
    spellings = ["Brand New", "brand new", "BRAND NEW", "brand\u200b new"] * 2
    results = at_once(*(lambda s=s: tags_named([s], by=stage.user("member"))[0].pk for s in spellings))
    assert errors_in(results) == []
    assert len(set(results)) == 1
    assert Tag.objects.filter(key="brand new").count() == 1


def test_names_that_want_one_slug_at_once_all_get_a_tag(stage: Stage) -> None:
    names = ["C#", "C sharp", "c-sharp", "C  Sharp!", "C.sharp?"]
    results = at_once(*(lambda n=n: tags_named([n], by=stage.user("member"))[0].slug for n in names))
    assert errors_in(results) == []
    assert len(set(results)) == len(names)


def test_of_two_who_save_one_post_at_once_one_is_told_and_nothing_is_lost(stage: Stage) -> None:
    def saves(role: str, text: str) -> Callable[[], Any]:
        return lambda: discussion.edit_post(
            post=fresh_post(stage.thread, 1), by=stage.user(role), body=text, expected_revision=1
        )

    results = at_once(saves("owner", "The author's."), saves("moderator", "The moderator's."))
    (stale,) = errors_in(results)
    assert isinstance(stale, StaleEdit)
    post = fresh_post(stage.thread, 1)
    assert {stale.yours, stale.current} == {"The author's.", "The moderator's."}
    assert (post.body, post.revision_number) == (stale.current, 2)
    assert [r.body for r in PostRevision.objects.filter(post=post)] == ["It says *this* [@kuo2019]."]


def test_of_two_who_save_one_part_at_once_one_is_told(stage: Stage) -> None:
    def saves(role: str, text: str) -> Callable[[], Any]:
        def save() -> Any:
            part = fresh_part(stage.part)
            part.body = text
            return series.save_part(part=part, by=stage.user(role), expected_revision=1)

        return save

    results = at_once(saves("editor", "One."), saves("superuser", "Two [@plan2014]."))
    assert [type(error) for error in errors_in(results)] == [StaleEdit]
    assert fresh_part(stage.part).revisions.count() == 2
    assert_counts()


def test_a_part_published_by_four_at_once_is_published_once(stage: Stage) -> None:
    publish = lambda: series.publish_part(part=fresh_part(stage.draft), by=stage.user("editor"))  # noqa: E731
    assert sorted(at_once(*[publish] * 4)) == [False, False, False, True]


def test_answers_that_race_a_lock_are_written_before_it_or_refused(stage: Stage) -> None:
    def answers() -> int:
        user, written = factories.make_user(), 0
        for _n in range(6):
            discussion.reply(thread=fresh_thread(stage.thread), by=user, body="Quick!")
            written += 1
        return written

    def lock() -> None:
        discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))

    results = at_once(*[answers] * 5, lock)
    assert {type(error) for error in errors_in(results)} <= {ThreadLocked}
    thread = fresh_thread(stage.thread)
    assert thread.locked_at
    assert not Post.objects.filter(thread=thread, created_at__gt=thread.locked_at).exists()
    assert Post.objects.filter(thread=thread).count() == thread.last_number
    assert_counts()


def test_a_first_post_from_two_tabs_makes_one_member(stage: Stage) -> None:
    user = factories.make_user("twotabs")
    namesake = factories.make_user("twotabs@example.org")
    model = get_user_model()
    results = at_once(
        *(lambda pk=pk: member_for(model.objects.get(pk=pk)).pk for pk in [user.pk, namesake.pk] * 4)
    )
    assert errors_in(results) == []
    assert len(set(results)) == 2
    assert set(Member.objects.filter(pk__in=results).values_list("username", flat=True)) == {
        "twotabs",
        "twotabs-2",
    }


def test_further_reading_added_by_several_at_once_is_counted(stage: Stage) -> None:
    added = [factories.make_source(stage.series) for _n in range(6)]
    acts = [
        lambda source=source: sources.link_source(
            source=source, part=fresh_part(stage.part), by=stage.user("editor")
        )
        for source in [*added, added[0]]
    ]
    assert errors_in(at_once(*acts)) == []
    assert fresh_part(stage.part).source_count == 7
    assert all(source.key in fresh_part(stage.part).references_html for source in added)
    assert_counts()


def test_parts_moved_at_once_keep_their_numbers_apart(stage: Stage) -> None:
    acts = [
        lambda part=part, to=to: series.move_part(part=fresh_part(part), to=to, by=stage.user("superuser"))
        for part, to in ((stage.part, 3), (stage.draft, 1), (stage.next_part, 1))
    ]
    assert errors_in(at_once(*acts)) == []
    assert sorted(Part.objects.filter(series=stage.series).values_list("number", flat=True)) == [1, 2, 3]


def test_versions_grow_by_every_write_of_many(stage: Stage) -> None:
    """A version that two writes raised to the same number would let one of them go unseen."""
    before = Series.objects.get(pk=stage.series.pk).version
    users = [factories.make_user() for _n in range(6)]
    at_once(
        *(
            lambda u=u: discussion.reply(thread=fresh_thread(stage.thread), by=u, body="One more.")
            for u in users
        )
    )
    assert Series.objects.get(pk=stage.series.pk).version >= before + 6


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer at a time: nothing can be deadlocked"
)
def test_a_deadlock_is_tried_again(stage: Stage) -> None:
    """Two transactions take two rows in opposite order; the database ends one, and it succeeds the second time."""
    from scs_series.services.transactions import atomic_write

    first, second = stage.part.pk, stage.next_part.pk
    meet = threading.Barrier(2)
    tries: Counter[int] = Counter()

    @atomic_write
    def take(one: int, other: int) -> str:
        tries[one] += 1
        Part.objects.filter(pk=one).update(word_count=1)
        if tries[one] == 1:
            meet.wait(timeout=10)
        Part.objects.filter(pk=other).update(word_count=1)
        return "done"

    assert at_once(lambda: take(first, second), lambda: take(second, first)) == ["done", "done"]
    assert min(tries.values()) == 1
    assert max(tries.values()) > 1


# ---------------------------------------------------------------------- acting on posts
def test_many_who_react_at_once_are_all_counted(stage: Stage) -> None:
    members = [factories.make_member() for _n in range(16)]
    words = ("agree", "thanks", "insight")

    def says(member: Member) -> Callable[[], Any]:
        def act() -> None:
            for word in words:
                post, by = fresh_post(stage.thread, 2), get_user_model().objects.get(pk=member.user_id)
                discussion.react(post=post, by=by, word=word)
            if member.pk % 2:
                discussion.unreact(post=fresh_post(stage.thread, 2), by=by, word="thanks")

        return act

    before = fresh_thread(stage.thread).version
    assert errors_in(at_once(*(says(member) for member in members))) == []
    odd = sum(member.pk % 2 for member in members)
    assert fresh_post(stage.thread, 2).reaction_counts == {"agree": 16, "thanks": 16 - odd, "insight": 16}
    assert fresh_thread(stage.thread).version == before + 3 * 16 + odd
    assert_counts()


def test_one_reaction_sent_by_eight_threads_at_once_is_one(stage: Stage) -> None:
    user = factories.make_user()

    def send() -> Any:
        by = get_user_model().objects.get(pk=user.pk)
        return discussion.react(post=fresh_post(stage.thread, 2), by=by, word="agree")

    results = at_once(*[send] * 8)
    assert errors_in(results) == []
    assert sorted(results) == [False] * 7 + [True]
    assert fresh_post(stage.thread, 2).reaction_counts == {"agree": 1}
    assert_counts()


def test_two_who_accept_different_answers_leave_one_accepted(stage: Stage) -> None:
    Thread.objects.filter(pk=stage.thread.pk).update(kind="question")
    factories.make_post(fresh_thread(stage.thread))

    def accepts(number: int, role: str) -> Callable[[], Any]:
        def act() -> Any:
            thread, post = fresh_thread(stage.thread), fresh_post(stage.thread, number)
            return discussion.accept_answer(thread=thread, post=post, by=stage.user(role))

        return act

    for _turn in range(5):
        results = at_once(accepts(2, "moderator"), accepts(3, "superuser"), accepts(2, "owner"))
        assert errors_in(results) == []
        marked = Post.objects.filter(thread=stage.thread, fragment__contains="scs-post--accepted")
        assert list(marked.values_list("number", flat=True)) == [fresh_thread(stage.thread).accepted_number]
    assert_counts()


def test_an_answer_and_the_withdrawing_of_what_it_answers_never_both_win(stage: Stage) -> None:
    for _turn in range(6):
        said = factories.make_post(fresh_thread(stage.thread), by=stage.users["member"])

        def withdraw(number: int = said.number) -> Any:
            return discussion.withdraw_post(post=fresh_post(stage.thread, number), by=stage.user("member"))

        def answer(number: int = said.number) -> Any:
            thread = fresh_thread(stage.thread)
            return discussion.reply(thread=thread, by=stage.user("owner"), body="To it.", answers=number)

        withdrawn, answered = at_once(withdraw, answer)
        assert withdrawn is True
        post = fresh_post(stage.thread, said.number)
        if isinstance(answered, Exception):
            assert getattr(answered, "code", "") == "post_withdrawn"
            assert (post.fragment, post.answer_numbers) == ("", [])
        else:
            assert "Withdrawn" in post.fragment
            assert post.answer_numbers == [answered.number]
    assert_counts()
