"""What members watch, follow and mute: said once, changed, taken back; never of what they may not see."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited
from scs_series.models import Member, Series, Subscription
from scs_series.services import discussion
from scs_series.services.subscriptions import subscribe, unsubscribe
from tests import factories
from tests.stage import Stage, fresh_part, fresh_thread

pytestmark = pytest.mark.django_db


def targets(stage: Stage) -> dict[str, Any]:
    return {
        "thread": fresh_thread(stage.thread),
        "part": fresh_part(stage.part),
        "tag": stage.tag,
        "series": Series.objects.get(pk=stage.series.pk),
    }


def held(user: Any) -> dict[str, str]:
    found = Subscription.objects.filter(member__user=user).select_related("thread", "part", "tag", "series")
    return {row.target_kind: row.level for row in found}


@pytest.mark.parametrize("kind", ["thread", "part", "tag", "series"])
def test_said_twice_it_is_one_and_the_last_word_counts(stage: Stage, kind: str) -> None:
    user, target = stage.user("member"), targets(stage)[kind]
    first = subscribe(target=target, level="watch", by=user)
    assert subscribe(target=target, level="watch", by=user).pk == first.pk
    assert subscribe(target=target, level="mute", by=user).pk == first.pk
    assert held(user) == {kind: "mute"}
    assert first.target == target
    assert unsubscribe(target=target, by=user) is True
    assert unsubscribe(target=target, by=user) is False
    assert held(user) == {}


def test_what_was_automatic_is_the_members_own_once_they_say_it(stage: Stage) -> None:
    user = stage.user("owner")
    assert Subscription.objects.get(member__user=user, thread=stage.thread).is_automatic
    subscribe(target=fresh_thread(stage.thread), level="watch", by=user)
    assert not Subscription.objects.get(member__user=user, thread=stage.thread).is_automatic


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("started", [True, False])
def test_what_one_starts_and_answers_is_watched_by_preference(
    stage: Stage, started: bool, answered: bool
) -> None:
    member = factories.make_member()
    Member.objects.filter(pk=member.pk).update(watches_started=started, watches_answered=answered)
    by = type(member.user).objects.get(pk=member.user_id)
    own = discussion.start_thread(
        part=fresh_part(stage.part), by=by, title="A thread of one's own", body="Mine."
    )
    discussion.reply(thread=fresh_thread(stage.thread), by=by, body="An answer.")
    watched = {row.thread_id for row in Subscription.objects.filter(member=member, level="watch")}
    assert watched == ({own.pk} if started else set()) | ({stage.thread.pk} if answered else set())
    # An answer in one's own thread is no way around "not what I start", unless answers are watched.
    discussion.reply(thread=fresh_thread(own), by=by, body="And more.")
    assert Subscription.objects.filter(member=member, thread=own).exists() == (started or answered)


def test_muting_outlasts_an_answer(stage: Stage) -> None:
    """Automatic watching says nothing where the member has spoken."""
    user = stage.user("member")
    subscribe(target=fresh_thread(stage.thread), level="mute", by=user)
    discussion.reply(thread=fresh_thread(stage.thread), by=user, body="Once more.")
    assert held(user) == {"thread": "mute"}


def test_what_may_not_be_seen_is_not_subscribed_to_but_let_go(stage: Stage) -> None:
    user = stage.user("member")
    subscribe(target=fresh_thread(stage.thread), level="watch", by=user)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    hidden = fresh_thread(stage.thread)
    for target in (hidden, stage.draft):
        with pytest.raises(NotAllowed):
            subscribe(target=target, level="watch", by=user)
    assert subscribe(target=hidden, level="follow", by=stage.user("moderator")).level == "follow"
    assert unsubscribe(target=hidden, by=user) is True


@pytest.mark.parametrize("level", ["", "WATCH", "block", "x" * 50])
def test_a_level_that_is_none_is_refused(stage: Stage, level: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        subscribe(target=fresh_thread(stage.thread), level=level, by=stage.user("member"))
    assert (caught.value.code, caught.value.field) == ("bad_level", "level")


def test_who_never_wrote_becomes_a_member_by_subscribing_and_not_by_unsubscribing(stage: Stage) -> None:
    user = factories.make_user("quiet")
    assert unsubscribe(target=stage.tag, by=user) is False
    assert not Member.objects.filter(user=user).exists()
    subscribe(target=stage.tag, level="follow", by=user)
    assert Member.objects.get(user=user).username == "quiet"


def test_changing_ones_mind_is_limited(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OWN_RATE": "2/d"}
    user = stage.user("member")
    for level in ("watch", "mute"):
        subscribe(target=stage.tag, level=level, by=user)
    with pytest.raises(RateLimited) as caught:
        subscribe(target=stage.tag, level="follow", by=user)
    assert caught.value.retry_after > 0
    assert held(user) == {"tag": "mute"}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second."), (90, "90 seconds."), (121, "3 minutes."), (2_561, "43 minutes."), (7_201, "3 hours.")],
)
def test_when_to_try_again_is_said_as_people_say_it(seconds: int, said: str) -> None:
    error = RateLimited(seconds)
    assert str(error).endswith(f"Try again in {said}")
    assert error.retry_after == seconds


def test_a_list_tells_what_is_shown_to_whom(stage: Stage) -> None:
    user = stage.user("member")
    for target in targets(stage).values():
        subscribe(target=target, level="watch", by=user)
    every = Subscription.objects.filter(member__user=user)
    assert {row.is_shown for row in every.for_list(user)} == {True}  # type: ignore[attr-defined]
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    Series.objects.filter(pk=stage.series.pk).update(visibility="private")
    shown = {row.target_kind: row.is_shown for row in every.for_list(user)}  # type: ignore[attr-defined]
    assert shown == {"thread": False, "part": False, "tag": False, "series": False}
    editor = {row.target_kind: row.is_shown for row in every.for_list(stage.user("editor"))}  # type: ignore[attr-defined]
    assert editor == {"thread": False, "part": True, "tag": True, "series": True}
