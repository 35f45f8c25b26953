"""Pages of a member's own, without scripts: what they keep, change and end; and that nobody else sees any of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from scs_series.models import Block, Bookmark, Member, Series, Subscription
from scs_series.services import blocks, bookmarks, discussion, subscriptions
from tests import factories
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread
from tests.views.reading import faults_of, text_of, tree

pytestmark = pytest.mark.django_db

SUBSCRIPTIONS = "/subscriptions/"


def pressed(response: Any) -> dict[str, str]:
    """The first row of levels of a page: each button's value, and whether it is pressed."""
    buttons = [b for b in tree(response).iter("button") if b.get("name") == "level"]
    return {b.get("value"): b.get("aria-pressed") for b in buttons[:4]}


def on(response: Any) -> list[str]:
    return [value for value, state in pressed(response).items() if state == "true"]


# ---------------------------------------------------------------------- subscriptions
PAGES = {
    "thread-detail": lambda s: {"thread": s.thread.pk},
    "part-detail": lambda s: {"series": s.series.slug, "part": s.part.slug},
    "series-detail": lambda s: {"series": s.series.slug},
    "tag-detail": lambda s: {"tag": s.tag.slug},
}


@pytest.mark.parametrize("role", ["member", "owner", "moderator", "editor"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_has_buttons_that_work(stage: Stage, name: str, role: str) -> None:
    client, address = stage.client(role), stage.addresses()[name]
    if name == "thread-detail" and role == "owner":
        assert on(client.get(address)) == ["watch"], "automatically, for they started it"
    for level in ("follow", "mute", "watch", ""):
        for _twice in range(2):
            answer = client.post(SUBSCRIPTIONS, {**PAGES[name](stage), "level": level, "next": address})
            assert (answer.status_code, answer.headers["Location"]) == (302, address)
        for _page in range(2):  # built, and put together from pieces
            page = client.get(address)
            assert set(pressed(page)) == {"watch", "follow", "mute", ""}
            assert on(page) == [level]
            assert faults_of(page) == []
    assert not Subscription.objects.filter(member__user=stage.users[role], is_automatic=False).exists()


def test_visitors_see_no_buttons_and_cannot_press_them(stage: Stage) -> None:
    client = stage.client("anonymous")
    for name, fields in PAGES.items():
        assert pressed(client.get(stage.addresses()[name])) == {}
        answer = client.post(SUBSCRIPTIONS, {**fields(stage), "level": "watch"})
        assert answer.status_code == 302
        assert "/accounts/login/" in answer.headers["Location"]
    assert not Subscription.objects.filter(is_automatic=False).exists()


def test_one_reader_never_sees_what_another_pressed(stage: Stage) -> None:
    for name, fields in PAGES.items():
        address = stage.addresses()[name]
        stage.client("member").get(address)
        stage.client("member").post(SUBSCRIPTIONS, {**fields(stage), "level": "mute"})
        assert on(stage.client("member").get(address)) == ["mute"]
        assert on(stage.client("member_2").get(address)) != ["mute"]
        assert on(stage.client("moderator").get(address)) == [""]


def test_a_script_is_answered_in_json(stage: Stage) -> None:
    answer = stage.client("member").post(
        SUBSCRIPTIONS, {"tag": stage.tag.slug, "level": "watch"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (200, {"level": "watch"})


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "x"])
def test_no_form_leads_to_another_site(stage: Stage, away: str) -> None:
    answer = stage.client("member").post(
        SUBSCRIPTIONS, {"tag": stage.tag.slug, "level": "watch", "next": away}
    )
    assert answer.headers["Location"] == stage.tag.get_absolute_url()


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"thread": "0"}, {"thread": "x"}, {"thread": "99999999"}, {"tag": "no\x00tag"}, {"series": "nowhere"},
        {"series": "social-credit", "part": "unfinished"}, {"subscription": "99999"}, {"thread": "9" * 40},
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_subscribed_to(stage: Stage, fields: dict[str, str]) -> None:
    assert stage.client("member").post(SUBSCRIPTIONS, {**fields, "level": "watch"}).status_code == 404


def test_the_list_names_what_is_shown_and_lets_go_of_what_is_not(stage: Stage) -> None:
    client, user = stage.client("member"), stage.user("member")
    for target in (fresh_thread(stage.thread), fresh_part(stage.part), stage.tag, stage.series):
        subscriptions.subscribe(target=target, level="watch", by=user)
    said = text_of(client.get(SUBSCRIPTIONS))
    for title in (stage.thread.title, stage.part.title, stage.tag.name, stage.series.title):
        assert title in said
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    Series.objects.filter(pk=stage.series.pk).update(visibility="private")
    page = client.get(SUBSCRIPTIONS)
    for title in (stage.thread.title, stage.part.title, stage.series.title):
        assert title not in page.content.decode()
    kept = Subscription.objects.get(member__user=user, thread=stage.thread)
    assert client.post(SUBSCRIPTIONS, {"subscription": kept.pk, "level": ""}).status_code == 302
    assert not Subscription.objects.filter(pk=kept.pk).exists()


def test_nobody_changes_anothers_subscription(stage: Stage) -> None:
    kept = Subscription.objects.get(member__user=stage.users["owner"], thread=stage.thread)
    for role in ("member", "moderator", "superuser"):
        client = stage.client(role)
        assert client.post(SUBSCRIPTIONS, {"subscription": kept.pk, "level": "mute"}).status_code == 404
        assert stage.thread.title not in text_of(client.get(SUBSCRIPTIONS))
    kept.refresh_from_db()
    assert kept.level == "watch"


# ---------------------------------------------------------------------- bookmarks
def test_a_post_is_marked_with_a_note_found_by_it_and_taken_away(stage: Stage) -> None:
    client, address = stage.client("member"), stage.own()["bookmark-create"]
    assert client.post(address, {"note": "Read <b>again</b> 信用"}).status_code == 302
    page = client.get("/bookmarks/")
    assert "Read <b>again</b> 信用" in text_of(page)
    assert stage.post.get_absolute_url() in page.content.decode()
    assert "Read" in text_of(client.get("/bookmarks/?q=AGAIN"))
    assert "No note holds these words" in text_of(client.get("/bookmarks/?q=never"))
    form = client.get(address)
    [box] = [box for box in tree(form).iter("textarea") if box.get("name") == "note"]
    assert (box.text or "").strip() == "Read <b>again</b> 信用"
    assert client.post(address, {"note": ""}).status_code == 302
    assert Bookmark.objects.get().note == ""
    assert client.post(address, {"remove": "1"}).status_code == 302
    assert not Bookmark.objects.exists()


def test_a_note_too_long_is_kept_and_complained_of(stage: Stage) -> None:
    page = stage.client("member").post(stage.own()["part-bookmark"], {"note": "y" * 501})
    assert page.status_code == 422
    assert "y" * 501 in page.content.decode()
    assert "at most 500 characters" in text_of(page)
    assert faults_of(page) == []
    assert not Bookmark.objects.exists()


def test_what_became_invisible_is_listed_without_its_title_or_text(stage: Stage) -> None:
    client, user = stage.client("member"), stage.user("member")
    bookmarks.save_bookmark(target=fresh_post(stage.thread, 2), by=user, note="my own note")
    bookmarks.save_bookmark(target=fresh_part(stage.part), by=user)
    discussion.hide_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"), reason="x")
    page = client.get("/bookmarks/").content.decode()
    assert stage.thread.title in page
    assert "An answer from the second" not in page
    assert "An answer from the second" not in client.get(stage.own()["bookmark-create"]).content.decode()
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    Series.objects.filter(pk=stage.series.pk).update(visibility="private")
    page = client.get("/bookmarks/").content.decode()
    for told in (stage.thread.title, stage.thread.slug, stage.part.title, stage.series.title):
        assert told not in page
    assert "my own note" in page
    mark = Bookmark.objects.get(note="my own note")
    assert client.post("/bookmarks/", {"bookmark": mark.pk}).status_code == 302
    assert not Bookmark.objects.filter(pk=mark.pk).exists()


def test_nobody_sees_or_takes_anothers_bookmark(stage: Stage) -> None:
    mark = bookmarks.save_bookmark(
        target=fresh_post(stage.thread, 2), by=stage.user("owner"), note="secret plan"
    )
    for role in ("member", "moderator", "superuser"):
        client = stage.client(role)
        for address in ("/bookmarks/", "/bookmarks/?q=secret", stage.own()["bookmark-create"], stage.thread.get_absolute_url()):  # fmt: skip
            assert "secret plan" not in client.get(address).content.decode()
        assert client.post("/bookmarks/", {"bookmark": mark.pk}).status_code == 404
        client.post(stage.own()["bookmark-create"], {"remove": "1"})
    assert Bookmark.objects.get().note == "secret plan"


# ---------------------------------------------------------------------- preferences
NEW = {
    "username": "Opener Two", "display_name": "The Opener", "about": "Reads laws.", "mail_pace": "weekly",
    "watches_started": "on",
}  # fmt: skip


def test_preferences_are_saved_and_shown(stage: Stage) -> None:
    client = stage.client("owner")
    assert client.post("/preferences/", NEW).status_code == 302
    member = Member.objects.get(user=stage.users["owner"])
    assert (member.username, member.display_name, member.about) == ("opener-two", "The Opener", "Reads laws.")
    assert (member.mail_pace, member.watches_started, member.watches_answered) == ("weekly", True, False)
    assert not member.hears_reactions
    assert "Your preferences are saved" in text_of(client.get("/preferences/"))
    assert "The Opener" in client.get(stage.thread.get_absolute_url()).content.decode()


def test_a_name_that_is_taken_keeps_all_that_was_typed_and_saves_nothing(stage: Stage) -> None:
    client = stage.client("owner")
    page = client.post("/preferences/", {**NEW, "username": "second", "about": "Half an hour of thought."})
    assert page.status_code == 422
    assert "taken" in text_of(page)
    assert faults_of(page) == []
    html = page.content.decode()
    assert 'value="second"' in html
    assert "Half an hour of thought." in html
    assert re.search(r'value="weekly" checked', html)
    member = Member.objects.get(user=stage.users["owner"])
    assert (member.username, member.about, member.mail_pace) == ("opener", "", "at_once")


@pytest.mark.parametrize(
    "bad",
    [{"mail_pace": "hourly"}, {"username": ""}, {"about": "x" * 1_001}, {"display_name": "x" * 151}, {"username": "a\x00b"}],
)  # fmt: skip
def test_bad_preferences_are_refused_where_they_were_typed(stage: Stage, bad: dict[str, str]) -> None:
    page = stage.client("owner").post("/preferences/", {**NEW, **bad})
    assert page.status_code == 422
    assert Member.objects.get(user=stage.users["owner"]).mail_pace == "at_once"


def test_names_are_not_changed_again_and_again(stage: Stage, settings: Any) -> None:
    """All that somebody wrote shows them, and each change writes it anew."""
    settings.SCS_SERIES = {**settings.SCS_SERIES, "NAME_RATE": "1/d"}
    client, member = stage.client("owner"), Member.objects.filter(user=stage.users["owner"])
    assert client.post("/preferences/", NEW).status_code == 302
    refused = client.post("/preferences/", {**NEW, "display_name": "Another", "about": "Half an hour."})
    assert refused.status_code == 429
    assert "Try again in" in text_of(refused)
    assert "Half an hour." in refused.content.decode()
    sent = {"username": "another"}
    answer = client.patch("/api/v1/preferences/", sent, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert member.values_list("username", "display_name", "about").get() == ("opener-two", "The Opener", "Reads laws.")  # fmt: skip
    assert (
        client.post("/preferences/", {**NEW, "username": "opener-two", "about": "Else."}).status_code == 302
    )
    assert member.get().about == "Else."


def test_preferences_are_counted_with_what_else_is_ones_own(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OWN_RATE": "1/d"}
    assert stage.client("owner").post("/preferences/", NEW).status_code == 302
    assert stage.client("owner").post("/preferences/", NEW).status_code == 429


def test_who_never_wrote_has_preferences_and_becomes_a_member_by_saving_them(stage: Stage) -> None:
    user = factories.make_user("quiet")
    client = Client()
    client.force_login(user)
    page = client.get("/preferences/")
    assert 'value="quiet"' in page.content.decode()
    assert not Member.objects.filter(user=user).exists()
    assert client.post("/preferences/", {**NEW, "username": "quiet"}).status_code == 302
    assert Member.objects.get(user=user).mail_pace == "weekly"


# ---------------------------------------------------------------------- members and blocks
def test_buttons_on_a_members_page_keep_them_away_and_let_them_come_again(stage: Stage) -> None:
    client, other = stage.client("owner"), stage.post.author
    address = other.get_absolute_url()
    for level in ("mute", "block", ""):
        answer = client.post(f"{address}block/", {"level": level})
        assert (answer.status_code, answer.headers["Location"]) == (302, address)
        page = client.get(address)
        assert [b.get("value") for b in tree(page).iter("button") if b.get("aria-pressed") == "true"] == [
            level
        ]
        assert (other.name in text_of(client.get("/preferences/"))) is bool(level)


def test_nobody_learns_who_keeps_them_away(stage: Stage) -> None:
    blocks.block_member(other=stage.post.author, by=stage.user("owner"))
    client = stage.client("member_2")
    address = stage.thread.author.get_absolute_url()
    assert [b.get("value") for b in tree(client.get(address)).iter("button") if b.get("aria-pressed") == "true"] == [""]  # fmt: skip
    for page in (address, "/preferences/", stage.thread.get_absolute_url()):
        assert "blocked" not in text_of(client.get(page)).lower()


def test_ones_own_page_has_no_such_buttons_and_leads_to_ones_own(stage: Stage) -> None:
    page = stage.client("owner").get(stage.thread.author.get_absolute_url()).content.decode()
    assert "aria-pressed" not in page
    for address in ("/preferences/", "/subscriptions/", "/bookmarks/"):
        assert f'href="{address}"' in page
    other = stage.client("member").get(stage.thread.author.get_absolute_url()).content.decode()
    assert 'href="/bookmarks/"' not in other
    assert stage.client("owner").post(stage.thread.author.get_absolute_url() + "block/", {"level": "mute"}).status_code == 403  # fmt: skip
    assert not Block.objects.exists()


def test_posts_of_whom_one_keeps_away_are_folded_on_ones_own_pages_alone(stage: Stage) -> None:
    blocks.block_member(other=stage.post.author, by=stage.user("owner"), level="mute")
    address = stage.thread.get_absolute_url()

    def folded(role: str) -> int:
        return stage.client(role).get(address).content.decode().count("scs-away")

    assert [folded(role) for role in ("owner", "member", "member_2", "moderator", "anonymous")] == [
        1,
        0,
        0,
        0,
        0,
    ]
    assert faults_of(stage.client("owner").get(address)) == []


def test_who_is_blocked_keeps_their_text_and_may_send_it_to_the_thread(stage: Stage) -> None:
    blocks.block_member(other=stage.post.author, by=stage.user("owner"))
    client, address = stage.client("member_2"), stage.forms()["post-create"]
    page = client.post(address, {"body": "An hour's work.", "answers": "1", "submission_key": "k"})
    assert page.status_code == 422
    assert "An hour's work." in text_of(page)
    [answers] = {i.get("value") or "" for i in tree(page).iter("input") if i.get("name") == "answers"}
    assert answers == ""
    sent = {"body": "An hour's work.", "answers": answers, "submission_key": "k"}
    assert client.post(address, sent).status_code == 302
    assert fresh_post(stage.thread, 3).answers is None


def test_sources_that_a_member_brought_are_listed_where_they_may_be_seen(stage: Stage) -> None:
    stage.source.added_by = stage.thread.author
    stage.source.save()
    address = stage.thread.author.get_absolute_url() + "?show=sources"
    page = stage.client("anonymous").get(address)
    assert stage.source.get_absolute_url() in page.content.decode()
    assert faults_of(page) == []
    Series.objects.filter(pk=stage.series.pk).update(visibility="private")
    assert stage.source.get_absolute_url() not in stage.client("anonymous").get(address).content.decode()


# ---------------------------------------------------------------------- own data and erasure
def test_ones_own_data_comes_as_a_file_in_pieces(stage: Stage) -> None:
    answer = stage.client("owner").post("/preferences/data/")
    assert answer.streaming
    assert re.fullmatch(r'attachment; filename="opener-\d{4}-\d\d-\d\d\.json"', answer.headers["Content-Disposition"])  # fmt: skip
    assert "no-store" in answer.headers["Cache-Control"]
    assert json.loads(b"".join(answer))["profile"]["username"] == "opener"


def test_a_download_too_often_is_told_when_to_come_again(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "DATA_RATE": "1/d"}
    client = stage.client("owner")
    assert client.post("/preferences/data/").status_code == 200
    refused = client.post("/preferences/data/")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_erasing_asks_for_the_username_and_then_signs_out(stage: Stage) -> None:
    client, old = stage.client("owner"), stage.thread.author.get_absolute_url()
    page = client.post("/preferences/erase/", {"username": "Opener"})
    assert page.status_code == 422
    assert "Nothing was erased" in text_of(page)
    assert 'value="Opener"' in page.content.decode()
    assert Member.objects.get(username="opener").erased_at is None
    done = client.post("/preferences/erase/", {"username": " opener "})
    assert done.status_code == 200
    assert "Your account is erased" in text_of(done)
    assert "no-store" in done.headers["Cache-Control"]
    assert client.get("/preferences/").status_code == 302
    assert client.get(old).status_code == 404
    page = client.get(stage.thread.get_absolute_url()).content.decode()
    assert "former member" in page
    assert "opener" not in page


@pytest.mark.parametrize("address", ["/preferences/", "/preferences/erase/", "/preferences/data/", "/bookmarks/", "/subscriptions/"])  # fmt: skip
def test_a_foreign_form_does_none_of_it(stage: Stage, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(stage.users["owner"])
    assert client.post(address, {"username": "opener", "level": "mute", "tag": "courts"}).status_code == 403
    assert Member.objects.get(username="opener").erased_at is None
    assert reverse("scs_series:erase") == "/preferences/erase/"
