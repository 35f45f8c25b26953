"""How many queries a page and a reply take, whatever their size. BEGIN, COMMIT, SAVEPOINT and the like do not count.

Cold: nothing in the cache. Warm: the page was asked for before. A member's session is read from the database, the
dearer of the two ways in which the demo host keeps it.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scs_series.models import Member, Post
from scs_series.services import blocks, bookmarks, discussion, drafts, outbox, series, subscriptions
from scs_series.services.members import member_for
from scs_series.services.reading import mark_thread_read
from tests import caches, factories
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread
from tests.views.reading import counted, writes_in

pytestmark = pytest.mark.django_db


#: The most queries of a page: cold, warm, and read by a member.
LIMITS = {
    "part-detail": (6, 2, 8), "thread-list": (6, 2, 8), "thread-detail": (6, 2, 8), "tag-detail": (6, 2, 8),
    "series-list": (6, 3, 8), "series-detail": (11, 2, 14), "source-list": (8, 2, 11), "source-detail": (8, 2, 11),
    "tag-list": (2, 2, 6), "member-detail": (4, 4, 8), "part-history": (5, 5, 10), "post-history": (5, 5, 9),
    "post-detail": (5, 2, 8), "post-branch": (6, 2, 8),
    "post-reactions": (4, 4, 8),
}  # fmt: skip


def asked(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200
    assert writes_in(queries) == []
    return counted(queries)


def _measure(stage: Stage, role: str) -> dict[str, tuple[int, int]]:
    measured = {}
    for name, address in stage.addresses().items():
        caches.forget()
        client = stage.client(role)  # signing in writes the session
        cold = asked(client, address)
        measured[name] = len(cold), len(asked(client, address))
    return measured


def _grow(stage: Stage, times: int) -> None:
    """Threads under the part and the tag, posts in the thread, sources of the part, all many."""
    users = [factories.make_user() for _n in range(4)]
    keys = [
        factories.make_source(stage.series, f"more{times}x{n}", tags=("courts", f"topic {n}")).key
        for n in range(times)
    ]
    part = fresh_part(stage.part)
    part.body += "".join(f"\n\n## Heading {n}\n\nMore [@{key}]." for n, key in enumerate(keys))
    series.save_part(part=part, by=stage.user("editor"))
    for n in range(times):
        thread = factories.make_thread(
            stage.part,
            by=users[n % 4],
            title=f"Topic number {n}",
            tags=("courts", f"topic {n}"),
            body=f"[@{keys[n]}]",
        )
        post = factories.make_post(
            fresh_thread(stage.thread), by=users[n % 4], body=f"Answer {n} [@kuo2019]", answers=1
        )
        discussion.edit_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"), body=f"Edit {n}")
        if n % 5 == 0:
            discussion.pin_thread(thread=thread, by=stage.user("moderator"))
            discussion.hide_post(post=post, by=stage.user("moderator"))


@pytest.mark.parametrize("role", ["anonymous", "member", "owner", "moderator"])
def test_pages_keep_to_their_limit_and_do_not_grow(stage: Stage, role: str) -> None:
    _grow(stage, 3)
    few = _measure(stage, role)
    _grow(stage, 30)
    many = _measure(stage, role)
    assert few == many, "as many queries for three as for many"
    over = {}
    for name, (cold, warm, member) in LIMITS.items():
        limits = (cold, warm) if role == "anonymous" else (member, member)
        if any(n > limit for n, limit in zip(many[name], limits, strict=True)):
            over[name] = (many[name], limits)
    assert over == {}


#: The most queries of a page of a member's own.
OWN_LIMITS = {
    "preferences": 5, "own-data": 4, "erase": 4, "subscription-list": 5, "notification-list": 6, "bookmark-list": 5, "bookmark-create": 7,
    "part-bookmark": 6,
}  # fmt: skip


def test_pages_of_ones_own_keep_to_their_limit_and_do_not_grow(stage: Stage) -> None:
    def keep(things: int) -> None:
        for n in range(things):
            thread = factories.make_thread(stage.part, title=f"Kept number {n}")
            subscriptions.subscribe(target=thread, level="watch", by=stage.user("owner"))
            bookmarks.save_bookmark(target=thread.posts.get(number=1), by=stage.user("owner"), note="x")
            blocks.block_member(other=thread.author, by=stage.user("owner"))

    def measured() -> dict[str, int]:
        client = stage.client("owner")
        return {name: len(asked(client, address)) for name, address in stage.own().items()}

    keep(2)
    few = measured()
    keep(10)
    assert measured() == few
    assert {name: n for name, n in few.items() if n > OWN_LIMITS[name]} == {}


def test_an_unchanged_page_is_one_query(stage: Stage) -> None:
    client = Client()
    for name in (
        "part-detail",
        "thread-list",
        "thread-detail",
        "tag-detail",
        "series-detail",
        "source-list",
        "source-detail",
    ):
        address = stage.addresses()[name]
        etag = client.get(address).headers["ETag"]
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        assert len(counted(queries)) == 1, name
        assert len(asked(client, address)) == 1, name


def _transaction_of(act: Any) -> list[str]:
    """The statements between the first SAVEPOINT (in a test: the transaction) and its release."""
    with CaptureQueriesContext(connection) as queries:
        act()
    sql = [query["sql"] for query in queries]
    first = next(n for n, statement in enumerate(sql) if statement.startswith("SAVEPOINT"))
    name = sql[first].split()[1]
    last = next(n for n, statement in enumerate(sql) if statement == f"RELEASE SAVEPOINT {name}")
    return counted([{"sql": statement} for statement in sql[first:last]])


def test_a_reply_takes_nine_queries_in_its_transaction_whatever_surrounds_it(stage: Stage) -> None:
    by = factories.make_member().user
    _grow(stage, 3)

    def reply(**fields: Any) -> int:
        thread = fresh_thread(stage.thread)
        by.refresh_from_db()
        assert Member.objects.get(user=by) == by.scs_member
        return len(
            _transaction_of(lambda: discussion.reply(thread=thread, by=by, **{"body": "So it is.", **fields}))
        )

    few = reply()
    assert few <= 9
    _grow(stage, 20)
    assert reply() == few
    assert reply(answers=1) <= 11, "the answered post names its answers"
    assert reply(submission_key="k") <= 9
    assert reply(body="[@kuo2019]") <= 12, "and three more where it cites"
    assert Post.objects.filter(thread=stage.thread).count() == fresh_thread(stage.thread).last_number


def test_a_reply_through_its_page_stays_in_the_same_bounds(stage: Stage) -> None:
    client = stage.client("owner")
    address = reverse("scs_series:post-create", args=[stage.thread.pk, stage.thread.slug])
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.post(address, {"body": "So it is.", "submission_key": "k"}).status_code == 302
    assert len(counted(queries)) <= 20


def test_a_thread_with_all_that_can_be_said_of_it_keeps_to_the_limit(stage: Stage) -> None:
    """Reactions on every post, an accepted answer, posts withdrawn: asked for along with the rest."""
    discussion.edit_thread(thread=fresh_thread(stage.thread), by=stage.user("owner"), kind="question")
    _grow(stage, 17)
    for post in Post.objects.filter(thread=stage.thread).select_related("thread__part__series", "author"):
        for role, word in (("member", "agree"), ("editor", "thanks"), ("moderator", "insight")):
            if post.status == "published":
                discussion.react(post=post, by=stage.user(role), word=word)
    answer = fresh_post(stage.thread, 4)
    discussion.accept_answer(thread=fresh_thread(stage.thread), post=answer, by=stage.user("moderator"))
    discussion.withdraw_post(post=fresh_post(stage.thread, 5), by=fresh_post(stage.thread, 5).author.user)
    address = stage.addresses()["thread-detail"]
    cold, warm, signed_in = LIMITS["thread-detail"]
    caches.forget()
    assert len(asked(stage.client("anonymous"), address)) <= cold
    assert len(asked(stage.client("anonymous"), address)) <= warm
    for role in ("member", "owner", "moderator", "editor"):
        caches.forget()
        client = stage.client(role)
        assert [len(asked(client, address)) <= signed_in for _twice in range(2)] == [True, True], role


def test_a_thread_with_all_that_is_its_readers_own_keeps_to_the_limit(stage: Stage) -> None:
    """Unread posts and notifications, a level, words said, bookmarks, a draft and people kept away: one query more."""
    _grow(stage, 17)
    address = stage.addresses()["thread-detail"]
    for role in ("member", "owner", "moderator", "editor"):
        by = stage.user(role)
        member = member_for(by)
        thread = fresh_thread(stage.thread)
        mark_thread_read(member=member, thread=thread, number=3)
        for target in (thread, stage.part, stage.series, stage.tag):
            subscriptions.subscribe(target=target, level="watch", by=by)
        posts = Post.objects.filter(thread=stage.thread, status="published").exclude(author=member)
        for post in posts.select_related("thread__part__series", "author")[:8]:
            discussion.react(post=post, by=by, word="thanks")
            bookmarks.save_bookmark(target=post, by=by, note="To be looked up")
        away = [*posts.exclude(author=thread.author).values_list("author", flat=True).distinct()[:2]]
        for other in Member.objects.filter(pk__in=away):
            blocks.block_member(other=other, by=by, level="mute")
        blocks.block_member(other=member, by=factories.make_user())
        drafts.save_draft(by=by, thread=thread, body="Begun, and *not* sent.", answers=2)
    discussion.reply(
        thread=fresh_thread(stage.thread),
        by=factories.make_user(),
        body=" ".join(
            f"@{stage.user(role).scs_member.username}" for role in ("member", "owner", "moderator")
        ),
    )
    outbox.work_off()
    for role in ("member", "owner", "moderator", "editor"):
        caches.forget()
        client = stage.client(role)
        counts = [len(asked(client, address)) for _twice in range(2)]
        assert max(counts) <= LIMITS["thread-detail"][2], role
        shown = client.get(address).content.decode()
        assert "Begun, and *not* sent." in shown, "it is the page with everything on it"
        assert 'aria-pressed="true"' in shown
        assert "New since you were here" in shown
        assert Member.objects.get(user=stage.user(role)).unread_count


def test_reacting_takes_few_queries_however_many_reacted(stage: Stage) -> None:
    def react() -> int:
        by, post = factories.make_member().user, fresh_post(stage.thread, 2)
        return len(_transaction_of(lambda: discussion.react(post=post, by=by, word="agree")))

    few = react()
    assert few <= 9
    for _each in range(10):
        react()
    assert react() == few
