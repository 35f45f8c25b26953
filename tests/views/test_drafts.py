"""Drafts on pages: kept by the preview without scripts, restored in every form, discarded, nobody else's to read."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from scs_series.models import Draft, Post, Thread
from scs_series.services import discussion
from scs_series.services import series as series_service
from scs_series.services.drafts import save_draft
from tests import factories
from tests.stage import Stage, fresh_part, fresh_thread
from tests.views.reading import faults_of, text_of, tree
from tests.views.test_forms import field_of

pytestmark = pytest.mark.django_db

SAVE = "/writing/draft/"


def saved(stage: Stage, body: str = "Half a thought", *, by: str = "member", **fields: Any) -> Draft:
    place = {} if "part" in fields else {"thread": stage.thread}
    draft = save_draft(by=stage.user(by), body=body, **place, **fields)
    assert draft is not None
    return draft


def places(stage: Stage) -> dict[str, str]:
    return {"the thread": stage.thread.get_absolute_url(), "the form": stage.forms()["post-create"]}


# ---------------------------------------------------------------------- restored
def test_an_answer_that_was_begun_is_found_in_both_its_forms(stage: Stage) -> None:
    draft = saved(stage, "<b>Half</b> & a thought\n\n- x", answers=2, submission_key="key-of-the-draft")
    client = stage.client("member")
    for name, address in places(stage).items():
        page = client.get(address)
        assert faults_of(page) == [], name
        assert field_of(page, "body").strip() == "<b>Half</b> & a thought\n\n- x", name
        assert field_of(page, "answers") == "2", name
        assert field_of(page, "submission_key") == "key-of-the-draft", name
        assert field_of(page, "draft_stamp") == draft.stamp, name
        assert re.search(r"Draft restored, saved .+", text_of(page)), name
        assert "no-store" in page.headers["Cache-Control"] or "private" in page.headers["Cache-Control"]


def test_a_thread_that_was_begun_is_found_with_all_its_fields(stage: Stage) -> None:
    saved(stage, "The text", part=stage.part, title="A <title>", kind="correction", tags="courts, new")
    page = stage.client("member").get(stage.forms()["thread-create"] + "?kind=question&title=Other")
    values = {name: field_of(page, name) for name in ("title", "kind", "tags", "body")}
    assert values["body"].strip() == "The text"
    assert (values["title"], values["kind"], values["tags"]) == ("A <title>", "correction", "courts, new")
    assert faults_of(page) == []


def test_without_a_draft_nothing_is_said_of_one(stage: Stage) -> None:
    saved(stage, "Mine alone")
    for role in ("owner", "moderator", "anonymous"):
        page = stage.client(role).get(stage.thread.get_absolute_url())
        assert "Draft restored" not in text_of(page)
        assert "Mine alone" not in page.content.decode()


def test_a_draft_in_the_thread_page_is_kept_in_no_piece(stage: Stage) -> None:
    """The empty field is made once for all; one that holds a text must not be."""
    saved(stage, "Mine alone")
    address = stage.thread.get_absolute_url()
    for _round in range(2):
        assert "Mine alone" in stage.client("member").get(address).content.decode()
        for role in ("owner", "member_2", "anonymous"):
            assert "Mine alone" not in stage.client(role).get(address).content.decode()


def test_the_post_that_is_asked_for_goes_before_that_of_the_draft(stage: Stage) -> None:
    saved(stage, "A thought", answers=2)
    page = stage.client("member").get(stage.forms()["post-create"] + "?answers=1")
    assert field_of(page, "answers") == "1"
    assert field_of(page, "body").strip() == "A thought"


# ---------------------------------------------------------------------- saved without scripts
def test_the_preview_keeps_the_draft(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["post-create"]
    form = client.get(address + "?answers=2")
    sent = {name: field_of(form, name) for name in ("submission_key", "answers", "draft_stamp")}
    page = client.post(address, {**sent, "body": "So *far*", "preview": "1"})
    assert "Draft saved" in text_of(page)
    draft = Draft.objects.get()
    assert (draft.body, draft.answers, draft.submission_key) == ("So *far*", 2, sent["submission_key"])
    assert field_of(page, "draft_stamp") == draft.stamp != ""
    # Further on in the same form, and then sent.
    sent["draft_stamp"] = draft.stamp
    client.post(address, {**sent, "body": "So *far* and on", "preview": "1"})
    assert Draft.objects.get().body == "So *far* and on"
    assert client.post(address, {**sent, "body": "So *far* and on."}).status_code == 302
    assert not Draft.objects.exists()


def test_the_preview_of_a_new_thread_keeps_all_its_fields(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["thread-create"]
    client.post(address, {"title": "So far", "kind": "question", "tags": "a", "body": "", "preview": "1"})
    draft = Draft.objects.get()
    assert (draft.part_id, draft.title, draft.kind, draft.tags) == (stage.part.pk, "So far", "question", "a")


def test_two_windows_without_scripts_lose_neither_text(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["post-create"]
    here, there = client.get(address), client.get(address)
    client.post(
        address, {"body": "Typed there", "draft_stamp": field_of(there, "draft_stamp"), "preview": "1"}
    )
    page = client.post(
        address, {"body": "Typed here", "draft_stamp": field_of(here, "draft_stamp"), "preview": "1"}
    )
    assert faults_of(page) == []
    assert field_of(page, "body").strip() == "Typed here"
    assert "Another draft of yours" in text_of(page)
    assert [t.text for t in tree(page).iter("textarea") if t.get("id") == "other-draft"] == ["Typed there"]
    assert Draft.objects.get().body == "Typed there"
    # Who saw both may go on.
    client.post(address, {"body": "Both", "draft_stamp": field_of(page, "draft_stamp"), "preview": "1"})
    assert Draft.objects.get().body == "Both"


# ---------------------------------------------------------------------- the address for scripts
def post(client: Client, data: dict[str, Any], **options: Any) -> Any:
    return client.post(SAVE, data, headers={"Accept": "application/json"}, **options)


def test_a_draft_is_saved_by_a_script(stage: Stage) -> None:
    client = stage.client("member")
    first = post(client, {"thread": stage.thread.pk, "body": "One", "stamp": "a", "submission_key": "k"})
    assert first.status_code == 200
    assert first.json()["draft"]["stamp"] == "a"
    assert first.headers["Cache-Control"] == "private, no-store"
    by_json = {
        "body": "One two",
        "stamp": "b",
        "known": "x a",
        "answers": 2,
        "submission_key": "k",
        "tags": None,
    }
    address = f"{SAVE}?thread={stage.thread.pk}"
    assert client.post(address, json.dumps(by_json), content_type="application/json").status_code == 200
    assert (Draft.objects.get().body, Draft.objects.get().answers) == ("One two", 2)
    stale = post(client, {"thread": stage.thread.pk, "body": "Other", "stamp": "c", "known": "a"})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_draft")
    assert stale.json()["draft"]["body"] == "One two"
    thread = Thread.objects.get(pk=stage.thread.pk)
    answer = discussion.reply(thread=thread, by=stage.user("member"), body="One two.", submission_key="k")
    late = post(
        client,
        {"thread": stage.thread.pk, "body": "One tw", "stamp": "d", "known": "b", "submission_key": "k"},
    )
    assert (late.status_code, late.json()["code"]) == (409, "already_sent")
    assert late.json()["url"] == answer.get_absolute_url()
    assert late.json()["submission_key"] not in ("", "k")
    assert not Draft.objects.exists()
    assert post(client, {"part": stage.part.pk, "title": "T"}).json()["draft"]["title"] == "T"
    assert post(client, {"part": stage.next_part.pk, "title": ""}).json() == {"draft": None}


@pytest.mark.parametrize(
    "data", ["{", "[]", "null", "[" * 100_000, '{"thread": true}', '{"thread": [1]}', '{"thread": 1e400}', '"x"', "\xff"]
)  # fmt: skip
def test_what_is_no_draft_is_not_there(stage: Stage, data: str) -> None:
    response = stage.client("member").post(SAVE, data, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (404, "gone")


def test_only_members_and_only_where_they_read(stage: Stage, settings: Any) -> None:
    ok = {"thread": stage.thread.pk, "body": "x"}
    assert post(stage.client("anonymous"), ok).status_code == 403
    hidden = factories.make_thread(stage.part)
    discussion.hide_thread(thread=hidden, by=stage.user("moderator"))
    under_draft = factories.make_thread(stage.draft, by=stage.user("editor"))
    for place in (
        {"thread": hidden.pk}, {"thread": under_draft.pk}, {"part": stage.draft.pk}, {"thread": 10**8}, {"thread": "x"}, {},
    ):  # fmt: skip
        assert post(stage.client("member"), {**place, "body": "x"}).status_code == 404, place
    assert Draft.objects.count() == 0
    assert post(stage.client("editor"), {"part": stage.draft.pk, "body": "x"}).status_code == 200
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(stage.users["member"])
    assert post(checked, ok).status_code == 403
    settings.SCS_SERIES = {**settings.SCS_SERIES, "DRAFT_RATE": "1/h"}
    assert post(stage.client("member"), ok).status_code == 200
    often = post(stage.client("member"), ok)
    assert (often.status_code, often.json()["code"]) == (429, "rate_limited")
    assert int(often.headers["Retry-After"]) > 0
    assert stage.client("member").get(SAVE).status_code == 405


def test_in_a_locked_thread_what_was_typed_is_kept_all_the_same(stage: Stage) -> None:
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    assert post(stage.client("member"), {"thread": stage.thread.pk, "body": "x"}).status_code == 200


# ---------------------------------------------------------------------- discarding
def test_a_draft_is_discarded_by_its_button_and_can_be_put_back(stage: Stage) -> None:
    saved(stage, "A thought\n", answers=2, submission_key="k")
    client = stage.client("member")
    for address in places(stage).values():
        [form] = [
            form for form in tree(client.get(address)).iter("form") if "data-scs-discard" in form.attrib
        ]
        assert form.get("action") == f"{SAVE}?thread={stage.thread.pk}"
    page = client.post(form.get("action"), {"discard": "1"})
    assert not Draft.objects.exists()
    assert faults_of(page) == []
    assert "Draft discarded" in text_of(page)
    [back] = list(tree(page).find(".//main").iter("form"))
    sent = {field.get("name"): field.get("value") for field in back.iter("input")}
    sent["body"] = field_of(page, "body")
    assert (
        client.post(back.get("action"), {**sent, "restore": "1"}).headers["Location"]
        == stage.forms()["post-create"]
    )
    draft = Draft.objects.get()
    assert (draft.body.strip(), draft.answers, draft.submission_key) == ("A thought", 2, "k")
    assert post(client, {"thread": stage.thread.pk, "discard": "1"}).json() == {"draft": None}
    assert not Draft.objects.exists()
    assert client.post(SAVE, {"discard": "1", "thread": stage.thread.pk}).status_code == 302


def test_nobody_discards_or_reads_anothers(stage: Stage) -> None:
    draft = saved(stage, "Mine alone")
    for role in ("owner", "moderator", "superuser", "anonymous"):
        client = stage.client(role)
        for sent in ({"draft": draft.pk}, {"thread": stage.thread.pk}):
            response = client.post(SAVE, {**sent, "discard": "1"})
            assert "Mine alone" not in response.content.decode()
        assert "Mine alone" not in client.get(reverse("scs_series:draft-list")).content.decode()
        assert "Mine alone" not in client.get(stage.forms()["post-create"]).content.decode()
    assert Draft.objects.get() == draft


# ---------------------------------------------------------------------- the list
def test_the_list_leads_on_from_every_draft(stage: Stage) -> None:
    client, address = stage.client("member"), reverse("scs_series:draft-list")
    assert "No drafts" in text_of(client.get(address))
    saved(stage, "An <i>answer</i>", answers=2)
    saved(stage, "A text", part=stage.part, title="A title of mine")
    page = client.get(address)
    assert faults_of(page) == []
    links = {a.get("href") for a in tree(page).iter("a")}
    assert {stage.forms()["post-create"], stage.forms()["thread-create"]} <= links
    assert "an answer to no. 2" in text_of(page)
    assert "A title of mine" in text_of(page)
    assert "no-store" in page.headers["Cache-Control"]
    assert stage.client("anonymous").get(address).status_code == 302


def test_what_was_hidden_meanwhile_is_not_named_and_ones_own_text_is_not_lost(stage: Stage) -> None:
    saved(stage, "My long answer")
    saved(stage, "My thread", part=stage.next_part)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    series_service.unpublish_part(part=fresh_part(stage.next_part), by=stage.user("editor"))
    client = stage.client("member")
    page = client.get(reverse("scs_series:draft-list"))
    content = page.content.decode()
    assert stage.thread.title not in content
    assert stage.next_part.title not in content
    assert "My long answer" in content
    assert "My thread" in content
    gone = client.post(SAVE, {"draft": Draft.objects.get(body="My long answer").pk, "discard": "1"})
    assert stage.thread.title not in gone.content.decode()
    assert "My long answer" in gone.content.decode()


def test_the_list_takes_the_same_number_of_queries_however_long(
    stage: Stage, django_assert_max_num_queries: Any
) -> None:
    for _n in range(12):
        save_draft(by=stage.user("member"), thread=factories.make_thread(stage.part), body="x")
        save_draft(by=stage.user("member"), part=factories.make_part(stage.series), body="x")
    client = stage.client("member")
    with django_assert_max_num_queries(8):
        client.get(reverse("scs_series:draft-list"))


# ---------------------------------------------------------------------- signing in with the text kept
def _sign_in(client: Client, user: Any, link: str) -> Any:
    """By the host's own form, as a person does."""
    page = client.get(link)
    token = {
        "csrfmiddlewaretoken": client.cookies["csrftoken"].value,
        "next": parse_qs(urlsplit(link).query)["next"][0],
    }
    assert page.status_code == 200
    return client.post(link, {**token, "login": user.username, "password": "pw"})


