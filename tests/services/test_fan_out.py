"""Who is told of what, how often, and what it costs."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scs_series.models import (
    Block,
    MailPace,
    Member,
    Notification,
    OutboxItem,
    Part,
    Post,
    PostRevision,
    Reaction,
    Series,
    Subscription,
    Tag,
    Thread,
)
from scs_series.services import discussion, outbox, series
from scs_series.services.notifications import happenings, wording
from scs_series.services.reading import mark_thread_read
from tests import factories
from tests.services.listening import BASE_URL, listener, listens, mailed, reply, tell, told
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread
from tests.views.reading import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """As after a while: what the making of the stage noted is of no interest here."""
    OutboxItem.objects.all().delete()
    return stage


@pytest.fixture
def mails(settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "BASE_URL": BASE_URL}


def start(stage: Stage, **fields: Any) -> Thread:
    return discussion.start_thread(
        part=fresh_part(stage.part), by=factories.make_user(), title="Another topic here",
        **{"body": "Text.", "tags": [stage.tag.name], **fields},
    )  # fmt: skip


#: level, target → what is told of an answer and of a new thread, and whether by mail at once.
LEVELS = {
    ("watch", "thread"): ("post", True, None),
    ("follow", "thread"): ("post", False, None),
    ("mute", "thread"): (None, False, None),
    ("watch", "part"): ("post", True, "thread"),
    ("follow", "part"): (None, False, "thread"),
    ("mute", "part"): (None, False, None),
    ("watch", "tag"): ("post", True, "thread"),
    ("follow", "tag"): (None, False, "thread"),
    ("watch", "series"): ("post", True, "thread"),
    ("follow", "series"): (None, False, "thread"),
    ("mute", "series"): (None, False, None),
}


@pytest.mark.parametrize(("level", "target"), LEVELS)
def test_subscribers_are_told_as_the_table_says(stage: Stage, mails: None, level: str, target: str) -> None:
    of_post, by_mail, of_thread = LEVELS[level, target]
    member = listens(stage, level, target)
    reply(stage)
    tell()
    assert told(member) == ([(of_post, 1)] if of_post else [])
    assert mailed(member) == by_mail
    start(stage)
    tell()
    assert told(member)[len([of_post] if of_post else []) :] == ([(of_thread, 1)] if of_thread else [])
    assert mailed(member) == by_mail + (of_thread is not None and level == "watch")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"thread": "mute", "series": "watch"}, []),
        ({"thread": "watch", "series": "mute"}, [("post", 1)]),
        ({"part": "follow", "series": "watch"}, []),
        ({"part": "watch", "tag": "mute"}, [("post", 1)]),
        ({"tag": "watch", "series": "mute"}, [("post", 1)]),
    ],
)
def test_the_narrowest_that_says_something_decides(
    stage: Stage, said: dict[str, str], expected: list[Any]
) -> None:
    member = listener()
    for target, level in said.items():
        listens(stage, level, target, member)
    reply(stage)
    tell()
    assert told(member) == expected


def test_of_two_tags_the_muted_one_counts(stage: Stage) -> None:
    member = listens(stage, "watch", "tag")
    other = factories.make_tag("another tag")
    Subscription.objects.create(member=member, level="mute", tag=other)
    start(stage, tags=[stage.tag.name, other.name])
    tell()
    assert told(member) == []


def test_one_event_is_told_once_by_its_most_specific_kind(stage: Stage, mails: None) -> None:
    answered = stage.post.author
    Member.objects.filter(pk=answered.pk).update(mail_pace=MailPace.AT_ONCE)
    named = listens(stage, "watch", "series")
    listens(stage, "watch", "thread", named)
    Subscription.objects.filter(member=answered, thread=stage.thread).delete()
    reply(stage, f"See @{named.username} and @{answered.username}.", answers=2)
    reply(stage, "See nobody.", answers=2)
    tell()
    assert told(named) == [("mention", 1), ("post", 1)]
    assert told(answered) == [("mention", 1), ("answer", 1)]
    assert mailed(named) == 2


def test_nobody_is_told_of_their_own_act(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage, f"I, @{member.username}, answer myself.", by=member.user)
    tell()
    assert told(member) == []


@pytest.mark.parametrize("level", list(Block.Level))
@pytest.mark.parametrize("is_reader", [True, False])
def test_who_keeps_the_other_away_hears_nothing_of_them_in_either_direction(
    stage: Stage, level: str, is_reader: bool
) -> None:
    reader, writer = listens(stage, "watch", "thread"), listener()
    pair = (reader, writer) if is_reader else (writer, reader)
    Block.objects.create(member=pair[0], other=pair[1], level=level)
    reply(stage, f"For @{reader.username}", by=writer.user)
    tell()
    assert told(reader) == []
    reply(stage)
    tell()
    assert told(reader) == [("post", 1)]


def test_no_other_kind_of_news_passes_between_who_keep_away(stage: Stage) -> None:
    """Answers, words said, accepted answers and decisions, in the page and by mail."""
    asker, writer = listener(), listener()
    assert asker.user is not None
    assert writer.user is not None

    def begin(kind: str) -> Thread:
        return factories.make_thread(stage.part, by=asker.user, kind=kind, title=f"A thread of kind {kind}")

    proposal, question = begin("correction"), begin("question")
    answer = factories.make_post(question, by=writer.user, answers=1)
    stage.series.authors.add(writer)
    Block.objects.create(member=writer, other=asker, level="mute")
    OutboxItem.objects.all().delete()
    discussion.reply(thread=fresh_thread(question), by=writer.user, body="And so on.", answers=1)
    discussion.react(post=fresh_post(question, 1), by=writer.user, word="thanks")
    discussion.resolve_thread(thread=fresh_thread(proposal), by=writer.user, resolution="accepted")
    discussion.accept_answer(thread=fresh_thread(question), post=answer, by=asker.user)
    tell()
    assert told(asker) == told(writer) == []
    assert mailed(asker) == mailed(writer) == 0


def test_erased_members_and_accounts_out_of_use_are_not_told(stage: Stage) -> None:
    erased, off, gone = (listens(stage, "watch", "thread") for _n in range(3))
    Member.objects.filter(pk=erased.pk).update(erased_at=timezone.now())
    assert off.user is not None
    assert gone.user is not None
    type(off.user).objects.filter(pk=off.user.pk).update(is_active=False)
    gone.user.delete()
    reply(stage)
    tell()
    assert told(erased) == told(off) == told(gone) == []


def test_a_private_series_tells_its_authors_alone(stage: Stage) -> None:
    stranger = listens(stage, "watch", "series")
    author = listens(stage, "watch", "series")
    stage.series.authors.add(author)
    Series.objects.filter(pk=stage.series.pk).update(visibility=Series.Visibility.PRIVATE)
    reply(stage, f"For @{stranger.username}", by=stage.user("editor"))
    tell()
    assert told(stranger) == []
    assert told(author) == [("post", 1)]


def test_a_hidden_thread_tells_who_may_see_it(stage: Stage) -> None:
    member, moderator = listens(stage, "watch", "thread"), listens(stage, "watch", "thread")
    assert moderator.user is not None
    moderator.user.user_permissions.add(Permission.objects.get(codename="see_hidden"))
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    reply(stage, by=stage.user("superuser"))
    tell()
    assert told(member) == []
    assert told(moderator) == [("post", 1)]


def test_a_post_hidden_before_it_was_told_is_not_told(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    post = reply(stage)
    discussion.hide_post(post=post, by=stage.user("moderator"))
    tell()
    assert told(member) == []
    assert OutboxItem.objects.get(key=f"posted:{post.pk}").status == OutboxItem.Status.DONE


def test_who_read_as_far_already_is_not_told(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    post = reply(stage)
    mark_thread_read(member=member, thread=fresh_thread(stage.thread), number=post.number)
    tell()
    assert told(member) == []


def test_imported_posts_are_told_to_nobody(stage: Stage) -> None:
    listens(stage, "watch", "thread")
    reply(stage, at=timezone.now())
    tell()
    assert not Notification.objects.exists()


def test_unread_ones_are_grouped_with_their_people(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    writers = [factories.make_user() for _n in range(4)]
    for writer in [*writers, writers[0]]:
        reply(stage, by=writer)
        tell()
    one = Notification.objects.get(member=member)
    assert (one.count, one.people, one.first_number, one.last_number) == (5, 4, 3, 7)
    assert one.actors[0] == writers[0].scs_member.pk
    assert Member.objects.get(pk=member.pk).unread_count == 1


def test_people_are_counted_once_however_many_talk_and_how_often(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "1000/m"}
    member = listens(stage, "watch", "thread")
    writers = factories.make_users(12)
    for writer in [*writers, *writers]:
        reply(stage, by=writer)
    tell()
    one = Notification.objects.get(member=member)
    assert (one.count, one.people) == (24, 12)
    names = wording.names_of([one])
    assert wording.sentence(one, names).startswith("12 people answered in")
    assert wording.details(one, names).endswith("and 9 others · 24 posts")
    assert len(names) == 10, "no more are read than are named"


def test_more_than_a_hundred_people_are_a_hundred_or_more(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    tell()
    Notification.objects.filter(member=member).update(actors=list(range(10_001, 10_101)), people=100)
    reply(stage)
    tell()
    one = Notification.objects.get(member=member)
    assert (one.people, len(one.actors), one.count) == (100, 100, 2)
    assert wording.sentence(one, wording.names_of([one])).startswith("100 people or more answered in")


def test_what_comes_after_reading_is_a_new_one(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    first = reply(stage)
    tell()
    member.refresh_from_db()
    mark_thread_read(member=member, thread=fresh_thread(stage.thread), number=first.number)
    assert Member.objects.get(pk=member.pk).unread_count == 0
    reply(stage)
    tell()
    assert told(member) == [("post", 1), ("post", 1)]
    assert Member.objects.get(pk=member.pk).unread_count == 1


def test_reading_a_part_of_what_is_new_leaves_the_rest_unread(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    first = reply(stage)
    reply(stage)
    tell()
    member.refresh_from_db()
    mark_thread_read(member=member, thread=fresh_thread(stage.thread), number=first.number)
    assert Member.objects.get(pk=member.pk).unread_count == 1


# ---------------------------------------------------------------------------------- edits, reactions, decisions, parts
def test_an_edit_tells_only_who_is_named_anew(stage: Stage) -> None:
    old, new = listener(), listener()
    writer = factories.make_user()
    post = reply(stage, f"@{old.username} look", by=writer)
    tell()
    discussion.edit_post(post=post, by=writer, body=f"@{old.username} and @{new.username} look")
    tell()
    assert told(old) == [("mention", 1)]
    assert told(new) == [("mention", 1)]
    discussion.edit_post(post=fresh_post(stage.thread, post.number), by=writer, body="Nobody.")
    discussion.edit_post(post=fresh_post(stage.thread, post.number), by=writer, body=f"@{new.username} again")
    tell()
    assert told(new) == [("mention", 1)]


def _many_states(post: Post, body: str, count: int) -> Post:
    """A post that was edited so often, and is edited once more."""
    PostRevision.objects.bulk_create(
        PostRevision(post=post, number=n, body=body, editor=post.author, created_at=post.created_at)
        for n in range(1, count + 1)
    )
    Post.objects.filter(pk=post.pk).update(revision_number=count + 1)
    return fresh_post(post.thread, post.number)


@pytest.mark.parametrize("hidden_in", ["Nobody.", "`@{name}`"])
def test_a_post_edited_without_end_is_not_parsed_without_end(
    stage: Stage, hidden_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, parsed, whole = listener(), [], happenings.mentioned
    post = reply(stage, by=(writer := factories.make_user()))
    tell()
    post = _many_states(post, hidden_in.format(name=new.username), 60)
    discussion.edit_post(post=post, by=writer, body=f"@{new.username} look")
    monkeypatch.setattr(happenings, "mentioned", lambda body: parsed.append(body) or whole(body))
    tell()
    assert len(parsed) < 20
    assert told(new) == ([("mention", 1)] if hidden_in == "Nobody." else [])


def test_who_stood_in_code_or_a_quote_before_and_is_named_now_is_told(stage: Stage) -> None:
    new, writer = listener(), factories.make_user()
    post = reply(stage, f"> @{new.username}\n\n`@{new.username}`", by=writer)
    tell()
    discussion.edit_post(post=post, by=writer, body=f"@{new.username} look")
    tell()
    assert told(new) == [("mention", 1)]


def react(post: Post, by: Member, word: str = "thanks") -> None:
    discussion.react(post=fresh_post(post.thread, post.number), by=by.user, word=word)


def test_a_reaction_tells_the_author_in_the_page_and_not_by_mail_at_once(stage: Stage, mails: None) -> None:
    author = listener()
    post = reply(stage, by=author.user)
    for _n in range(3):
        react(post, listener())
    tell()
    assert told(author) == [("reaction", 3)]
    assert mailed(author) == 0


def test_reactions_are_not_told_to_who_wants_none_nor_when_taken_back(stage: Stage) -> None:
    deaf, author = listener(hears_reactions=False), listener()
    react(reply(stage, by=deaf.user), listener())
    post = reply(stage, by=author.user)
    react(post, listener())
    for reaction in Reaction.objects.filter(post=post).select_related("member__user"):
        discussion.unreact(
            post=fresh_post(post.thread, post.number), by=reaction.member.user, word=reaction.word
        )
    tell()
    assert not Notification.objects.filter(kind="reaction").exists()


def test_an_accepted_answer_tells_its_author_and_the_threads(stage: Stage, mails: None) -> None:
    author = listener()
    post = reply(stage, by=author.user)
    Thread.objects.filter(pk=stage.thread.pk).update(accepted_number=post.number, accepted_at=timezone.now())
    by = listener()
    outbox.note("accepted", key=f"{post.pk}", post=post.pk, thread=stage.thread.pk, by=by.pk)
    tell()
    assert told(author)[-1] == ("accepted", 1)
    assert ("accepted", 1) in told(stage.thread.author)
    assert mailed(author) == 1


def test_a_decision_tells_the_author_of_the_thread(stage: Stage) -> None:
    Thread.objects.filter(pk=stage.thread.pk).update(
        kind="correction", resolution="accepted", resolved_at=timezone.now()
    )
    note: dict[str, Any] = {"thread": stage.thread.pk, "by": listener().pk}
    outbox.note("resolved", key="1", resolution="accepted", **note)
    outbox.note("resolved", key="2", resolution="declined", **note)  # decided otherwise meanwhile
    tell()
    assert told(stage.thread.author) == [("resolved", 1)]


def test_a_new_part_is_told_when_it_is_public_and_once(stage: Stage, mails: None) -> None:
    watcher, follower = listens(stage, "watch", "series"), listens(stage, "follow", "series")
    muter = listens(stage, "mute", "series")
    later = timezone.now() + timedelta(hours=2)
    series.publish_part(part=fresh_part(stage.draft), by=stage.user("editor"), at=later)
    item = OutboxItem.objects.get(key=f"part_published:{stage.draft.pk}")
    assert item.due_at == later
    tell()
    assert told(watcher) == []
    Part.objects.filter(pk=stage.draft.pk).update(published_at=timezone.now())
    OutboxItem.objects.filter(pk=item.pk).update(due_at=timezone.now())
    tell()
    assert told(watcher) == told(follower) == [("part", 1)]
    assert told(muter) == told(stage.user("editor").scs_member) == []
    assert (mailed(watcher), mailed(follower)) == (1, 0)
    series.unpublish_part(part=fresh_part(stage.draft), by=stage.user("editor"))
    OutboxItem.objects.filter(pk=item.pk).delete()  # as after OUTBOX_KEEP_DAYS
    series.publish_part(part=fresh_part(stage.draft), by=stage.user("editor"))
    tell()
    assert told(watcher) == [("part", 1)]


def test_a_part_that_is_taken_back_or_moved_is_told_at_its_time_or_not_at_all(stage: Stage) -> None:
    watcher = listens(stage, "watch", "series")
    key, editor = f"part_published:{stage.draft.pk}", stage.user("editor")
    first, second = (timezone.now() + timedelta(hours=n) for n in (1, 2))
    series.publish_part(part=fresh_part(stage.draft), by=editor, at=first)
    series.publish_part(part=fresh_part(stage.draft), by=editor, at=second)
    assert OutboxItem.objects.get(key=key).due_at == second
    series.unpublish_part(part=fresh_part(stage.draft), by=editor)
    assert not OutboxItem.objects.filter(key=key).exists()
    series.publish_part(part=fresh_part(stage.draft), by=editor)
    tell()
    assert told(watcher) == [("part", 1)]


# ---------------------------------------------------------------------------------------------- again, and by batches
def test_done_twice_it_is_done_once(stage: Stage, mails: None) -> None:
    member = listens(stage, "watch", "thread")
    post = reply(stage)
    tell()
    outbox.note("posted", key=str(post.pk), post=post.pk, thread=post.thread_id, by=post.author_id)
    tell()
    assert told(member) == [("post", 1)]
    assert mailed(member) == 1


def test_batches_reach_everybody_once_whatever_they_subscribed_to(
    stage: Stage, settings: Any, mails: None
) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OUTBOX_BATCH": 3}
    members = [listener() for _n in range(20)]
    for number, member in enumerate(members):
        for target in [("thread",), ("series",), ("thread", "series"), ("tag", "part")][number % 4]:
            listens(stage, "watch", target, member)
    named = listener()  # the last of all by key, who subscribed to nothing
    reply(stage, f"@{named.username} @{members[0].username}")
    tell()
    assert [told(member) for member in members] == [[("mention", 1)]] + [[("post", 1)]] * 19
    assert told(named) == [("mention", 1)]
    assert all(mailed(member) == 1 for member in [*members, named])


def _queries_of_a_batch(stage: Stage) -> list[int]:
    counts: list[int] = []
    with CaptureQueriesContext(connection) as captured:
        seen = 0

        def after_batch(done: outbox.Done) -> None:
            nonlocal seen
            counts.append(len(counted(captured.captured_queries[seen:])))
            seen = len(captured.captured_queries)

        outbox.work_off(progress=after_batch)
    return counts


@pytest.mark.parametrize("is_new", [True, False])
def test_a_batch_takes_as_many_queries_for_10_watchers_as_for_1000(
    stage: Stage, settings: Any, is_new: bool
) -> None:
    """On SQLite, rows are written some 70 to a statement: the batch is as small there."""
    settings.SCS_SERIES = {
        **settings.SCS_SERIES,
        "OUTBOX_BATCH": 500 if connection.vendor != "sqlite" else 50,
    }

    def watchers(count: int) -> None:
        made = Member.objects.bulk_create(
            Member(username=f"w{n}-{count}", user=user) for n, user in enumerate(factories.make_users(count))
        )
        Subscription.objects.bulk_create(
            Subscription(member=member, level="watch", thread=stage.thread) for member in made
        )

    def measure() -> list[int]:
        if not is_new:  # they have one of the group already
            reply(stage)
            outbox.work_off()
        reply(stage)
        return _queries_of_a_batch(stage)

    watchers(10)
    few = measure()
    Notification.objects.all().delete()
    watchers(990)
    many = measure()
    assert len(few) == 1
    assert len(many) >= 2
    # The first batch of a run also claims; the last one has nobody left to tell where the number is even.
    assert max(many) <= max(few)
    assert_at_most = 24
    assert max(few) <= assert_at_most


def test_telling_many_takes_no_more_memory_than_telling_few(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OUTBOX_BATCH": 50}

    def peak(count: int) -> int:
        made = Member.objects.bulk_create(
            Member(username=f"w{user.pk}", user=user) for user in factories.make_users(count)
        )
        Subscription.objects.bulk_create(
            Subscription(member=member, level="watch", thread=stage.thread) for member in made
        )
        del made
        Notification.objects.all().delete()
        reply(stage)
        gc.collect()
        tracemalloc.start()
        try:
            # Members and their users hold each other: when Python lets go of both is no matter of ours.
            outbox.work_off(progress=lambda done: gc.collect() and None)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is loaded and compiled once
    few = peak(100)
    many = peak(1_500)
    assert Notification.objects.count() >= 1_700
    assert many < 1.5 * few, (few, many)


def test_a_failure_is_noted_and_tried_again_after_growing_pauses_until_it_is_given_up(
    stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OUTBOX_ATTEMPTS": 4, "OUTBOX_FIRST_PAUSE": 100}
    member = listens(stage, "watch", "thread")
    post = reply(stage)
    rows = OutboxItem.objects.filter(key=f"posted:{post.pk}")
    OutboxItem.objects.exclude(pk__in=rows).delete()

    def breaks(item: OutboxItem) -> None:
        raise ValueError("no such luck\x00")

    whole: Callable[..., Any] = outbox.working.fan_out.tell_batch
    monkeypatch.setattr(outbox.working.fan_out, "tell_batch", breaks)
    pauses = []
    for _n in range(4):
        outbox.work_off()
        item = rows.get()
        pauses.append(round((item.due_at - timezone.now()).total_seconds(), -1))
        rows.update(due_at=timezone.now())
    assert pauses == [100, 200, 400, 800]
    assert item.status == OutboxItem.Status.GIVEN_UP
    assert item.last_error == "ValueError: no such luck"
    monkeypatch.setattr(outbox.working.fan_out, "tell_batch", whole)
    outbox.resend(item=item, by=stage.user("superuser"))
    outbox.work_off()
    assert told(member) == [("post", 1)]


def test_done_items_are_deleted_when_they_are_old(stage: Stage) -> None:
    now = timezone.now()
    OutboxItem.objects.all().delete()
    for status, days in (("done", 31), ("done", 29), ("given_up", 99), ("due", 99)):
        OutboxItem.objects.create(
            kind="mail", key=f"{status}{days}", status=status, created_at=now - timedelta(days=days),
            done_at=now - timedelta(days=days) if status == "done" else None,
            due_at=now + timedelta(days=1),
        )  # fmt: skip
    assert outbox.claims.forget_done() == 1
    assert sorted(OutboxItem.objects.values_list("key", flat=True)) == ["done29", "due99", "given_up99"]


def test_a_claimed_row_is_left_alone_until_its_claim_runs_out(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    OutboxItem.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert not outbox.work_off()
    OutboxItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    outbox.work_off()
    assert told(member) == [("post", 1)]


def test_a_worker_whose_claim_ran_out_tells_nobody(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    OutboxItem.objects.all().delete()
    reply(stage)
    mine = outbox.claims.claim([OutboxItem.Kind.FAN_OUT], 1)[0]
    OutboxItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    theirs = outbox.claims.claim([OutboxItem.Kind.FAN_OUT], 1)[0]
    assert outbox.working.fan_out.tell_batch(mine) is None
    assert not outbox.claims.finish(mine)
    assert told(member) == []
    assert outbox.claims.finish(theirs)


def test_tags_are_found_by_what_the_thread_carries_now(stage: Stage) -> None:
    member = listener()
    Subscription.objects.create(member=member, level="watch", tag=Tag.objects.get(pk=stage.tag.pk))
    thread = start(stage, tags=["something else"])
    tell()
    assert told(member) == []
    assert thread.tags.count() == 1
