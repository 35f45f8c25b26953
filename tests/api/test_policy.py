"""Who may do what: every act of the API, by everybody, in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from scs_series.models import Notification, Thread
from scs_series.services import discussion
from tests.api.conftest import Api, World, an_image
from tests.factories import make_member, make_source, make_user

PEOPLE = ("anonymous", "member", "other", "moderator", "author", "editor")
#: What each may: y the act, n told no (403), - told there is no such thing (404). In the order of PEOPLE:
#: a visitor; the member who wrote thread and post; another member; a moderator; the series' author; who edits all.
Act = Callable[[Api, World], Any]

TEXT = {"body": "Changed.", "expected_revision": 1}
PART = {"series": "scs", "number": 9, "title": "A new part"}
THREAD = {"series": "scs", "part": 1, "title": "A title that will do", "body": "Text."}
SOURCE = {"series": "scs", "key": "new", "title": "A title"}
LINK = {"series": "scs", "source": "kuo2019", "part": 1}

ACTS: dict[str, tuple[str, Act]] = {
    "make a series": ("nnnnny", lambda api, w: api.post("series/", {"title": "A series"})),
    "change a series": ("nnnnyy", lambda api, w: api.patch("series/scs/", {"subtitle": "x"})),
    "write a part": ("nnnnyy", lambda api, w: api.post("parts/", PART)),
    "change a part": ("nnnnyy", lambda api, w: api.patch("parts/scs/1/", TEXT)),
    "change a draft": ("----yy", lambda api, w: api.patch("parts/scs/unfinished/", TEXT)),
    "publish a draft": ("----yy", lambda api, w: api.post("parts/scs/unfinished/publish/")),
    "unpublish a part": ("nnnnyy", lambda api, w: api.post("parts/scs/1/unpublish/")),
    "move a part": ("nnnnyy", lambda api, w: api.post("parts/scs/1/move/", {"number": 2})),
    "start a thread": ("nyyyyy", lambda api, w: api.post("threads/", THREAD)),
    "start a thread under a draft": ("----yy", lambda api, w: api.post("threads/", {**THREAD, "part": "unfinished"})),
    "change a thread": (
        "nynynn", lambda api, w: api.patch(f"threads/{w.thread.pk}/", {"title": "A different title"}),
    ),
    "answer": ("nyyyyy", lambda api, w: api.post("posts/", {"thread": w.thread.pk, "body": "x"})),
    "answer a hidden thread": (
        "---y--", lambda api, w: api.post("posts/", {"thread": w.hidden_thread.pk, "body": "x"}),
    ),
    "answer a locked thread": ("nnnynn", lambda api, w: _locked(w, lambda: api.post("posts/", {"thread": w.thread.pk, "body": "x"}))),
    "change a post": ("nynynn", lambda api, w: api.patch(f"posts/{w.post.pk}/", TEXT)),
    "change a hidden post": ("nnnynn", lambda api, w: api.patch(f"posts/{w.hidden_post.pk}/", TEXT)),
    "hide a post": ("nnnynn", lambda api, w: api.post(f"posts/{w.post.pk}/hide/")),
    "unhide a post": ("nnnynn", lambda api, w: api.post(f"posts/{w.hidden_post.pk}/unhide/")),
    "withdraw a post": ("nynnnn", lambda api, w: api.post(f"posts/{w.post.pk}/withdraw/")),
    "restore a post": ("nynynn", lambda api, w: _withdrawn(w, lambda: api.post(f"posts/{w.post.pk}/restore/"))),
    "react": ("nnyyyy", lambda api, w: api.post(f"posts/{w.post.pk}/reactions/", {"word": "agree"})),
    "react to a hidden post": ("nnnnnn", lambda api, w: api.post(f"posts/{w.hidden_post.pk}/reactions/", {"word": "agree"})),
    "take a reaction back": ("nyyyyy", lambda api, w: api.delete(f"posts/{w.post.pk}/reactions/?word=agree")),
    "accept an answer": ("nynyyy", lambda api, w: _of_kind(w, "question", lambda: api.post(f"threads/{w.thread.pk}/accept/", {"post": 2}))),
    "take it from it": ("nynyyy", lambda api, w: _of_kind(w, "question", lambda: api.post(f"threads/{w.thread.pk}/unaccept/"))),
    "decide": ("nnnyyy", lambda api, w: _of_kind(w, "source", lambda: api.post(f"threads/{w.thread.pk}/resolve/", {"resolution": "declined"}))),
    "pin": ("nnnynn", lambda api, w: api.post(f"threads/{w.thread.pk}/pin/")),
    "unpin": ("nnnynn", lambda api, w: api.post(f"threads/{w.thread.pk}/unpin/")),
    "lock": ("nnnynn", lambda api, w: api.post(f"threads/{w.thread.pk}/lock/")),
    "unlock": ("nnnynn", lambda api, w: api.post(f"threads/{w.thread.pk}/unlock/")),
    "hide a thread": ("nnnynn", lambda api, w: api.post(f"threads/{w.thread.pk}/hide/")),
    "unhide a thread": ("---y--", lambda api, w: api.post(f"threads/{w.hidden_thread.pk}/unhide/")),
    "add a source": ("nnnyyy", lambda api, w: api.post("sources/", SOURCE)),
    "change a source": ("nnnyyy", lambda api, w: api.patch("sources/scs/kuo2019/", {"title": "x"})),
    "recommend a source": ("nnnnyy", lambda api, w: api.post("source-links/", LINK)),
    "recommend under a draft": ("----yy", lambda api, w: api.post("source-links/", {**LINK, "part": "unfinished"})),
    "take it away": ("nnnnyy", lambda api, w: api.delete(_recommended(w))),
    "make a tag": ("nnnyny", lambda api, w: api.post("tags/", {"name": "new"})),
    "change preferences": ("nyyyyy", lambda api, w: api.patch("preferences/", {"mail_pace": "daily"})),
    "watch": ("nyyyyy", lambda api, w: api.post("subscriptions/", {"thread": w.thread.pk, "level": "watch"})),
    "watch a hidden thread": (
        "---y--", lambda api, w: api.post("subscriptions/", {"thread": w.hidden_thread.pk, "level": "watch"}),
    ),
    "watch a draft": (
        "----yy", lambda api, w: api.post("subscriptions/", {"series": "scs", "part": 2, "level": "watch"}),
    ),
    "take another's subscription": ("------", lambda api, w: api.delete(_kept(w, "subscriptions/"))),
    "bookmark": ("nyyyyy", lambda api, w: api.post("bookmarks/", {"post": w.post.pk, "note": "x"})),
    "bookmark a draft": ("----yy", lambda api, w: api.post("bookmarks/", {"series": "scs", "part": 2})),
    "change another's bookmark": ("------", lambda api, w: api.patch(_kept(w, "bookmarks/"), {"note": "x"})),
    "take another's bookmark": ("------", lambda api, w: api.delete(_kept(w, "bookmarks/"))),
    "keep a draft": ("nyyyyy", lambda api, w: api.post("drafts/", {"thread": w.thread.pk, "body": "x"})),
    "keep one in a hidden thread": (
        "---y--", lambda api, w: api.post("drafts/", {"thread": w.hidden_thread.pk, "body": "x"}),
    ),
    "keep one under a draft": ("----yy", lambda api, w: api.post("drafts/", {"series": "scs", "part": 2, "body": "x"})),
    "change another's draft": ("------", lambda api, w: api.patch(_kept(w, "drafts/"), {"body": "y", "known": ""})),
    "discard another's draft": ("------", lambda api, w: api.delete(_kept(w, "drafts/"))),
    "block": ("nyyyyy", lambda api, w: api.post("blocks/", {"member": _stranger()})),
    "take another's block": ("------", lambda api, w: api.delete(_kept(w, "blocks/"))),
    "note how far one read": ("nyyyyy", lambda api, w: api.put(f"threads/{w.thread.pk}/reading/", {"number": 1})),
    "note it of a hidden thread": ("---y--", lambda api, w: api.put(f"threads/{w.hidden_thread.pk}/reading/", {"number": 1})),
    "note how far one read a part": ("nyyyyy", lambda api, w: api.put("parts/scs/1/reading/", {"percent": 40})),
    "note it of a draft": ("----yy", lambda api, w: api.put("parts/scs/unfinished/reading/", {"percent": 40})),
    "mark all as read": ("nyyyyy", lambda api, w: api.post("notifications/read/")),
    "mark what another was told": ("------", lambda api, w: api.post(f"notifications/{_told(w)}/read/")),
    "see a preview": ("nyyyyy", lambda api, w: api.post("preview/", {"body": "x", "thread": w.thread.pk})),
    "see one in a hidden thread": (
        "---y--", lambda api, w: api.post("preview/", {"body": "x", "thread": w.hidden_thread.pk}),
    ),
    "bring an image": ("nyyyyy", lambda api, w: api.upload(an_image())),
    "erase oneself": (
        "nyyyyy", lambda api, w: api.post("preferences/erase/", {"username": api.get("preferences/").json().get("username", "x")}),
    ),
    "change a tag": ("nnnyny", lambda api, w: api.patch("tags/credit/", {"description": "x"})),
}  # fmt: skip


def _locked(world: World, act: Callable[[], Any]) -> Any:
    discussion.lock_thread(thread=world.thread, by=world.moderator)
    return act()


def _told(world: World) -> int:
    """The key of what a stranger was told."""
    thread = world.thread
    told = Notification.objects.create(member=make_member(), kind="post", group="post:1", thread=thread)
    return told.pk


def _stranger() -> str:
    return make_member().username


def _kept(world: World, what: str) -> str:
    """The address of a thing that somebody else keeps."""
    sent = {
        "subscriptions/": {"thread": world.thread.pk, "level": "watch"},
        "bookmarks/": {"post": world.post.pk},
        "drafts/": {"thread": world.thread.pk, "body": "x"},
        "blocks/": {"member": world.thread.author.username},
    }[what]
    made = Api(make_user()).post(what, sent)
    return str(made.json()["api_url"])


def _withdrawn(world: World, act: Callable[[], Any]) -> Any:
    discussion.withdraw_post(post=world.post, by=world.member)
    return act()


def _of_kind(world: World, kind: str, act: Callable[[], Any]) -> Any:
    Thread.objects.filter(pk=world.thread.pk).update(kind=kind)
    return act()


def _recommended(world: World) -> str:
    make_source(world.series, "more")
    made = world.api("author").post("source-links/", {**LINK, "source": "more"})
    return f"source-links/{made.json()['id']}/"


@pytest.mark.parametrize("name", ACTS)
def test_who_may(world: World, name: str):
    expected, act = ACTS[name]
    for who, answer in zip(PEOPLE, expected, strict=True):
        # Everybody meets the world as it was.
        with transaction.atomic():
            check(act(world.api(who), world), who, answer)
            transaction.set_rollback(True)


def check(response: Any, who: str, answer: str) -> None:
    if who == "anonymous":
        # Told to sign in before anything is looked up, so that they learn nothing of what is there.
        assert response.status_code in (401, 403)
        assert response.json()["code"] == "not_authenticated"
    elif answer == "y":
        assert response.status_code in (200, 201, 204), (who, response.content)
    else:
        assert response.status_code == {"n": 403, "-": 404}[answer], (who, response.content)
        if answer == "n":
            assert response.json()["code"] in ("not_allowed", "thread_locked")


def test_every_write_of_the_schema_is_in_the_table():
    """An endpoint that somebody adds gets its line, or says here why not."""
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    writes = {
        operation["operationId"]
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method in ("post", "patch", "put", "delete")
    }
    assert writes == {
        "create_series", "edit_series", "create_part", "edit_part", "publish_part", "unpublish_part", "move_part",
        "start_thread", "edit_thread", "pin_thread", "unpin_thread", "lock_thread", "unlock_thread", "hide_thread",
        "unhide_thread", "create_post", "edit_post", "hide_post", "unhide_post", "create_source", "edit_source",
        "create_source_link", "delete_source_link", "create_tag", "edit_tag", "edit_preferences",
        "create_subscription", "delete_subscription", "create_bookmark", "edit_bookmark", "delete_bookmark",
        "create_draft", "edit_draft", "delete_draft", "create_block", "delete_block",
        "withdraw_post", "restore_post", "react_to_post", "unreact_to_post", "accept_answer", "unaccept_answer",
        "preview_text", "upload_image", "erase_member", "resolve_thread", "put_thread_reading", "put_part_reading", "read_notification", "read_notifications",
    }  # fmt: skip


def test_a_host_that_lets_members_add_sources(world: World, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "MEMBERS_ADD_SOURCES": True}
    assert world.api("member").post("sources/", SOURCE).status_code == 201


def test_an_account_no_longer_in_use(world: World):
    api = world.api("member")
    world.member.is_active = False
    world.member.save()
    assert api.post("posts/", {"thread": world.thread.pk, "body": "x"}).status_code in (401, 403)


def test_a_session_needs_its_csrf_token(world: World):
    api = world.api("member", enforce_csrf_checks=True)
    refused = api.post("posts/", {"thread": world.thread.pk, "body": "x"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf_failed"