SENT = {
    "thread-create": {"title": "A title", "kind": "question", "tags": "a", "body": "An hour's <work>\x00"},
    "post-create": {"answers": "2", "body": "An hour's <work>\x00"},
    "post-edit": {"body": "An hour's <work>\x00", "reason": "better", "expected_revision": "1"},
}


@pytest.mark.parametrize("form", SENT)
def test_whoever_signs_in_finds_in_the_form_what_they_sent(stage: Stage, form: str) -> None:
    client, address = Client(enforce_csrf_checks=True), stage.forms()[form]
    client.get(reverse("account_login"))
    token = client.cookies["csrftoken"].value
    refused = client.post(address, {**SENT[form], "submission_key": "k1", "csrfmiddlewaretoken": token})
    assert refused.status_code == 403
    assert faults_of(refused) == []
    [link] = list(tree(refused).find(".//main").iter("a"))
    assert link.text == "Sign in and go on"
    answer = _sign_in(client, stage.users["owner"], link.get("href"))
    assert answer.headers["Location"] == address
    for _look in range(2):  # reading it does not use it up
        page = client.get(address)
        for name, value in SENT[form].items():
            assert field_of(page, name).lstrip("\n") == value.replace("\x00", "\ufffd"), name
    assert field_of(page, "submission_key") == "k1" or form == "post-edit"
    if form != "post-edit":
        assert "is here again" in text_of(page)
    token = client.cookies["csrftoken"].value
    sent = {**SENT[form], "title": "A longer title", "body": "An hour's work", "csrfmiddlewaretoken": token}
    assert client.post(address, sent).status_code == 302
    assert field_of(client.get(address), "body").strip() in ("", "An hour's work"), (
        "sent, and nothing left of it"
    )


