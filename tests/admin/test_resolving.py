"""What threads came to, and posts that their authors took back, at the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from scs_series.models import Thread
from scs_series.services import discussion
from tests import factories
from tests.admin.conftest import change_url, client_of, list_url
from tests.admin.test_actions import SEE, offered, staff
from tests.stage import Stage, assert_counts, fresh_post, fresh_thread

Act = Callable[..., list[str]]


@pytest.fixture
def proposal(stage: Stage) -> Thread:
    return factories.make_thread(stage.part, kind="correction", title="Other words, please")


def test_a_proposal_is_accepted_declined_and_opened_again(stage: Stage, proposal: Thread, act: Act) -> None:
    client = staff(*SEE, "resolve_thread")
    asked = client.post(list_url("thread"), {"action": "decline", "_selected_action": [proposal.pk]})
    assert "Readers see it at the head of the thread" in asked.content.decode()
    assert fresh_thread(proposal).resolution == "open", "a reason is asked before anything happens"
    said = act(client, "thread", "decline", proposal, scs_confirmed="1", reason="Not in the law")
    assert said == ["Declined 1 thread."]
    thread = fresh_thread(proposal)
    assert (thread.resolution, thread.resolved_reason) == ("declined", "Not in the law")
    assert "Not in the law" in LogEntry.objects.latest("pk").change_message
    assert act(client, "thread", "accept", proposal, scs_confirmed="1", reason="") == ["Accepted 1 thread."]
    assert act(client, "thread", "reopen", proposal) == ["1 thread is open again."]
    assert act(client, "thread", "reopen", proposal) == ["1 was open."]
    said = act(client, "thread", "accept", proposal, stage.thread, scs_confirmed="1", reason="")
    assert said[0] == "Accepted 1 thread."
    assert "Only corrections and sources" in said[1], "of a discussion it is refused, and said why"


def test_it_is_offered_to_who_may(stage: Stage, proposal: Thread, act: Act) -> None:
    acts = {"accept", "decline", "reopen"}
    assert acts.isdisjoint(offered(staff(*SEE), "thread"))
    assert acts <= offered(staff(*SEE, "resolve_thread"), "thread")
    editor = client_of(stage, "editor")
    assert acts <= offered(editor, "thread"), "authors decide of their own series"
    elsewhere = factories.make_thread(
        factories.make_part(stage.other_series), kind="source", title="Of another series"
    )
    assert "You may not do this" in act(editor, "thread", "accept", elsewhere, scs_confirmed="1")[0]
    assert act(editor, "thread", "accept", proposal, scs_confirmed="1") == ["Accepted 1 thread."]


def test_the_state_is_shown_and_filtered(stage: Stage, proposal: Thread, root: Any) -> None:
    question = factories.make_thread(stage.part, kind="question", title="Answered is this")
    answer = factories.make_post(fresh_thread(question))
    discussion.accept_answer(thread=fresh_thread(question), post=answer, by=stage.user("editor"))
    declined = factories.make_thread(stage.part, kind="source", title="Declined is this")
    discussion.resolve_thread(
        thread=fresh_thread(declined), resolution="declined", by=stage.user("editor"), reason="Why not."
    )
    for state, thread in (("to decide", proposal), ("declined", declined), ("answered", question)):
        page = root.get(list_url("thread"), {"state": state}).content.decode()
        others = {proposal, declined, question} - {thread}
        assert thread.title in page, state
        assert not any(other.title in page for other in others), state
    page = root.get(change_url(declined)).content.decode()
    assert "Why not." in page
    assert 'value="reopen"' in page
    assert 'value="decline"' not in page
    page = root.get(change_url(question)).content.decode()
    assert "no. 2" in page
    assert 'value="accept"' not in page


def test_what_was_withdrawn_is_shown_filtered_and_brought_back(stage: Stage, act: Act, root: Any) -> None:
    discussion.withdraw_post(post=fresh_post(stage.thread, 2), by=stage.user("member_2"), reason="Mistaken")
    page = root.get(list_url("post"), {"state": "withdrawn"}).content.decode()
    assert "An answer from the second" in page
    assert "It says" not in page
    page = root.get(change_url(stage.post)).content.decode()
    assert "withdrawn" in page
    assert "Mistaken" in page
    assert 'value="restore"' in page
    assert 'value="unhide"' not in page
    assert stage.post.body in page
    client = staff(*SEE, "hide_post")
    assert act(client, "post", "hide", stage.post, scs_confirmed="1") == ["1 was hidden already."]
    assert act(client, "post", "unhide", stage.post) == ["1 was not hidden by a moderator."]
    assert act(client, "post", "restore", stage.post) == ["Brought 1 post back."]
    assert not fresh_post(stage.thread, 2).is_hidden
    assert_counts()
    assert "restore" not in offered(staff(*SEE), "post")


def test_whoever_may_not_see_hidden_things_does_not_meet_it(stage: Stage) -> None:
    discussion.withdraw_post(post=fresh_post(stage.thread, 2), by=stage.user("member_2"))
    client = staff("view_post", "view_thread", "change_post")
    assert "An answer from the second" not in client.get(list_url("post")).content.decode()
    assert client.get(change_url(stage.post)).status_code == 404
