"""Drafts: kept as one types, never lost, never somebody else's, and gone once they were sent."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from scs_series.exceptions import AlreadySent, InvalidInput, NotAllowed, RateLimited, StaleDraft
from scs_series.models import Draft, Member, Post, Thread
from scs_series.services import discussion, drafts
from scs_series.services.drafts import draft_of, drop_draft, save_draft
from scs_series.services.members import member_for
from tests.stage import Stage, build_stage, fresh_part, fresh_thread

pytestmark = pytest.mark.django_db


def save(stage: Stage, body: str, *, by: str = "member", **fields: Any) -> Draft | None:
    if "part" not in fields:
        fields = {"thread": stage.thread, **fields}
    return save_draft(by=stage.user(by), body=body, **fields)


def the_draft(stage: Stage, by: str = "member") -> Draft | None:
    return draft_of(member=member_for(stage.user(by)), thread=stage.thread)


def test_a_draft_of_an_answer_and_one_of_a_thread_are_kept_apart(stage: Stage) -> None:
    save(stage, "An answer", answers=2)
    save(stage, "A thread", part=stage.part, title="Why?", kind="question", tags="a, b")
    save(stage, "Another's", by="owner")
    member = member_for(stage.user("member"))
    answer = draft_of(member=member, thread=stage.thread)
    assert (answer.body, answer.answers) == ("An answer", 2)
    thread = draft_of(member=member, part=stage.part)
    assert (thread.body, thread.title, thread.kind, thread.tags) == ("A thread", "Why?", "question", "a, b")
    assert draft_of(member=None, thread=stage.thread) is None
    assert draft_of(member=member, part=stage.next_part) is None
    drop_draft(member=member, thread=stage.thread)
    assert draft_of(member=member, thread=stage.thread) is None
    assert Draft.objects.count() == 2


def test_a_visitor_keeps_nothing_on_the_server(stage: Stage) -> None:
    with pytest.raises(NotAllowed):
        save(stage, "x", by="anonymous")


def test_what_a_database_does_not_take_is_kept_as_far_as_it_can_be(stage: Stage) -> None:
    draft = save(
        stage, "a\r\nb\x00c", part=stage.part, title="\x00" + "t" * 2_000, kind="rant", tags="x" * 9_000
    )
    draft.refresh_from_db()
    assert draft.body == "a\nb\ufffdc"
    assert (len(draft.title), draft.kind, len(draft.tags)) == (1_000, "", 5_000)
    for key in ("k" * 65, "ключ"):
        with pytest.raises(InvalidInput):
            save(stage, "x", submission_key=key)


def test_a_draft_may_be_longer_than_a_post_and_not_without_end(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_MAX_LENGTH": 100}
    assert save(stage, "x" * 400).body == "x" * 400
    with pytest.raises(InvalidInput) as refused:
        save(stage, "x" * 401)
    assert refused.value.code == "too_long"


def test_saving_too_often_is_refused(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "DRAFT_RATE": "1/h"}
    save(stage, "One")
    with pytest.raises(RateLimited):
        save(stage, "Two")


def test_nobody_fills_the_disk_with_drafts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 1)
    first = save(stage, "One")
    with pytest.raises(InvalidInput) as refused:
        save(stage, "Two", part=stage.part)
    assert refused.value.code == "too_many_drafts"
    assert save(stage, "One more word", known=[first.stamp]).body == "One more word"


# ---------------------------------------------------------------------- two devices
def test_a_text_that_was_not_seen_is_not_written_over(stage: Stage) -> None:
    here = save(stage, "Here", stamp="here-1")
    assert save(stage, "Here and on", stamp="here-2", known=["here-1"]).stamp == "here-2"
    with pytest.raises(StaleDraft) as refused:
        save(stage, "There", stamp="there-1", known=["here-1"])
    assert refused.value.draft.body == "Here and on"
    assert the_draft(stage).body == "Here and on"
    # Whoever has seen it may.
    assert save(stage, "There", stamp="there-1", known=["here-2"]).pk == here.pk
    assert the_draft(stage).body == "There"


def test_a_window_whose_last_save_is_still_on_its_way_knows_it(stage: Stage) -> None:
    """When a page is left: the save before may have arrived or not."""
    save(stage, "One", stamp="a")
    save(stage, "One two", stamp="b", known=["a"])
    save(stage, "One two three", stamp="c", known=["a", "b"])
    assert the_draft(stage).body == "One two three"


def test_the_same_text_from_two_devices_is_no_conflict(stage: Stage) -> None:
    save(stage, "The same", stamp="a")
    assert save(stage, "The same", stamp="b").stamp == "b"


def test_an_empty_form_does_away_with_its_own_draft_alone(stage: Stage) -> None:
    assert save(stage, " \n") is None
    save(stage, "Typed elsewhere", stamp="a")
    assert save(stage, "").body == "Typed elsewhere"
    assert save(stage, "", known=["a"]) is None
    assert Draft.objects.count() == 0
    titled = save(stage, "", part=stage.part, title="A title alone")
    assert titled.title == "A title alone"


# ---------------------------------------------------------------------- sending
def test_sending_drops_the_draft_and_a_save_that_comes_late_does_not_bring_it_back(stage: Stage) -> None:
    save(stage, "An ans", submission_key="k1", stamp="a")
    post = discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("member"), body="An answer.", submission_key="k1"
    )
    assert the_draft(stage) is None
    with pytest.raises(AlreadySent) as refused:
        save(stage, "An answe", submission_key="k1", known=["a"])
    assert refused.value.post == post
    assert the_draft(stage) is None
    # The next one begins anew.
    assert save(stage, "Besides", submission_key="k2") is not None


def test_starting_a_thread_drops_its_draft(stage: Stage) -> None:
    save(stage, "The te", part=stage.part, title="Lon", submission_key="k1")
    save(stage, "An answer here")
    discussion.start_thread(
        part=fresh_part(stage.part), by=stage.user("member"), title="Long enough", body="The text.", submission_key="k1"
    )  # fmt: skip
    assert [draft.body for draft in Draft.objects.all()] == ["An answer here"]
    with pytest.raises(AlreadySent):
        save(stage, "The tex", part=stage.part, submission_key="k1")


def test_what_was_begun_elsewhere_outlives_the_sending_of_another_text(stage: Stage) -> None:
    save(stage, "A long text on my telephone", submission_key="telephone")
    discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("member"), body="Quick.", submission_key="desk"
    )
    assert the_draft(stage).body == "A long text on my telephone"
    # The same text under no key, as a program sends it, is the draft.
    discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("member"), body="A long text on my telephone"
    )
    assert the_draft(stage) is None


def test_two_windows_with_one_draft_make_one_post(stage: Stage) -> None:
    draft = save(stage, "Only once.", submission_key="k1")
    for _window in range(2):
        discussion.reply(
            thread=fresh_thread(stage.thread), by=stage.user("member"), body="Only once.", submission_key=draft.submission_key
        )  # fmt: skip
    assert Post.objects.filter(body="Only once.").count() == 1


@pytest.mark.django_db(transaction=True)
def test_saves_and_a_sending_at_once_leave_no_draft_behind(transactional_db: None) -> None:
    """Real threads: whichever comes first, what was sent is not found as a draft afterwards."""
    stage = build_stage()
    user = stage.users["member"]
    member_for(user)
    errors: list[BaseException] = []

    def run(act: Any) -> None:
        try:
            barrier.wait(timeout=20)
            act()
        except AlreadySent:
            pass
        except BaseException as error:  # noqa: BLE001  (raised below, in the test's own thread)
            errors.append(error)
        finally:
            connections.close_all()

    for round_ in range(6):
        key = f"key{round_}"
        thread = Thread.objects.select_related("part", "series", "author").get(pk=stage.thread.pk)

        def send(key: str = key, thread: Thread = thread) -> None:
            discussion.reply(
                thread=thread, by=stage.user("member"), body=f"Sent with {key}", submission_key=key
            )

        def save_one(n: int, key: str = key, thread: Thread = thread) -> None:
            save_draft(
                by=stage.user("member"),
                thread=thread,
                body=f"Sent wi{n}",
                submission_key=key,
                stamp=f"s{n}",
                known=[f"s{m}" for m in range(9)],
            )

        barrier = threading.Barrier(4)
        workers = [threading.Thread(target=run, args=(send,))]
        workers += [threading.Thread(target=run, args=(lambda n=n: save_one(n),)) for n in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)
        assert not errors, errors
        assert Post.objects.filter(author__user=user, submission_key=key).count() == 1
        assert not Draft.objects.exists(), f"round {round_}: {Draft.objects.get().body}"
    assert Member.objects.get(user=user).post_count == 6