def test_what_was_kept_becomes_a_draft_by_the_first_save_and_can_be_discarded(stage: Stage) -> None:
    def kept() -> Client:
        client = Client()
        assert client.post(address, {"body": "Kept"}).status_code == 403
        client.force_login(stage.users["member"])
        assert field_of(client.get(address), "body").strip() == "Kept"
        return client

    address = stage.forms()["post-create"]
    client = kept()
    assert client.post(address, {"body": "Kept on", "kept": address, "preview": "1"}).status_code == 200
    assert Draft.objects.get().body == "Kept on"
    assert field_of(client.get(address), "body").strip() == "Kept on"
    client.post(f"{SAVE}?thread={stage.thread.pk}", {"discard": "1"})
    assert field_of(client.get(address), "body").strip() == ""
    client = kept()
    client.post(f"{SAVE}?thread={stage.thread.pk}", {"discard": "1", "kept": address})
    assert field_of(client.get(address), "body").strip() == ""


def test_nothing_is_kept_of_a_request_from_elsewhere_nor_without_bound(stage: Stage, settings: Any) -> None:
    address = stage.forms()["post-create"]
    forged = Client(enforce_csrf_checks=True)
    assert forged.post(address, {"body": "Forged"}).status_code == 403
    forged.force_login(stage.users["member"])
    assert "Forged" not in forged.get(address).content.decode()
    long = Client()
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_MAX_LENGTH": 100}
    refused = long.post(address, {"body": "x" * 401})
    assert "Sign in and go on" not in text_of(refused)
    assert "x" * 401 in refused.content.decode(), "shown, to be copied"
    many = Client()
    for n in range(5):
        many.post(factories.make_thread(stage.part).get_absolute_url() + "reply/", {"body": f"Text {n}"})
    assert sorted(entry["fields"]["body"] for entry in many.session["scs_series_kept"].values()) == [
        "Text 2", "Text 3", "Text 4",
    ]  # fmt: skip


