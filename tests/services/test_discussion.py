"""Threads and posts: what each act changes, counts, announces and keeps; and what it refuses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited, StaleEdit, ThreadLocked
from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread, ThreadTag
from scs_series.services import discussion
from scs_series.services.rendering import ACTIONS, thread_row
from tests import factories
from tests.services.watching import heard, raised_by
from tests.stage import Stage, assert_counts, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db

ALL_ABOUT_THE_THREAD = {"thread", "part", "series", "tag"}


def start(stage: Stage, role: str = "member", **fields: Any) -> Thread:
    fields = {"title": "Another question", "body": "What is meant?", **fields}
    return discussion.start_thread(part=fresh_part(stage.part), by=stage.user(role), **fields)


def reply(stage: Stage, role: str = "member", **fields: Any) -> Post:
    return discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user(role), **{"body": "So it is.", **fields}
    )


def refused(code: str, field: str | None, act: Any, *args: Any, **kwargs: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        act(*args, **kwargs)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert_counts()
    return caught.value


# ---------------------------------------------------------------------- starting
def test_a_thread_begins_with_its_opening_post(stage: Stage) -> None:
    thread = start(stage, tags=["Courts", "new one"], kind="question")
    post = Post.objects.get(thread=thread)
    assert (post.number, post.body, post.author) == (1, "What is meant?", thread.author)
    assert (thread.series_id, thread.kind, thread.post_count, thread.last_number) == (
        stage.series.pk,
        "question",
        1,
        1,
    )
    assert post.body_html in post.fragment
    assert ACTIONS in post.fragment
    assert fresh_thread(thread).row_html == thread_row(fresh_thread(thread))
    assert {tag.name for tag in thread.tags.all()} == {"Courts", "new one"}
    member = Member.objects.get(user=stage.users["member"])
    assert (member.thread_count, member.post_count) == (1, 1)
    assert_counts()


def test_starting_raises_what_lists_the_thread_and_nothing_else(stage: Stage) -> None:
    assert raised_by(stage, lambda: start(stage)) == {"part", "series"}
    assert raised_by(stage, lambda: start(stage, tags=["courts"])) == {"part", "series", "tag"}
    assert raised_by(stage, lambda: start(stage, body="See [@plan2014].")) == {"part", "series", "uncited"}
    assert_counts()


def test_starting_announces_thread_and_post_once_committed(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    with heard() as calls:
        with django_capture_on_commit_callbacks() as callbacks:
            thread = start(stage)
        assert calls == [], "nothing is announced before the commit"
        for callback in callbacks:
            callback()
    post, member = Post.objects.get(thread=thread), Member.objects.get(user=stage.users["member"])
    assert calls == [
        ("thread_started", Thread, {"thread": thread, "post": post, "by": member}),
        ("post_created", Post, {"post": post, "by": member}),
    ]


def test_a_thread_sent_twice_is_started_once(stage: Stage) -> None:
    assert start(stage, submission_key="k1") == start(stage, submission_key="k1", title="Sent once more")
    assert Thread.objects.count() == 2
    assert start(stage, "owner", submission_key="k1").author != start(stage, submission_key="k1").author
    assert_counts()


def test_an_unknown_kind_is_refused(stage: Stage) -> None:
    refused("bad_kind", "kind", start, stage, kind="rant")


@pytest.mark.parametrize("key", ["x" * 65, "näm", "with\nline", "nul\x00"])
def test_a_key_that_is_no_key_is_refused(stage: Stage, key: str) -> None:
    refused("bad_idempotency_key", "submission_key", start, stage, submission_key=key)


# ---------------------------------------------------------------------- titles
@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  two   words \n here ", "two words here"),
        ("zero\u200bwidth\ufeff and \u202ebidi\u202c gone", "zerowidth and bidi gone"),
        ("cafe\u0301 is one letter", "café is one letter"),
        ("社会信用", "社会信用"),
        ("NUL\x00 and bell\x07 too", "NUL and bell too"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("می\u200cخواهم بدانم", "می\u200cخواهم بدانم"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_title_is_one_visible_line(raw: str, clean: str) -> None:
    assert discussion.clean_title(raw) == clean


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "title_too_short"),
        ("short", "title_too_short"),
        ("\u200b" * 50, "title_too_short"),
        ("\u200d" * 50, "title_too_short"),
        ("三个字", "title_too_short"),
        ("x" * 201, "title_too_long"),
        ("x" * 300, "title_too_long"),
    ],
)
def test_a_title_that_does_not_do_says_why(raw: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        discussion.clean_title(raw)
    assert (caught.value.code, caught.value.field) == (code, "title")


# ---------------------------------------------------------------------- answering
def test_answers_are_numbered_and_name_whom_they_answer(stage: Stage) -> None:
    post = reply(stage, answers=2)
    assert (post.number, post.answers) == (3, stage.post)
    assert "?post=2" in post.fragment
    assert [p.number for p in Post.objects.filter(thread=stage.thread).order_by("number")] == [1, 2, 3]
    assert_counts()


def test_an_answer_raises_what_shows_the_thread(stage: Stage) -> None:
    assert raised_by(stage, lambda: reply(stage)) == ALL_ABOUT_THE_THREAD
    assert raised_by(stage, lambda: reply(stage, body="[@kuo2019]")) == ALL_ABOUT_THE_THREAD | {"source"}


def test_an_answer_moves_the_thread_to_the_head_of_its_tags(stage: Stage) -> None:
    later = timezone.now() + dt.timedelta(hours=1)
    reply(stage, at=later)
    thread = fresh_thread(stage.thread)
    assert thread.last_post_at == later
    assert set(
        ThreadTag.objects.filter(content_object=thread).values_list("last_activity_at", flat=True)
    ) == {later}
    assert thread.row_html == thread_row(thread)
    # An imported post from long ago does not put the thread back.
    reply(stage, at=later - dt.timedelta(days=400))
    assert fresh_thread(stage.thread).last_post_at == later


def test_an_answer_is_announced_once_committed(stage: Stage, django_capture_on_commit_callbacks: Any) -> None:
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        post = reply(stage)
        assert calls == []
    assert calls == [("post_created", Post, {"post": post, "by": post.author})]


def test_an_answer_sent_twice_is_one_post(stage: Stage) -> None:
    first = reply(stage, submission_key="same")
    assert reply(stage, submission_key="same") == first
    # Another text, place or act under the same key is no retry: it is refused, and not taken for done.
    refused("key_already_used", "submission_key", reply, stage, submission_key="same", body="Typed again.")
    refused("key_already_used", "submission_key", start, stage, submission_key="same")
    elsewhere = factories.make_thread(stage.part)
    with pytest.raises(InvalidInput):
        discussion.reply(thread=elsewhere, by=stage.user("member"), body=first.body, submission_key="same")
    assert fresh_thread(stage.thread).post_count == 3
    assert reply(stage, submission_key="other").number == 4
    assert_counts()


def test_an_answer_to_a_post_that_is_not_there_is_refused(stage: Stage) -> None:
    refused("no_such_post", "answers", reply, stage, answers=99)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty"), (" \n\t", "empty"), ("\u200b\u200d\ufeff", "empty"), ("x" * 30_001, "too_long"),
        ("x" * 500_000, "too_long"), ("a\x00b", "nul"), ("a\x07b", "nul"), ("a\ud800", "nul"), ("> " * 10_000 + "x", "too_deep"),
        ("- " * 10_000 + "x", "too_deep"),
    ],
)  # fmt: skip
def test_a_text_that_does_not_do_says_why(stage: Stage, body: str, code: str) -> None:
    if code == "empty" and "\u200b" not in body:
        assert not body.strip()
    refused(code, "body", reply, stage, body=body)
    assert Post.objects.count() == 2


def test_a_text_of_joiners_and_surrogates_around_words_is_kept_as_typed(stage: Stage) -> None:
    assert reply(stage, body="👩\u200d💻 می\u200cخواهم").body == "👩\u200d💻 می\u200cخواهم"


def test_a_locked_thread_is_not_answered_even_if_it_was_open_when_the_page_was_read(stage: Stage) -> None:
    read_earlier = fresh_thread(stage.thread)
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    with pytest.raises(ThreadLocked):
        discussion.reply(thread=read_earlier, by=stage.user("member"), body="Too late.")
    assert_counts()


def test_a_moderator_may_answer_in_a_hidden_thread_and_it_counts_when_shown_again(stage: Stage) -> None:
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    reply(stage, "moderator", body="Among ourselves [@kuo2019].")
    assert_counts()
    discussion.unhide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    assert_counts()
    assert fresh_part(stage.part).post_count == 3


def test_writing_too_often_is_refused_and_imports_are_not(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "2/h"}
    reply(stage), reply(stage)
    with pytest.raises(RateLimited) as caught:
        reply(stage)
    assert 0 < caught.value.retry_after <= 3_601
    with pytest.raises(RateLimited):
        start(stage)
    reply(stage, at=timezone.now())
    reply(stage, "owner")


def test_edits_and_what_is_refused_count_too(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "2/h"}
    for body in ("Once.", "Twice."):
        discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body=body)
    with pytest.raises(RateLimited):
        discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body="Again.")
    with pytest.raises(RateLimited):
        discussion.edit_thread(thread=fresh_thread(stage.thread), by=stage.user("owner"), tags=["a", "b"])
    # Whoever clears up after others is not held back.
    for body in ("One.", "Two.", "Three."):
        discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("moderator"), body=body)
    # Looking for a key that is not there costs as much as a post.
    for _n in range(2):
        with pytest.raises(InvalidInput):
            reply(stage, "member_2", body="[@nothing]")
    with pytest.raises(RateLimited):
        reply(stage, "member_2", body="[@nothing]")


def test_what_moderators_did_meanwhile_holds_for_an_edit(stage: Stage) -> None:
    read, other = fresh_post(stage.thread, 2), fresh_post(stage.thread, 2)
    discussion.hide_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"), reason="An insult")
    with pytest.raises(NotAllowed):
        discussion.edit_post(post=read, by=stage.user("member_2"), body="Another.")
    discussion.edit_post(post=other, by=stage.user("moderator"), body="Without the name.")
    assert "An insult" in fresh_post(stage.thread, 2).fragment
    opening = fresh_post(stage.thread, 1)
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    with pytest.raises(ThreadLocked):
        discussion.edit_post(post=opening, by=stage.user("owner"), body="Another.")


def test_nobody_but_its_editors_answers_under_a_draft(stage: Stage) -> None:
    thread = factories.make_thread(fresh_part(stage.draft), by=stage.user("editor"))
    discussion.reply(thread=thread, by=stage.user("editor"), body="Among ourselves.")
    with pytest.raises(NotAllowed):
        discussion.reply(thread=thread, by=stage.user("member"), body="Let me in.")


def test_what_an_import_brings_late_turns_no_clock_back(stage: Stage) -> None:
    before = fresh_part(stage.part).last_activity_at
    reply(stage, at=before - dt.timedelta(days=3))
    assert fresh_part(stage.part).last_activity_at == before


# ---------------------------------------------------------------------- citations
def test_citations_become_source_links_and_go_with_the_text(stage: Stage) -> None:
    post = reply(stage, body="See [@kuo2019, p. 3; @plan2014] and again [@kuo2019, p. 9].")
    links = {link.source.key: link for link in SourceLink.objects.filter(post=post).select_related("source")}
    assert links["kuo2019"].locators == "p. 3; p. 9"
    assert (links["kuo2019"].mentions, links["plan2014"].mentions) == (2, 1)
    assert Source.objects.get(key="plan2014").post_count == 1
    discussion.edit_post(post=fresh_post(stage.thread, 3), by=stage.user("member"), body="See [@kuo2019].")
    assert Source.objects.get(key="plan2014").post_count == 0
    assert [link.locators for link in SourceLink.objects.filter(post=post)] == [""]
    assert_counts()
    discussion.edit_post(post=fresh_post(stage.thread, 3), by=stage.user("member"), body="Nothing.")
    assert not SourceLink.objects.filter(post=post).exists()
    assert_counts()


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_key(stage: Stage) -> None:
    error = refused("unknown_source", "body", reply, stage, body="One line.\n\nThen [@kou2019].")
    assert "3" in str(error)
    assert "kou2019" in str(error)
    assert error.details == {"key": "kou2019", "suggestion": "kuo2019"}
    assert "kuo2019" in str(error)
    assert refused("unknown_source", "body", reply, stage, body="[@qqqqqqqq]").details["suggestion"] is None


def test_a_source_of_another_series_is_unknown_here(stage: Stage) -> None:
    factories.make_source(stage.other_series, "elsewhere2020")
    refused("unknown_source", "body", reply, stage, body="[@elsewhere2020]")


# ---------------------------------------------------------------------- editing
def test_an_edit_keeps_the_old_text_as_a_revision(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    opening = fresh_post(stage.thread, 1)
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(
            stage,
            lambda: discussion.edit_post(
                post=opening,
                by=stage.user("owner"),
                body="Better [@kuo2019].",
                expected_revision=1,
                reason=" typo ",
            ),
        )
    assert raised == ALL_ABOUT_THE_THREAD | {"source"}
    post = fresh_post(stage.thread, 1)
    assert (post.body, post.revision_number, post.edit_reason) == ("Better [@kuo2019].", 2, "typo")
    assert post.edited_by == post.author
    assert post.body_html in post.fragment
    old = post.revisions.get()
    assert (old.number, old.body, old.editor, old.created_at) == (
        1,
        "It says *this* [@kuo2019].",
        post.author,
        post.created_at,
    )
    assert calls == [("post_edited", Post, {"post": post, "by": post.author})]
    discussion.edit_post(post=post, by=stage.user("moderator"), body="Third.")
    second = fresh_post(stage.thread, 1).revisions.get(number=2)
    assert (second.body, second.editor, second.reason) == ("Better [@kuo2019].", post.author, "typo")
    assert_counts()


def test_saving_the_same_text_changes_nothing(stage: Stage, django_capture_on_commit_callbacks: Any) -> None:
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(
            stage,
            lambda: discussion.edit_post(
                post=fresh_post(stage.thread, 2), by=stage.user("member_2"), body="An answer from the second."
            ),
        )
    assert (raised, calls) == (set(), [])
    assert not fresh_post(stage.thread, 2).revisions.exists()


def test_of_two_who_edit_one_post_the_second_gets_both_texts_and_nothing_is_lost(stage: Stage) -> None:
    first, second = fresh_post(stage.thread, 1), fresh_post(stage.thread, 1)
    discussion.edit_post(post=first, by=stage.user("owner"), body="Mine.", expected_revision=1)
    with pytest.raises(StaleEdit) as caught:
        discussion.edit_post(post=second, by=stage.user("moderator"), body="Yours.", expected_revision=1)
    assert (caught.value.current, caught.value.yours, caught.value.current_revision) == ("Mine.", "Yours.", 2)
    assert fresh_post(stage.thread, 1).body == "Mine."
    discussion.edit_post(
        post=fresh_post(stage.thread, 1), by=stage.user("moderator"), body="Both.", expected_revision=2
    )
    assert [r.body for r in fresh_post(stage.thread, 1).revisions.order_by("number")] == [
        "It says *this* [@kuo2019].",
        "Mine.",
    ]


def test_a_reason_that_is_too_long_is_refused(stage: Stage) -> None:
    refused(
        "reason_too_long", "reason", discussion.edit_post,
        post=fresh_post(stage.thread, 1), by=stage.user("owner"), body="New.", reason="x" * 301,
    )  # fmt: skip


def test_editing_a_thread_changes_title_kind_and_tags(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    thread = fresh_thread(stage.thread)
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(
            stage,
            lambda: discussion.edit_thread(
                thread=thread,
                by=stage.user("owner"),
                title="What does it really say?",
                kind="correction",
                tags=["other"],
            ),
        )
    assert raised == ALL_ABOUT_THE_THREAD, "the page of the tag that was taken away changes too"
    assert calls == [("thread_changed", Thread, {"thread": thread, "by": thread.author, "change": "edited"})]
    found = fresh_thread(stage.thread)
    assert (found.title, found.kind, [tag.name for tag in found.tags.all()]) == (
        "What does it really say?", "correction", ["other"],
    )  # fmt: skip
    assert found.row_html == thread_row(found)
    assert Tag.objects.get(pk=stage.tag.pk).thread_count == 0
    assert_counts()


def test_an_edit_of_a_thread_that_changes_nothing_raises_and_announces_nothing(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(
            stage,
            lambda: discussion.edit_thread(
                thread=fresh_thread(stage.thread), by=stage.user("owner"), title=stage.thread.title,
                kind=stage.thread.kind, tags=["COURTS", "lists"],
            ),
        )  # fmt: skip
    assert (raised, calls) == (set(), [])


def test_a_thread_changed_from_an_old_copy_keeps_what_happened_meanwhile(stage: Stage) -> None:
    """Two tabs: the row in lists shows what is in the database, not what one tab had seen."""
    for change in (
        lambda old: discussion.edit_thread(thread=old, by=stage.user("moderator"), kind="source"),
        lambda old: discussion.pin_thread(thread=old, by=stage.user("moderator")),
        lambda old: discussion.lock_thread(thread=old, by=stage.user("moderator")),
    ):
        old = fresh_thread(stage.thread)
        discussion.edit_thread(
            thread=fresh_thread(stage.thread),
            by=stage.user("moderator"),
            title=f"Retitled {old.post_count} times",
        )
        reply(stage, "moderator")
        change(old)
        now = fresh_thread(stage.thread)
        assert now.title.startswith("Retitled")
        assert now.row_html == thread_row(now)
    assert_counts()


def test_a_thread_locked_meanwhile_is_not_edited_by_its_author(stage: Stage) -> None:
    old = fresh_thread(stage.thread)
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    with pytest.raises(NotAllowed):
        discussion.edit_thread(thread=old, by=stage.user("owner"), title="Changed after all")


# ---------------------------------------------------------------------- states
@pytest.mark.parametrize(
    ("do", "undo", "said"),
    [
        (discussion.pin_thread, discussion.unpin_thread, ("pinned", "unpinned")),
        (discussion.lock_thread, discussion.unlock_thread, ("locked", "unlocked")),
        (discussion.hide_thread, discussion.unhide_thread, ("hidden", "unhidden")),
    ],
)
def test_a_state_is_set_once_and_undone_once(
    stage: Stage, do: Any, undo: Any, said: tuple[str, str], django_capture_on_commit_callbacks: Any
) -> None:
    mod = stage.user("moderator")
    expected = ALL_ABOUT_THE_THREAD | ({"source"} if said[0] == "hidden" else set())
    before = thread_row(fresh_thread(stage.thread))
    results: list[bool] = []

    def act(function: Any) -> set[str]:
        return raised_by(stage, lambda: results.append(function(thread=fresh_thread(stage.thread), by=mod)))

    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = [act(do), act(do)]
        assert fresh_thread(stage.thread).row_html == thread_row(fresh_thread(stage.thread)) != before
        assert_counts()
        raised += [act(undo), act(undo)]
    assert results == [True, False, True, False]
    assert raised == [expected, set(), expected, set()]
    assert [(name, arguments["change"]) for name, _sender, arguments in calls] == [
        ("thread_changed", said[0]), ("thread_changed", said[1]),
    ]  # fmt: skip
    assert fresh_thread(stage.thread).row_html == before
    assert_counts()


def test_a_hidden_thread_leaves_every_count_and_comes_back_to_every_one(stage: Stage) -> None:
    def counts() -> list[Any]:
        return [
            *Part.objects.filter(pk=stage.part.pk).values_list("thread_count", "post_count"),
            *Series.objects.filter(pk=stage.series.pk).values_list("thread_count", "post_count"),
            *Tag.objects.filter(pk=stage.tag.pk).values_list("thread_count", flat=True),
            *Member.objects.filter(user=stage.users["owner"]).values_list("thread_count", "post_count"),
            *Member.objects.filter(user=stage.users["member_2"]).values_list("thread_count", "post_count"),
            *Source.objects.filter(pk=stage.source.pk).values_list("post_count", flat=True),
        ]

    before = counts()
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"), reason="spam")
    assert counts() == [(0, 0), (0, 0), 0, (0, 0), (0, 0), 0]
    assert Thread.objects.get(pk=stage.thread.pk).hidden_reason == "spam"
    discussion.unhide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    assert counts() == before
    assert Thread.objects.get(pk=stage.thread.pk).hidden_reason == ""


def test_hiding_a_post_leaves_a_stub_and_keeps_the_text(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    post, mod = fresh_post(stage.thread, 1), stage.user("moderator")
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(stage, lambda: discussion.hide_post(post=post, by=mod, reason="names a person"))
        assert not discussion.hide_post(post=fresh_post(stage.thread, 1), by=mod)
    assert raised == ALL_ABOUT_THE_THREAD | {"source"}
    assert calls == [
        ("post_hidden", Post, {"post": post, "by": Member.objects.get(user=mod), "reason": "names a person"})
    ]
    found = fresh_post(stage.thread, 1)
    assert "It says" not in found.fragment
    assert "names a person" in found.fragment
    assert found.body == "It says *this* [@kuo2019]."
    assert Source.objects.get(pk=stage.source.pk).post_count == 0
    assert_counts()
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        assert discussion.unhide_post(post=fresh_post(stage.thread, 1), by=mod)
        assert not discussion.unhide_post(post=fresh_post(stage.thread, 1), by=mod)
    assert [name for name, _sender, _arguments in calls] == ["post_unhidden"]
    assert fresh_post(stage.thread, 1).fragment == stage.opening.fragment
    assert_counts()


def test_hiding_posts_and_threads_in_any_order_keeps_the_counts(stage: Stage) -> None:
    mod = stage.user("moderator")
    thread, post = lambda: fresh_thread(stage.thread), lambda: fresh_post(stage.thread, 1)
    for act in (
        lambda: discussion.hide_post(post=post(), by=mod),
        lambda: discussion.hide_thread(thread=thread(), by=mod),
        lambda: discussion.unhide_post(post=post(), by=mod),
        lambda: discussion.hide_post(post=fresh_post(stage.thread, 2), by=mod),
        lambda: discussion.unhide_thread(thread=thread(), by=mod),
        lambda: discussion.edit_post(post=post(), by=mod, body="Cites [@plan2014]."),
        lambda: discussion.edit_post(
            post=fresh_post(stage.thread, 2), by=mod, body="Hidden cites [@kuo2019]."
        ),
        lambda: discussion.unhide_post(post=fresh_post(stage.thread, 2), by=mod),
    ):
        act()
        assert_counts()


def test_an_edited_hidden_post_shows_nothing_of_the_new_text(stage: Stage) -> None:
    mod = stage.user("moderator")
    discussion.hide_post(post=fresh_post(stage.thread, 1), by=mod)
    discussion.edit_post(post=fresh_post(stage.thread, 1), by=mod, body="Unspeakable.")
    assert "Unspeakable" not in fresh_post(stage.thread, 1).fragment


def test_of_two_who_edit_a_threads_title_the_second_gets_both_states(stage: Stage) -> None:
    first, second = fresh_thread(stage.thread), fresh_thread(stage.thread)
    discussion.edit_thread(
        thread=first, by=stage.user("owner"), title="The owner's title", expected_revision=1
    )
    with pytest.raises(StaleEdit) as caught:
        discussion.edit_thread(
            thread=second,
            by=stage.user("moderator"),
            title="The moderator's",
            tags=["law"],
            expected_revision=1,
        )
    assert "The owner's title" in caught.value.current
    assert "The moderator's" in caught.value.yours
    assert "law" in caught.value.yours
    now = fresh_thread(stage.thread)
    assert (now.title, now.revision_number) == ("The owner's title", caught.value.current_revision)
    # Nothing changed, nothing counted.
    discussion.edit_thread(thread=now, by=stage.user("owner"), title="The owner's title", expected_revision=2)
    assert fresh_thread(stage.thread).revision_number == 2
