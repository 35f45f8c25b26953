"""Writers, readers and workers of the outbox all at once: nothing is lost, doubled or miscounted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum

from scs_series.models import Member, Notification, OutboxItem, Post, Subscription
from scs_series.services import discussion, notifications, outbox
from tests import factories
from tests.services.listening import BASE_URL, listener, listens, reply, told
from tests.services.test_concurrency import at_once, errors_in
from tests.stage import Stage, assert_counts, build_stage, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(transactional_db: None, settings: Any) -> Stage:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "BASE_URL": BASE_URL, "OUTBOX_BATCH": 7}
    stage = build_stage()
    OutboxItem.objects.all().delete()
    return stage


def counts_of(member: Member) -> int:
    return Notification.objects.filter(member=member).aggregate(n=Sum("count"))["n"] or 0


def test_fifty_writers_in_one_thread_while_workers_tell(stage: Stage) -> None:
    """SQLite takes writers one by one: as many would wait longer than it lets them."""
    count = 50 if connection.vendor == "postgresql" else 12
    watchers = [listens(stage, "watch", "thread") for _n in range(20)]
    reader = listens(stage, "watch", "series")
    writers = [factories.make_member().user for _n in range(count)]
    are_done = threading.Event()

    def writes(user: Any) -> Callable[[], Any]:
        return lambda: discussion.reply(
            thread=fresh_thread(stage.thread), by=user, body=f"From {user.username}.", answers=1
        )

    def works() -> None:
        while not are_done.is_set():
            outbox.work_off()

    def reads() -> None:
        while not are_done.is_set():
            notifications.mark_all_read(by=type(reader.user).objects.get(pk=reader.user_id))

    beside: list[Any] = []
    helpers = [threading.Thread(target=_noting(beside, act)) for act in (works, works, works, reads)]
    for helper in helpers:
        helper.start()
    try:
        assert errors_in(at_once(*(writes(user) for user in writers))) == []
    finally:
        are_done.set()
        for helper in helpers:
            helper.join(timeout=120)
    assert beside == []
    outbox.work_off()

    numbers = list(
        Post.objects.filter(thread=stage.thread).order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(1, count + 3))
    thread = fresh_thread(stage.thread)
    assert (thread.last_number, thread.post_count) == (count + 2, count + 2)
    assert set(OutboxItem.objects.values_list("status", flat=True)) == {"done"}
    assert [counts_of(member) for member in watchers] == [count] * len(watchers)
    assert counts_of(reader) == count, "what was read meanwhile began another, and each was told once"
    assert counts_of(stage.thread.author) == count
    for member in watchers:
        one = Notification.objects.get(member=member)
        assert (one.first_number, one.last_number, one.people) == (3, count + 2, count)
    mails = OutboxItem.objects.filter(kind="mail", member__in=watchers)
    assert mails.count() == count * len(watchers)
    assert_counts()


def _noting(errors: list[Any], act: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  (what went wrong is what the test looks at)
            errors.append(error)
        finally:
            connections.close_all()

    return run


def test_workers_at_once_share_the_work_and_do_it_once(stage: Stage) -> None:
    members = [listens(stage, "watch", "thread") for _n in range(40)]
    for _n in range(6):
        reply(stage)
    done = at_once(*[outbox.work_off] * 5)
    assert errors_in(done) == []
    assert (
        sum(one.sent + one.skipped for one in done)
        == OutboxItem.objects.filter(kind="mail").count()
        == 6 * 40
    )
    assert [told(member) for member in members] == [[("post", 6)]] * 40
    assert_counts()


def test_two_events_for_one_member_at_the_same_moment_are_one_group(stage: Stage) -> None:
    """Without the second try of a batch, the database refuses the other's first row of the group."""
    members = [listener() for _n in range(30)]
    Subscription.objects.bulk_create(
        Subscription(member=member, level="watch", thread=stage.thread) for member in members
    )
    for _round in range(5):
        reply(stage)
        reply(stage)
        items = outbox.claims.claim([OutboxItem.Kind.FAN_OUT], 2)
        assert all(outbox.claims.begin(item) for item in items)

        def tells(item: OutboxItem) -> Callable[[], None]:
            def go() -> None:
                batch = None
                while batch is None or not batch.is_last:
                    batch = outbox.working._tell_once(item)
                    assert batch is not None

            return go

        assert errors_in(at_once(*(tells(item) for item in items))) == []
        assert {tuple(told(member)[-1]) for member in members} == {("post", 2)}
        for member in members:
            notifications.mark_all_read(by=type(member.user).objects.get(pk=member.user_id))
    assert_counts()


def test_reading_and_reacting_at_once_keep_the_counts(stage: Stage) -> None:
    author = stage.post.author
    people = [factories.make_member().user for _n in range(8)]

    def reacts(user: Any) -> Callable[[], None]:
        def go() -> None:
            discussion.react(post=fresh_post(stage.thread, 2), by=user, word="thanks")
            outbox.work_off()

        return go

    def reads() -> None:
        for _n in range(10):
            notifications.mark_all_read(by=type(author.user).objects.get(pk=author.user_id))

    assert errors_in(at_once(*(reacts(user) for user in people), reads, reads)) == []
    outbox.work_off()
    assert counts_of(author) == 8
    assert_counts()