def test_visitors_of_one_address_do_not_fill_the_sessions(stage: Stage, monkeypatch: Any) -> None:
    monkeypatch.setattr("scs_series.views.kept._RATE", "2/d")
    address = stage.forms()["post-create"]
    for n in range(3):
        refused = Client().post(address, {"body": "An hour's work"})
        assert refused.status_code == 403
        assert "An hour's work" in text_of(refused), "shown, to be copied"
        assert ("Sign in and go on" in text_of(refused)) == (n < 2)
    assert Session.objects.count() == 2
    elsewhere = Client().post(address, {"body": "An hour's work"}, REMOTE_ADDR="192.0.2.77")
    assert "Sign in and go on" in text_of(elsewhere)


def test_a_visitor_comes_back_to_the_very_form_with_whom_to_answer_and_to_quote(stage: Stage) -> None:
    address = f"{stage.forms()['post-create']}?answers=2&quote=2"
    away = Client().get(address)
    assert parse_qs(urlsplit(away.headers["Location"]).query)["next"] == [address]


# ---------------------------------------------------------------------- quoting
def test_the_form_begins_with_the_post_that_is_quoted(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["post-create"]
    body = field_of(client.get(address + "?quote=2"), "body")
    assert body.lstrip("\n") == "> An answer from the second.\n>\n> — @second, #2\n\n"
    assert field_of(client.get(address + "?quote=2"), "answers") == "2"
    saved(stage, "Begun before.")
    both = field_of(client.get(address + "?quote=2"), "body").lstrip("\n")
    assert both == "Begun before.\n\n> An answer from the second.\n>\n> — @second, #2\n\n"
    saved_again = save_draft(
        by=stage.user("member"), thread=stage.thread, body=both, known=[Draft.objects.get().stamp]
    )
    assert saved_again is not None
    assert field_of(client.get(address + "?quote=2"), "body").count("from the second") == 1
    post = discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("member"), body=both + "Indeed.", answers=2
    )
    assert f'href="{stage.thread.get_absolute_url()}?post=2"' in post.body_html
    assert '/members/second/"' in post.body_html


def test_what_is_hidden_is_not_quoted(stage: Stage) -> None:
    discussion.hide_post(post=Post.objects.get(pk=stage.post.pk), by=stage.user("moderator"))
    for role in ("member", "moderator"):
        for number in ("2", "99", "x", "-1"):
            page = stage.client(role).get(f"{stage.forms()['post-create']}?quote={number}")
            assert field_of(page, "body").strip() == ""
            assert "from the second" not in page.content.decode() or role == "moderator"


def test_typing_takes_no_room_of_those_who_share_an_address(stage: Stage, settings: Any) -> None:
    """A save is counted by its member; a school that types would else be kept from answering."""
    settings.SCS_SERIES = {**settings.SCS_SERIES, "ADDRESS_RATE": "2/m"}
    client, stamp = stage.client("member"), ""
    for number in range(5):
        sent = {"thread": stage.thread.pk, "body": f"Text {number}", "stamp": f"s{number}", "known": stamp}
        answer = client.post(SAVE, sent)
        assert answer.status_code == 200
        stamp = answer.json()["draft"]["stamp"]
    assert stage.client("owner").post(stage.forms()["post-create"], {"body": "So."}).status_code == 302
