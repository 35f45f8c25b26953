"""ETag, Last-Modified, 304; and that no answer is ever stale."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from scs_series.api.discussion.threads import ThreadSet
from scs_series.services import discussion
from scs_series.services import series as series_service
from tests.api.conftest import Api, World
from tests.factories import make_post, make_thread, make_user

READS = (
    "series/", "series/scs/", "parts/", "parts/?series=scs", "parts/scs/1/", "parts/scs/what-it-is/",
    "parts/scs/1/revisions/", "threads/", "threads/?series=scs", "threads/?series=scs&part=1",
    "threads/?tag=credit", "threads/{thread}/", "posts/", "posts/?thread={thread}", "posts/?thread={thread}&from=2",
    "posts/{post}/", "posts/{post}/revisions/", "sources/", "sources/?series=scs", "sources/scs/kuo2019/",
    "source-links/?series=scs", "source-links/?post={opening}", "source-links/{link}/", "tags/", "tags/credit/",
)  # fmt: skip
#: Those whose version is read in one query.
VERSIONED = tuple(
    read for read in READS
    if "?series" in read or "?tag" in read or "?thread" in read
    or (not read.endswith("s/") and "?" not in read and "link}" not in read)
    or read in ("series/scs/", "posts/{post}/revisions/", "parts/scs/1/revisions/")
)  # fmt: skip


def path_of(world: World, read: str) -> str:
    return read.format(
        thread=world.thread.pk, post=world.post.pk, opening=world.thread.posts.get(number=1).pk,
        link=world.source.links.order_by("pk")[0].pk,
    )  # fmt: skip


@pytest.mark.parametrize("who", ["anonymous", "member"])
@pytest.mark.parametrize("read", READS)
def test_304_while_nothing_changes(world: World, read: str, who: str):
    api, path = world.api(who), path_of(world, read)
    first = api.get(path)
    assert first.status_code == 200
    assert first.headers["ETag"].startswith('"')
    assert "no-cache" in first.headers["Cache-Control"]
    assert ("private" in first.headers["Cache-Control"]) == (who != "anonymous")
    for name in ("Cookie", "Accept"):
        assert name in first.headers["Vary"]

    again = api.get(path)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert again.headers["ETag"] == first.headers["ETag"]

    for sent in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"other", {first.headers["ETag"]}'):
        unchanged = api.get(path, If_None_Match=sent)
        assert unchanged.status_code == 304
        assert unchanged.content == b""
        assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert api.get(path, If_None_Match='"other"').status_code == 200
    assert api.head(path).status_code == 200
    assert api.head(path).content == b""


def test_members_and_visitors_do_not_share_answers(world: World):
    path = f"posts/{world.hidden_post.pk}/"
    answers = {who: world.api(who).get(path) for who in ("anonymous", "member", "moderator")}
    assert len({answer.headers["ETag"] for answer in answers.values()}) == 3
    for who in answers:
        refused = world.api(who).get(path, If_None_Match=answers["moderator"].headers["ETag"])
        assert refused.status_code == (304 if who == "moderator" else 200)


@pytest.mark.parametrize("who", ["anonymous", "member", "other", "author", "moderator"])
def test_every_change_is_seen_at_once(world: World, who: str):
    """After each write, each address answers as if nothing had ever been cached."""
    api = world.api(who)
    changes: list[Callable[[], Any]] = [
        lambda: make_post(world.thread, by=world.other, body="New [@kuo2019]."),
        lambda: make_thread(world.part, by=world.other, tags=["credit"]),
        lambda: discussion.edit_post(post=world.post, by=world.member, body="Other words."),
        lambda: discussion.hide_post(post=world.post, by=world.moderator),
        lambda: discussion.unhide_post(post=world.post, by=world.moderator),
        lambda: discussion.pin_thread(thread=world.thread, by=world.moderator),
        lambda: discussion.lock_thread(thread=world.thread, by=world.moderator, reason="done"),
        lambda: world.api("moderator").patch(f"threads/{world.thread.pk}/", {"title": "A different title"}),
        lambda: world.api("author").patch("parts/scs/1/", {"title": "Its other name", "expected_revision": 1}),
        lambda: world.api("author").patch("parts/scs/1/", {"body": "Shorter.", "expected_revision": 2}),
        lambda: world.api("author").post("parts/scs/unfinished/publish/"),
        lambda: world.api("author").patch("sources/scs/kuo2019/", {"title": "Retitled", "authors": [{"family": "Guo"}]}),
        lambda: world.api("author").post("source-links/", {"series": "scs", "source": "kuo2019", "part": 1}),
        lambda: world.api("editor").patch("series/scs/", {"title": "Renamed"}),
        lambda: world.api("editor").patch("tags/credit/", {"name": "Kredit"}),
        lambda: _rename(world.member, "Ms. Member"),
        lambda: _rename(world.author, "The Author"),
        lambda: discussion.hide_thread(thread=world.thread, by=world.moderator),
        lambda: discussion.unhide_thread(thread=world.thread, by=world.moderator),
        lambda: series_service.unpublish_part(part=world.part, by=world.author),
    ]  # fmt: skip
    paths = [path_of(world, read) for read in READS]
    etags: dict[str, str] = {}
    for number, change in enumerate(changes):
        for path in paths:
            etags[path] = api.get(path).headers.get("ETag", "")
        change()
        for path in paths:
            cached = api.get(path, If_None_Match=etags[path])
            # The same request without the cache: a header of its own keeps it away from stored answers.
            fresh = api.get(path, Accept="application/json; indent=1")
            if cached.status_code == 304:
                cached = api.get(path)
            assert cached.status_code == fresh.status_code, (number, path)
            assert cached.json() == fresh.json(), (number, path)


def _rename(user: Any, name: str) -> None:
    from scs_series.services.members import save_member

    member = user.scs_member
    member.display_name = name
    save_member(member=member, by=user)


def test_last_modified_once_its_second_is_over(world: World, api: Api):
    path = f"posts/?thread={world.thread.pk}"
    assert "Last-Modified" not in api.get(path).headers
    time.sleep(1.1)
    told = api.get(path).headers["Last-Modified"]

    assert api.get(path, If_Modified_Since=told).status_code == 304
    assert api.get(path, If_Modified_Since="Thu, 01 Jan 1970 00:00:01 GMT").status_code == 200
    assert api.get(path, If_Modified_Since="never").status_code == 200
    # The stronger validator is the one that counts.
    assert api.get(path, If_Modified_Since=told, If_None_Match='"other"').status_code == 200
    make_post(world.thread, by=world.other)
    assert api.get(path, If_Modified_Since=told).status_code == 200


def test_a_wildcard_does_not_tell_what_is_there(world: World, api: Api):
    for path in (f"threads/{world.hidden_thread.pk}/", "parts/scs/unfinished/", "threads/999/"):
        assert api.get(path, If_None_Match="*").status_code == 404
    assert api.get("series/scs/", If_None_Match="*").status_code == 304


def test_accept_is_respected_from_the_cache_too(world: World, api: Api):
    plain = api.get("series/scs/")
    assert api.get("series/scs/", Accept="text/html").status_code == 406
    assert api.get("series/scs/", Accept="text/html, */*;q=0.8").content == plain.content
    assert api.get("series/scs/", Accept="application/*").content == plain.content
    indented = api.get("series/scs/", Accept="application/json; indent=2")
    assert indented.content != plain.content
    assert indented.json() == plain.json()


def test_a_member_is_never_answered_from_the_visitors_cache(world: World, api: Api, settings: Any):
    """Signed in by a header and not by the session: the cache of visitors' answers is not for them."""
    path = f"threads/{world.hidden_thread.pk}/"
    assert api.get(path).status_code == 404
    assert api.get("series/scs/").status_code == 200
    import base64

    moderator = make_user("head", permissions=("see_hidden",))
    token = base64.b64encode(f"{moderator.username}:pw".encode()).decode()
    signed_in = api.get("series/scs/", Authorization=f"Basic {token}")
    assert "private" in signed_in.headers["Cache-Control"]
    assert api.get(path, Authorization=f"Basic {token}").status_code == 200
    assert api.get(path).status_code == 404


