"""Bookmarks: one of each thing, with a note; nobody else's to change."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited
from scs_series.models import Bookmark
from scs_series.services import discussion
from scs_series.services.bookmarks import change_note, remove_bookmark, save_bookmark
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def target(stage: Stage, kind: str) -> Any:
    return fresh_post(stage.thread, 2) if kind == "post" else fresh_part(stage.part)


@pytest.mark.parametrize("kind", ["post", "part"])
def test_marked_twice_it_is_one_and_keeps_its_note_unless_another_is_given(stage: Stage, kind: str) -> None:
    user = stage.user("member")
    first = save_bookmark(target=target(stage, kind), by=user, note="  Read again\r\non Monday ")
    assert first.note == "Read again\non Monday"
    assert save_bookmark(target=target(stage, kind), by=user).note == first.note
    again = save_bookmark(target=target(stage, kind), by=user, note="")
    assert (again.pk, again.note) == (first.pk, "")
    assert remove_bookmark(bookmark=again, by=user) is True
    assert remove_bookmark(bookmark=again, by=user) is False
    assert not Bookmark.objects.exists()


def test_a_note_too_long_is_refused_and_the_old_one_stays(stage: Stage) -> None:
    user = stage.user("member")
    mark = save_bookmark(target=fresh_post(stage.thread, 2), by=user, note="x" * 500)
    for write in (
        lambda: save_bookmark(target=fresh_post(stage.thread, 2), by=user, note="y" * 501),
        lambda: change_note(bookmark=mark, note="y" * 501, by=user),
    ):
        with pytest.raises(InvalidInput) as caught:
            write()
        assert (caught.value.code, caught.value.field) == ("note_too_long", "note")
    assert Bookmark.objects.get().note == "x" * 500


def test_what_may_not_be_seen_is_not_marked(stage: Stage) -> None:
    post = fresh_post(stage.thread, 2)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for thing in (post, stage.draft):
        with pytest.raises(NotAllowed):
            save_bookmark(target=thing, by=stage.user("member"))
    assert not Bookmark.objects.exists()


def test_nobody_touches_anothers_bookmark(stage: Stage) -> None:
    mark = save_bookmark(target=fresh_post(stage.thread, 2), by=stage.user("owner"), note="Mine")
    for role in ("member", "moderator", "superuser", "anonymous"):
        with pytest.raises(NotAllowed):
            change_note(bookmark=mark, note="Theirs", by=stage.user(role))
        with pytest.raises(NotAllowed):
            remove_bookmark(bookmark=mark, by=stage.user(role))
    assert Bookmark.objects.get().note == "Mine"
    assert change_note(bookmark=mark, note="Mine still", by=stage.user("owner")).note == "Mine still"


def test_marking_is_limited(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OWN_RATE": "1/d"}
    save_bookmark(target=fresh_post(stage.thread, 2), by=stage.user("member"))
    with pytest.raises(RateLimited):
        save_bookmark(target=fresh_post(stage.thread, 1), by=stage.user("member"))
