"""Acting on posts from the page: buttons, refusals, confirmations, and what is shown afterwards to whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from scs_series.models import Block, Reaction
from scs_series.services import discussion
from tests import factories
from tests.stage import Stage, assert_counts, fresh_post, fresh_thread
from tests.views.reading import faults_of, text_of, tree

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def address(stage: Stage, act: str, number: int | None = None) -> str:
    thread = [stage.thread.pk, stage.thread.slug]
    return reverse(f"scs_series:{act}", args=[*thread, number] if number else thread)


def buttons(page: Any, number: int) -> list[tuple[str, str, str]]:
    """The words under a post: (label, what pressing does, pressed), in order."""
    post = next(e for e in tree(page).iter("article") if e.get("id") == f"post-{number}")
    return [
        (" ".join("".join(e.itertext()).split()), e.get("name", e.tag), e.get("aria-pressed", ""))
        for e in post.iter()
        if "scs-react" in (e.get("class") or "").split()
    ]


def read(client: Client, stage: Stage) -> Any:
    page = client.get(stage.thread.get_absolute_url())
    assert faults_of(page) == []
    return page


def of_kind(stage: Stage, kind: str) -> None:
    discussion.edit_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"), kind=kind)


# ---------------------------------------------------------------------- reactions
def test_a_member_reacts_without_script_and_everybody_sees_it(stage: Stage) -> None:
    client, visitor = stage.client("owner"), stage.client("anonymous")
    assert buttons(read(client, stage), 1) == [], "not to one's own"
    assert buttons(read(client, stage), 2) == [
        ("Agree", "say", "false"), ("Thanks", "say", "false"), ("Insightful", "say", "false"),
    ]  # fmt: skip
    assert buttons(read(visitor, stage), 2) == []
    said = client.post(address(stage, "post-react", 2), {"say": "thanks"})
    assert (said.status_code, said.headers["Location"]) == (302, stage.post.get_absolute_url())
    assert buttons(read(client, stage), 2)[0] == ("Thanks 1", "unsay", "true"), "what was said stands first"
    assert buttons(read(stage.client("member"), stage), 2)[0] == ("Thanks 1", "say", "false")
    assert buttons(read(stage.client("member_2"), stage), 2) == [("Thanks 1 who said so", "a", "")]
    assert buttons(read(visitor, stage), 2) == [("Thanks 1 who said so", "a", "")]
    client.post(address(stage, "post-react", 2), {"unsay": "thanks"})
    assert buttons(read(visitor, stage), 2) == []


def test_a_script_is_given_the_new_row_or_the_reason(stage: Stage) -> None:
    client = stage.client("owner")
    said = client.post(address(stage, "post-react", 2), {"say": "agree"}, headers=JSON)
    assert said.status_code == 200
    assert 'name="unsay" value="agree" aria-pressed="true">Agree <b>1</b>' in said.json()["row"]
    refused = client.post(address(stage, "post-react", 1), {"say": "agree"}, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert client.post(address(stage, "post-react", 2), {"say": "like"}, headers=JSON).status_code == 400
    assert client.post(address(stage, "post-react", 2), {}, headers=JSON).status_code == 400


def test_limits_say_when_to_try_again(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "REACTION_RATE": "1/h"}
    client = stage.client("owner")
    client.post(address(stage, "post-react", 2), {"say": "agree"})
    for headers in ({}, JSON):
        refused = client.post(address(stage, "post-react", 2), {"say": "thanks"}, headers=headers)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0


def test_the_words_are_escaped_and_in_the_hosts_order(stage: Stage, settings: Any) -> None:
    words = {"b": "<b>Bold</b>", "a": "A & B"}
    settings.SCS_SERIES = {**settings.SCS_SERIES, "REACTIONS": words}
    labels = [label for label, _name, _pressed in buttons(read(stage.client("owner"), stage), 2)]
    assert labels == ["<b>Bold</b>", "A & B"]
    settings.SCS_SERIES = {**settings.SCS_SERIES, "REACTIONS": {}}
    page = read(stage.client("owner"), stage)
    assert buttons(page, 2) == []
    assert "React" not in text_of(page)


def test_who_is_kept_away_is_offered_no_word(stage: Stage) -> None:
    Block.objects.create(member=stage.post.author, other=stage.thread.author, level=Block.Level.BLOCK)
    client = stage.client("owner")
    assert buttons(read(client, stage), 2) == []
    assert client.post(address(stage, "post-react", 2), {"say": "agree"}).status_code == 403
    assert not Reaction.objects.exists()


def test_in_a_locked_thread_one_may_still_take_ones_word_back(stage: Stage) -> None:
    client = stage.client("owner")
    client.post(address(stage, "post-react", 2), {"say": "agree"})
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    assert buttons(read(client, stage), 2) == [("Agree 1", "unsay", "true")]
    assert client.post(address(stage, "post-react", 2), {"say": "thanks"}).status_code == 403
    assert client.post(address(stage, "post-react", 2), {"unsay": "agree"}).status_code == 302
    assert buttons(read(client, stage), 2) == []


def test_twenty_posts_with_reactions_render_no_more_templates_than_two(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scs_series.views.discussion import actions

    rendered: list[str] = []
    real = actions.render_to_string
    monkeypatch.setattr(
        actions,
        "render_to_string",
        lambda name, *args, **kwargs: rendered.append(name) or real(name, *args, **kwargs),
    )
    for n in range(18):
        post = factories.make_post(fresh_thread(stage.thread), by=stage.users["member_2"])
        for role in ("owner", "member", "editor")[: n % 3 + 1]:
            discussion.react(post=fresh_post(stage.thread, post.number), by=stage.user(role), word="agree")
    page = read(stage.client("member"), stage)
    assert [buttons(page, number)[0][0] for number in (3, 4, 5)] == ["Agree 1", "Agree 2", "Agree 3"]
    assert len(rendered) <= 3 + 5, "kinds of rows, and words by whether they are said: not posts"


def test_who_reacted_is_told_on_demand(stage: Stage) -> None:
    for n in range(3):
        member = factories.make_member(f"reader-{n}")
        discussion.react(post=fresh_post(stage.thread, 2), by=member.user, word="agree")
    discussion.react(post=fresh_post(stage.thread, 2), by=stage.user("owner"), word="thanks")
    page = stage.client("anonymous").get(address(stage, "post-reactions", 2))
    assert faults_of(page) == []
    said = text_of(page)
    assert all(name in said for name in ("reader-0", "reader-1", "reader-2", "opener", "Agree 3", "Thanks 1"))
    assert "Nobody yet" in text_of(stage.client("anonymous").get(address(stage, "post-reactions", 1)))
    discussion.hide_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"))
    assert stage.client("anonymous").get(address(stage, "post-reactions", 2)).status_code == 404
    assert stage.client("moderator").get(address(stage, "post-reactions", 2)).status_code == 200


# ---------------------------------------------------------------------- for all acts
ACTS = ("post-react", "post-accept", "post-restore")


def test_a_visitor_is_led_through_the_sign_in_to_the_post(stage: Stage) -> None:
    for act in (*ACTS, "post-withdraw"):
        sent = stage.client("anonymous").post(address(stage, act, 2), {"say": "agree"})
        assert sent.status_code == 302
        assert "/login/" in sent.headers["Location"], act
    for act in ACTS:
        back = stage.client("member").get(address(stage, act, 2))
        assert (back.status_code, back.headers["Location"]) == (302, stage.post.get_absolute_url()), act
    assert not Reaction.objects.exists()


def test_each_needs_its_token(stage: Stage) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(stage.users["owner"])
    for act in (*ACTS, "post-withdraw"):
        assert client.post(address(stage, act, 2), {"say": "agree"}).status_code == 403, act
    assert client.post(address(stage, "thread-resolve"), {"resolution": "open"}).status_code == 403


def test_what_is_hidden_has_no_acts(stage: Stage) -> None:
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for act in (*ACTS, "post-withdraw", "post-reactions"):
        assert stage.client("member").get(address(stage, act, 2)).status_code == 404, act
    assert stage.client("editor").get(address(stage, "thread-resolve")).status_code == 404


# ---------------------------------------------------------------------- the accepted answer
def test_who_asked_accepts_an_answer_and_takes_it_back(stage: Stage) -> None:
    of_kind(stage, "question")
    for n in range(3, 6):
        factories.make_post(fresh_thread(stage.thread), body=f"Answer number {n}, in full.")
    client, visitor = stage.client("owner"), stage.client("anonymous")
    page = read(client, stage).content.decode()
    assert page.count('value="yes"') == 4, "the question itself is no answer"
    assert 'value="yes"' not in read(stage.client("member"), stage).content.decode()
    assert client.post(address(stage, "post-accept", 4), {"accepted": "yes"}).status_code == 302
    page = read(visitor, stage)
    short = next(e for e in tree(page).iter("section") if "scs-accept" in (e.get("class") or ""))
    assert "Answer number 4" in "".join(short.itertext())
    assert [a.get("href") for a in short.iter("a")] == ["?post=4"]
    post = next(e for e in tree(page).iter("article") if e.get("id") == "post-4")
    assert "scs-post--accepted" in post.get("class", "")
    assert "Answered" in text_of(visitor.get(stage.addresses()["thread-list"]))
    # Another was accepted meanwhile: a button pressed on an older page does not take that away.
    client.post(address(stage, "post-accept", 3), {"accepted": "no"})
    assert fresh_thread(stage.thread).accepted_number == 4
    client.post(address(stage, "post-accept", 2), {"accepted": "yes"})
    page = read(visitor, stage)
    assert "scs-accept--short" not in page.content.decode(), "it follows the question anyway"
    client.post(address(stage, "post-accept", 2), {"accepted": "no"})
    assert "scs-accept" not in read(visitor, stage).content.decode()
    assert_counts()


def test_accepting_is_refused_with_a_page(stage: Stage) -> None:
    refused = stage.client("owner").post(address(stage, "post-accept", 2), {"accepted": "yes"})
    assert refused.status_code == 400
    assert "Only a question" in text_of(refused)
    of_kind(stage, "question")
    refused = stage.client("member").post(address(stage, "post-accept", 2), {"accepted": "yes"})
    assert refused.status_code == 403
    assert "Back to the thread" in text_of(refused)


# ---------------------------------------------------------------------- decisions
def test_an_editor_decides_with_a_reason_that_all_read(stage: Stage) -> None:
    of_kind(stage, "correction")
    editor, visitor = stage.client("editor"), stage.client("anonymous")
    resolve = address(stage, "thread-resolve")
    assert resolve in read(editor, stage).content.decode()
    assert resolve not in read(stage.client("owner"), stage).content.decode()
    form = editor.get(resolve)
    assert faults_of(form) == []
    assert "It says this" in text_of(form), "what is proposed stands beside the decision"
    empty = editor.post(resolve, {"reason": "Kept while it is mended."})
    assert empty.status_code == 422
    assert "Kept while it is mended." in empty.content.decode()
    long = editor.post(resolve, {"resolution": "declined", "reason": "x" * 301})
    assert long.status_code == 422
    assert fresh_thread(stage.thread).resolution == "open"
    hostile = "No <script>alert(1)</script> & no."
    assert editor.post(resolve, {"resolution": "declined", "reason": hostile}).status_code == 302
    page = read(visitor, stage)
    assert "<script>alert" not in page.content.decode()
    assert "Declined by editor" in text_of(page)
    assert hostile in text_of(page)
    assert "Declined" in text_of(visitor.get(stage.addresses()["thread-list"]))
    assert hostile in editor.get(resolve).context["form"]["reason"].value()
    editor.post(resolve, {"resolution": "open", "reason": ""})
    assert "Opened again by editor" in text_of(read(visitor, stage))
    assert stage.client("owner").get(resolve).status_code == 403


def test_a_discussion_is_not_decided(stage: Stage) -> None:
    assert stage.client("editor").get(address(stage, "thread-resolve")).status_code == 302


def test_a_parts_threads_are_filtered_by_what_they_came_to(stage: Stage) -> None:
    listing = stage.addresses()["thread-list"]
    made = {
        name: factories.make_thread(stage.part, kind=kind, title=f"Thread called {name}")
        for name, kind in (
            ("Alpha", "correction"),
            ("Beta", "source"),
            ("Gamma", "question"),
            ("Delta", "question"),
        )
    }
    editor = stage.user("editor")
    discussion.resolve_thread(thread=fresh_thread(made["Alpha"]), resolution="accepted", by=editor)
    discussion.resolve_thread(thread=fresh_thread(made["Beta"]), resolution="declined", by=editor)
    answer = factories.make_post(fresh_thread(made["Gamma"]))
    discussion.accept_answer(thread=fresh_thread(made["Gamma"]), post=answer, by=editor)
    for state, names in (("open", {"Delta"}), ("accepted", {"Alpha", "Gamma"}), ("declined", {"Beta"})):
        said = text_of(stage.client("anonymous").get(f"{listing}?state={state}"))
        assert {name for name in made if f"Thread called {name}" in said} == names, state
        assert stage.thread.title not in said, "a discussion comes to nothing"
    said = text_of(stage.client("anonymous").get(f"{listing}?state=nonsense"))
    assert stage.thread.title in said


# ---------------------------------------------------------------------- withdrawing
SECRET = "What nobody may read"


def test_withdrawing_says_what_it_will_do_and_is_undone(stage: Stage) -> None:
    client, visitor = stage.client("member"), stage.client("anonymous")
    post = factories.make_post(fresh_thread(stage.thread), by=stage.users["member"], body=SECRET)
    withdraw, number = address(stage, "post-withdraw", post.number), post.number
    assert withdraw in read(client, stage).content.decode()
    asked = client.get(withdraw)
    assert faults_of(asked) == []
    assert "nothing of it stays" in text_of(asked)
    assert "the time for that ends" in text_of(asked)
    assert not fresh_post(stage.thread, number).is_withdrawn, "asking writes nothing"
    done = client.post(withdraw, follow=True)
    assert "You can bring it back" in text_of(done)
    for role in ("anonymous", "owner"):
        page = read(stage.client(role), stage)
        assert SECRET not in text_of(page)
        assert f'id="post-{number}"' not in page.content.decode(), role
    for role in ("member", "moderator"):
        page = read(stage.client(role), stage)
        assert SECRET not in text_of(page)
        assert address(stage, "post-restore", number) in page.content.decode(), role
    assert client.get(withdraw).status_code == 302, "it is withdrawn already"
    assert client.post(address(stage, "post-restore", number)).status_code == 302
    assert SECRET in text_of(read(visitor, stage))


def test_a_stub_says_why_and_tells_no_text(stage: Stage) -> None:
    client = stage.client("owner")
    discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body=SECRET)
    discussion.react(post=fresh_post(stage.thread, 1), by=stage.user("member"), word="agree")
    asked = client.get(address(stage, "post-withdraw", 1))
    assert "It opens the thread" in text_of(asked)
    long = client.post(address(stage, "post-withdraw", 1), {"reason": "y" * 301})
    assert long.status_code == 422
    client.post(address(stage, "post-withdraw", 1), {"reason": "Mistaken <i>twice</i>"})
    history = address(stage, "post-history", 1)
    for role in ("anonymous", "member", "owner"):
        reader = stage.client(role)
        page = read(reader, stage)
        assert "Withdrawn by its author: Mistaken <i>twice</i>" in text_of(page)
        assert SECRET not in page.content.decode()
        assert buttons(page, 1) == []
        assert reader.get(history).status_code == (200 if role == "owner" else 404)
        for name, other in stage.addresses().items():
            if name != "post-history":
                assert SECRET not in reader.get(other).content.decode(), name
    answer = reverse("scs_series:post-create", args=[stage.thread.pk, stage.thread.slug])
    assert SECRET not in stage.client("member").get(f"{answer}?answers=1").content.decode()


def test_whoever_was_answering_it_may_send_their_text_to_the_thread(stage: Stage) -> None:
    post = factories.make_post(fresh_thread(stage.thread), by=stage.users["member"], body=SECRET)
    discussion.withdraw_post(post=fresh_post(stage.thread, post.number), by=stage.user("member"))
    client = stage.client("owner")
    answer = reverse("scs_series:post-create", args=[stage.thread.pk, stage.thread.slug])
    refused = client.post(answer, {"answers": post.number, "body": "Half an hour of work."})
    assert refused.status_code == 422
    assert "was withdrawn" in text_of(refused)
    again = {name: refused.context["form"][name].value() for name in ("answers", "body")}
    assert again["body"] == "Half an hour of work."
    assert client.post(answer, {k: v or "" for k, v in again.items()}).status_code == 302
    assert_counts()


def test_what_is_too_old_says_what_to_do_instead(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "EDIT_WINDOW": 0}
    client = stage.client("owner")
    page = read(client, stage).content.decode()
    for act in ("post-edit", "post-withdraw"):
        assert address(stage, act, 1) not in page
        for refused in (
            client.get(address(stage, act, 1)),
            client.post(address(stage, act, 1), {"body": "Typed."}),
        ):
            assert refused.status_code == 403
            assert "Answer it, and say there" in text_of(refused)
    settings.SCS_SERIES = {**settings.SCS_SERIES, "EDIT_WINDOW": None}
    assert "at any time" in text_of(client.get(address(stage, "post-withdraw", 1)))