def test_members_share_answers_and_nothing_else(world: World, django_assert_max_num_queries: Any):
    """One member's answer serves the next, unless the next sees more, or came in by another door."""
    path = f"threads/?tag={world.thread.tags.get().slug}"
    first, other = world.api("member").get(path), world.api("other")
    other.get("tags/")  # signs in
    with django_assert_max_num_queries(5):
        again = other.get(path)
    assert again.content == first.content
    assert again.headers["ETag"] != first.headers["ETag"]
    assert "private" in again.headers["Cache-Control"]
    assert str(world.hidden_thread.pk) not in {str(row["id"]) for row in again.json()["results"]}


@pytest.mark.parametrize(("first", "second"), [("member", "other"), ("other", "member")])
def test_the_author_of_a_hidden_post_and_others_are_not_given_each_others_answers(
    world: World, first: str, second: str
):
    hidden = world.hidden_post
    assert hidden.author.user == world.other
    for who in (first, second):
        api = world.api(who)
        rows = api.get(f"posts/?thread={hidden.thread_id}").json()["results"]
        bodies = {row["body"] for row in rows if row["number"] == hidden.number}
        bodies.add(api.get(f"posts/{hidden.pk}/").json()["body"])
        assert bodies == {hidden.body if who == "other" else None}
        history = api.get(f"posts/{hidden.pk}/revisions/")
        assert history.status_code == (200 if who == "other" else 404)


class _ByHeader(BaseAuthentication):
    """A host's own way in, which our code knows nothing of."""

    def authenticate(self, request: Any) -> Any:
        name = request.META.get("HTTP_X_WHO")
        return (get_user_model().objects.get(username=name), None) if name else None


@pytest.mark.parametrize("session", ["anonymous", "member"])
def test_whom_a_hosts_own_door_lets_in_shares_nothing(world: World, session: str, monkeypatch: Any):
    monkeypatch.setattr(ThreadSet, "authentication_classes", (_ByHeader, SessionAuthentication))
    head = make_user("head", permissions=("see_hidden",))
    path = f"threads/{world.hidden_thread.pk}/"
    listing = "threads/?series=scs"
    seen = world.api(session).get(listing, X_Who=head.username)
    assert str(world.hidden_thread.pk) in {str(row["id"]) for row in seen.json()["results"]}
    assert world.api(session).get(path, X_Who=head.username).status_code == 200
    for who in ("anonymous", "member", "other"):
        assert world.api(who).get(path).status_code == 404
        rows = world.api(who).get(listing).json()["results"]
        assert str(world.hidden_thread.pk) not in {str(row["id"]) for row in rows}
