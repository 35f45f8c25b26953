"""Writing through pages, without scripts: previews, complaints in place with the text kept, and sending once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from scs_series.models import Member, Post, Thread
from scs_series.ratelimit import count_or_refuse
from scs_series.services import discussion
from scs_series.services import series as series_service
from scs_series.services.members import member_for
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread
from tests.views.reading import faults_of, text_of, tree

pytestmark = pytest.mark.django_db


def field_of(response: Any, name: str) -> str:
    for element in tree(response).iter():
        if element.tag not in ("input", "textarea"):
            continue
        if element.get("name") == name and (
            element.get("type") != "radio" or element.get("checked") is not None
        ):
            return str(element.text or "" if element.tag == "textarea" else element.get("value", ""))
    raise AssertionError(f"no field {name}")


NEW = {
    "kind": "question",
    "title": "A question of mine",
    "tags": "courts, brand new",
    "body": "What of *this*?",
}


# ---------------------------------------------------------------------- signing in
def test_visitors_are_sent_to_sign_in_and_back(stage: Stage) -> None:
    for address in stage.forms().values():
        for response in (
            stage.client("anonymous").get(address + "?answers=1"),
            stage.client("anonymous").post(address, {}),
        ):
            assert response.status_code == 302
            there = urlsplit(response.headers["Location"])
            assert there.path == reverse("account_login")
            assert parse_qs(there.query)["next"][0].startswith(address)


# ---------------------------------------------------------------------- nothing typed is lost
def _kept(response: Any) -> str:
    [box] = [box for box in tree(response).iter("textarea") if box.get("id") == "typed"]
    return box.text or ""


SENT = {"title": "A title with <b>", "body": "An hour's work.\n\n</textarea><script>"}


@pytest.mark.parametrize("form", ["thread-create", "post-create", "post-edit"])
def test_who_was_signed_out_meanwhile_keeps_what_they_typed_and_is_led_back(stage: Stage, form: str) -> None:
    address = stage.forms()[form]
    response = stage.client("anonymous").post(address, SENT)
    assert response.status_code == 403
    assert SENT["body"] in _kept(response)
    [link] = {a.get("href") for a in tree(response).find(".//main").iter("a")}
    assert parse_qs(urlsplit(link).query)["next"] == [address]


@pytest.mark.parametrize("form", ["thread-create", "post-create", "post-edit", "thread-edit"])
def test_what_was_written_for_something_gone_meanwhile_is_kept(stage: Stage, form: str) -> None:
    if form == "thread-create":
        series_service.unpublish_part(part=fresh_part(stage.part), by=stage.user("editor"))
    else:
        discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    client, address = stage.client("owner"), stage.forms()[form]
    response = client.post(address, SENT)
    assert response.status_code == 404
    assert _kept(response) == "{title}\n\n{body}".format(**SENT)
    # Nothing sent, nothing to keep: it is the host's page that says so.
    assert "What you typed" not in text_of(client.get(address))


def test_a_form_whose_token_is_outdated_loses_no_text(stage: Stage) -> None:
    client, address = Client(enforce_csrf_checks=True), stage.forms()["post-create"]
    client.force_login(stage.users["member"])
    response = client.post(address, SENT)
    assert response.status_code == 403
    assert SENT["body"] in _kept(response)
    assert [a.get("href") for a in tree(response).find(".//main").iter("a")] == [address]
    assert client.post(address, {**SENT, "body": "x\0y"}).status_code == 403


def test_the_page_links_to_sign_in_and_back_to_itself(stage: Stage) -> None:
    address = stage.thread.get_absolute_url() + "?page=1"
    page = stage.client("anonymous").get(address)
    links = [a.get("href") for a in tree(page).iter("a") if "/login" in (a.get("href") or "")]
    assert links
    assert all(parse_qs(urlsplit(link).query)["next"] == [address] for link in links)


# ---------------------------------------------------------------------- a new thread
def test_a_thread_is_started_through_its_form(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["thread-create"]
    form = client.get(address + "?kind=correction&title=Given")
    assert (field_of(form, "kind"), field_of(form, "title")) == ("correction", "Given")
    response = client.post(address, {**NEW, "submission_key": field_of(form, "submission_key")})
    thread = Thread.objects.get(title="A question of mine")
    assert (response.status_code, response.headers["Location"]) == (302, thread.get_absolute_url())
    assert {tag.name for tag in thread.tags.all()} == {"Courts", "brand new"}
    assert thread.kind == "question"
    page = client.get(thread.get_absolute_url())
    assert "What of this?" in text_of(page)


def test_a_double_press_makes_one_thread_and_leads_to_it(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["thread-create"]
    key = field_of(client.get(address), "submission_key")
    answers = [
        client.post(address, {**NEW, "submission_key": key}).headers["Location"] for _press in range(2)
    ]
    assert answers[0] == answers[1]
    assert Thread.objects.filter(title=NEW["title"]).count() == 1


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"title": ""}, "title", "required"),
        ({"title": "short"}, "title", "at least 8"),
        ({"title": "x" * 300}, "title", "at most 200"),
        ({"title": "\u200b" * 20}, "title", "at least 8"),
        ({"title": "x" * 5_000}, "title", "at most 1000"),
        ({"body": ""}, "body", "required"),
        ({"body": "  \n "}, "body", "the text is empty"),
        ({"body": "x" * 30_001}, "body", "30001"),
        ({"body": "A claim.\n\nAnd [@kou2019]."}, "body", "Line 3"),
        ({"body": "> " * 10_000 + "x"}, "body", "nested too deeply"),
        ({"tags": "a,b,c,d,e,f"}, "tags", "at most 5"),
        ({"tags": ",".join(f"t{n}" for n in range(1_000))}, "tags", ""),
        ({"tags": "x" * 60}, "tags", "too long"),
        ({"tags": "\u200b"}, "tags", "empty"),
        ({"kind": "rant"}, "kind", "rant"),
        ({"kind": ""}, "kind", "required"),
    ],
)
def test_a_complaint_stands_at_its_field_and_everything_typed_is_kept(
    stage: Stage, change: dict[str, str], field: str, says: str
) -> None:
    client, sent = stage.client("member"), {**NEW, **change, "submission_key": "kept-key"}
    response = client.post(stage.forms()["thread-create"], sent)
    assert response.status_code == 422
    assert faults_of(response) == []
    kept = {name: field_of(response, name) for name in ("title", "tags", "body", "submission_key")}
    expected = {name: sent[name].replace("\r\n", "\n") for name in kept}
    assert {name: value.lstrip("\n") for name, value in kept.items()} == {
        n: v.lstrip("\n") for n, v in expected.items()
    }
    assert says in text_of(response)
    assert f"e-{field}" in response.content.decode() or field == "kind"
    assert "Not sent yet" in text_of(response)
    assert not Thread.objects.exclude(pk=stage.thread.pk).exists()


def test_a_form_sent_with_nothing_at_all_says_what_is_missing(stage: Stage) -> None:
    for address in (stage.forms()["thread-create"], stage.forms()["post-create"]):
        response = stage.client("member").post(address, {})
        assert response.status_code == 422
        assert "required" in text_of(response)


def test_a_preview_shows_what_it_will_be_and_sends_nothing(stage: Stage) -> None:
    client = stage.client("member")
    response = client.post(
        stage.forms()["thread-create"], {**NEW, "title": "", "preview": "1", "body": "*Now* [@kuo2019]"}
    )
    assert response.status_code == 200
    assert "<em>Now</em>" in response.content.decode()
    assert "Where cited: Kuo 2019" in response.content.decode()
    assert field_of(response, "body").strip() == "*Now* [@kuo2019]"
    assert "required" not in text_of(response)
    assert Thread.objects.count() == 1
    bad = client.post(stage.forms()["thread-create"], {**NEW, "preview": "1", "body": "a\x07b"})
    assert bad.status_code == 422
    assert "U+0007" in text_of(bad)


# ---------------------------------------------------------------------- answers
def test_every_form_for_a_text_leads_to_the_keys_of_the_sources_and_stays_open(stage: Stage) -> None:
    client = stage.client("owner")
    forms = {**stage.forms(), "the thread": stage.addresses()["thread-detail"]}
    for name, address in forms.items():
        links = [
            link for link in tree(client.get(address)).iter("a") if "Keys of the sources" in "".join(link.itertext())
        ]  # fmt: skip
        assert [link.get("href") for link in links] == [stage.addresses()["source-list"]], name
        assert links[0].get("target") == "_blank", name
        assert links[0].get("rel") == "noopener", name
        assert "".join(links[0].itertext()).strip().endswith("(opens in a new tab)"), name


def test_an_answer_is_sent_from_the_thread_itself(stage: Stage) -> None:
    client = stage.client("member")
    page = client.get(stage.thread.get_absolute_url())
    key = field_of(page, "submission_key")
    target = next(
        form.get("action") for form in tree(page).iter("form") if form.get("action", "").endswith("/reply/")
    )
    for _press in range(2):
        response = client.post(target, {"body": "An answer [@kuo2019].", "submission_key": key})
        assert response.status_code == 302
        assert response.headers["Location"] == f"{stage.thread.get_absolute_url()}?post=3"
    assert Post.objects.count() == 3
    landed = client.get(response.headers["Location"])
    assert landed.headers["Location"].endswith("#post-3")


def test_an_answer_names_the_post_it_answers(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["post-create"]
    form = client.get(address + "?answers=2")
    assert "Answer second, no. 2" in text_of(form)
    assert "An answer from the second." in text_of(form)
    client.post(address, {"body": "Indeed.", "answers": field_of(form, "answers")})
    assert Post.objects.get(number=3).answers == stage.post
    for odd in ("²", "x", "0", "-1", "99", "9" * 30, "1.5", ""):
        assert client.get(f"{address}?answers={odd}").status_code == 200, odd
        response = client.post(address, {"body": "Indeed.", "answers": odd})
        assert response.status_code == (302 if odd == "" else 422), odd
        if odd:
            assert "Indeed." in response.content.decode()


def test_a_draft_survives_a_thread_that_was_locked_meanwhile(stage: Stage) -> None:
    client = stage.client("member")
    client.get(stage.forms()["post-create"])
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    response = client.post(stage.forms()["post-create"], {"body": "My long answer."})
    assert response.status_code == 403
    assert "This thread is locked" in text_of(response)
    assert "My long answer." in text_of(response)


def test_writing_too_often_is_said_with_the_text_kept(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "1/h"}
    client, address = stage.client("member"), stage.forms()["post-create"]
    assert client.post(address, {"body": "First."}).status_code == 302
    response = client.post(address, {"body": "Second."})
    assert response.status_code == 429
    assert "Try again in" in text_of(response)
    assert field_of(response, "body").strip() == "Second."


@pytest.mark.parametrize(
    ("name", "role", "sent"),
    [
        ("post-create", "member", {"body": "Once more."}),
        ("post-create", "member", {"body": "Once more.", "preview": "1"}),
        ("thread-create", "member", {"title": "A title that will do", "body": "x", "kind": "question"}),
        ("post-edit", "owner", {"body": "Once more.", "expected_revision": "1"}),
        (
            "thread-edit",
            "owner",
            {"title": "A title that will do", "kind": "question", "expected_revision": "1"},
        ),
        ("post-withdraw", "member_2", {"reason": ""}),
        ("bookmark-create", "member", {"note": "Once more."}),
        ("part-bookmark", "member", {"note": "Once more."}),
    ],
)
def test_a_form_sent_too_often_says_when_to_try_again(
    stage: Stage, settings: Any, name: str, role: str, sent: dict[str, str]
) -> None:
    """To people on the page, with what they typed, and to programs in the header."""
    rates = dict.fromkeys(("POST_RATE", "PREVIEW_RATE", "OWN_RATE"), "1/h")
    settings.SCS_SERIES = {**settings.SCS_SERIES, **rates}
    by = stage.user(role)
    for scope, who in (("post", member_for(by).pk), ("own", member_for(by).pk), ("preview", by.pk)):
        count_or_refuse(scope, who, "1/h")
    withdraw = {"post-withdraw": f"{stage.thread.get_absolute_url()}posts/2/withdraw/"}
    response = stage.client(role).post({**stage.forms(), **stage.own(), **withdraw}[name], sent)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3_601
    shown = text_of(response)
    assert "Try again in" in shown
    assert sent.get("body", sent.get("note", "")) in response.content.decode()


def test_a_first_writer_becomes_a_member(stage: Stage) -> None:
    stage.client("member").post(stage.forms()["post-create"], {"body": "Hello."})
    assert Member.objects.get(user=stage.users["member"]).post_count == 1


# ---------------------------------------------------------------------- edits
def test_a_post_is_edited_through_its_form(stage: Stage) -> None:
    client, address = stage.client("owner"), stage.forms()["post-edit"]
    form = client.get(address)
    assert field_of(form, "body").strip() == "It says *this* [@kuo2019]."
    sent = {
        "body": "It says that.",
        "reason": "slip",
        "expected_revision": field_of(form, "expected_revision"),
    }
    assert client.post(address, sent).status_code == 302
    assert fresh_post(stage.thread, 1).body == "It says that."
    history = client.get(reverse("scs_series:post-history", args=[stage.thread.pk, stage.thread.slug, 1]))
    assert "slip" in text_of(history)
    assert re.search(r"<del>.*this", history.content.decode())


def test_the_second_of_two_editors_sees_both_texts_and_may_send_again(stage: Stage) -> None:
    address = stage.forms()["post-edit"]
    owner, moderator = stage.client("owner"), stage.client("moderator")
    revision = field_of(owner.get(address), "expected_revision")
    assert (
        owner.post(address, {"body": "The author's words.", "expected_revision": revision}).status_code == 302
    )
    response = moderator.post(address, {"body": "The moderator's words.", "expected_revision": revision})
    assert response.status_code == 409
    assert faults_of(response) == []
    page = text_of(response)
    assert "Somebody else saved a change" in page
    assert "The author's words." in response.content.decode().replace("&#x27;", "'")
    assert field_of(response, "body").strip() == "The moderator's words."
    assert fresh_post(stage.thread, 1).body == "The author's words."
    again = {
        "body": field_of(response, "body").strip(),
        "expected_revision": field_of(response, "expected_revision"),
    }
    assert moderator.post(address, again).status_code == 302
    assert [r.body for r in fresh_post(stage.thread, 1).revisions.order_by("number")][
        1
    ] == "The author's words."


def test_an_edit_without_its_revision_is_refused_with_the_text_kept(stage: Stage) -> None:
    for revision in ("", "x", "0", "9" * 30):
        response = stage.client("owner").post(
            stage.forms()["post-edit"], {"body": "New.", "expected_revision": revision}
        )
        assert response.status_code == 422, revision
        assert field_of(response, "body").strip() == "New."


def test_the_second_of_two_who_edit_a_threads_title_sees_both_and_may_send_again(stage: Stage) -> None:
    address = stage.forms()["thread-edit"]
    owner, moderator = stage.client("owner"), stage.client("moderator")
    opened = moderator.get(address)
    sent = {name: field_of(opened, name) for name in ("title", "tags", "expected_revision")}
    sent["kind"] = "question"
    assert owner.post(address, {**sent, "title": "The owner's new title"}).status_code == 302
    response = moderator.post(address, {**sent, "tags": "law"})
    assert response.status_code == 409
    assert faults_of(response) == []
    assert "The owner&#x27;s new title" in response.content.decode()
    assert field_of(response, "tags") == "law"
    assert fresh_thread(stage.thread).title == "The owner's new title"
    again = {**sent, "tags": "law", "expected_revision": field_of(response, "expected_revision")}
    assert moderator.post(address, again).status_code == 302
    assert [tag.name for tag in fresh_thread(stage.thread).tags.all()] == ["law"]


def test_a_thread_is_edited_through_its_form(stage: Stage) -> None:
    client, address = stage.client("owner"), stage.forms()["thread-edit"]
    form = client.get(address)
    assert field_of(form, "title") == stage.thread.title
    assert field_of(form, "tags") in ("Courts, lists", "lists, Courts")
    response = client.post(
        address,
        {"kind": "source", "title": "Another title now", "tags": "社会、信用，法", "expected_revision": "1"},
    )
    thread = fresh_thread(stage.thread)
    assert response.headers["Location"] == thread.get_absolute_url()
    assert {tag.name for tag in thread.tags.all()} == {"社会", "信用", "法"}
    bad = client.post(address, {"kind": "source", "title": "x", "tags": "kept"})
    assert (bad.status_code, field_of(bad, "tags")) == (422, "kept")


# ---------------------------------------------------------------------- the editor's endpoints
def test_the_preview_answers_members_only_and_is_what_will_be_posted(stage: Stage) -> None:
    address = reverse("scs_series:markdownx-preview")
    assert stage.client("anonymous").post(address, {"content": "x"}).status_code == 403
    client = stage.client("member")
    body = "**bold** <script>alert(1)</script> [@kuo2019]"
    preview = client.post(address, {"content": body, "series": stage.series.slug}).content.decode()
    post = discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body=body)
    assert preview.replace("preview-", "post-3-") == post.body_html
    assert "<script>" not in preview
    unknown = client.post(address, {"content": "[@nobody]", "series": stage.series.slug})
    assert (unknown.status_code, "@nobody" in unknown.content.decode()) == (200, True)
    assert client.get(address).status_code == 405
    for content in ("a\x00b", "x" * 30_001, "> " * 10_000 + "x"):
        assert client.post(address, {"content": content}).status_code == 400
    assert client.post(address, {"content": "x", "series": "a\x00b"}).status_code == 200
    assert client.post(address, {}).status_code == 200


def test_a_private_series_gives_nothing_away_in_a_preview(stage: Stage) -> None:
    type(stage.series).objects.update(visibility="private")
    address = reverse("scs_series:markdownx-preview")
    data = {"content": "[@kuo2019]", "series": stage.series.slug}
    assert "Kuo 2019" not in stage.client("member").post(address, data).content.decode()
    assert "Kuo" in stage.client("editor").post(address, data).content.decode()


def test_raw_html_is_previewed_for_parts_by_editors_alone(stage: Stage) -> None:
    address = reverse("scs_series:markdownx-preview")
    data = {"content": "<u>x</u>", "series": stage.series.slug, "profile": "part"}
    assert "<u>" not in stage.client("member").post(address, data).content.decode()


def test_previews_and_uploads_are_limited_in_rate(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "PREVIEW_RATE": "1/h", "UPLOAD_RATE": "1/h"}
    from tests.services.test_uploads import picture, sent

    client = stage.client("member")
    asked = (
        (reverse("scs_series:markdownx-preview"), lambda: {"content": "x"}),
        (reverse("scs_series:markdownx-upload"), lambda: {"image": sent(picture())}),
    )
    for address, data in asked:
        assert client.post(address, data()).status_code == 200
        response = client.post(address, data())
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) > 0
    # The button of a form that works without scripts is limited with it.
    form = client.post(stage.forms()["post-create"], {"body": "Kept text.", "preview": "1"})
    assert form.status_code == 429
    assert field_of(form, "body").strip() == "Kept text."


def test_a_form_sent_again_with_another_text_says_so_and_may_be_sent(stage: Stage) -> None:
    client, address = stage.client("member"), stage.forms()["post-create"]
    sent = {"body": "First words.", "submission_key": field_of(client.get(address), "submission_key")}
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302  # a double click
    response = client.post(address, {**sent, "body": "Second thoughts."})
    assert response.status_code == 422
    assert "with another text, which is posted" in text_of(response)
    assert field_of(response, "body").strip() == "Second thoughts."
    again = {"body": "Second thoughts.", "submission_key": field_of(response, "submission_key")}
    assert client.post(address, again).status_code == 302
    assert fresh_thread(stage.thread).post_count == 4


def test_an_upload_answers_members_only_with_markdown_or_a_reason(stage: Stage) -> None:
    from tests.services.test_uploads import picture, sent

    address = reverse("scs_series:markdownx-upload")
    assert stage.client("anonymous").post(address, {"image": sent(picture())}).status_code == 403
    client = stage.client("member")
    code = client.post(address, {"image": sent(picture())}).json()["image_code"]
    assert re.fullmatch(r"!\[.+\]\(.*scs_series/uploads/.+\.webp\)", code)
    post = discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body=code)
    assert "<img" in post.body_html
    for bad in ({}, {"image": "text"}, {"image": sent(b"<svg/>")}):
        answer = client.post(address, bad)
        assert answer.status_code == 400
        assert answer.json()["detail"]
    assert client.get(address).status_code == 405


def test_everything_that_is_wrong_with_a_thread_is_said_at_once(stage: Stage) -> None:
    """A service stops at the first thing; whoever writes hears of all of them."""
    wrong = {
        **NEW,
        "title": "x",
        "tags": ", ".join(f"tag {n}" for n in range(30)),
        "body": "As [@nobody9999] says.",
    }
    response = stage.client("member").post(stage.forms()["thread-create"], wrong)
    assert response.status_code == 422
    assert faults_of(response) == []
    assert set(response.context["form"].errors) == {"title", "tags", "body"}
    assert "3 things to mend" in text_of(response)
    assert not Thread.objects.filter(title="x").exists()


def test_an_empty_field_does_not_hide_what_else_is_wrong(stage: Stage) -> None:
    response = stage.client("member").post(
        stage.forms()["thread-create"], {**NEW, "title": "", "body": "As [@nobody9999] says."}
    )
    assert set(response.context["form"].errors) == {"title", "body"}


def test_who_may_not_answer_is_led_back_to_the_thread(stage: Stage) -> None:
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    response = stage.client("member").post(stage.forms()["post-create"], {"body": "Dear to me."})
    assert response.status_code == 403
    page = text_of(response)
    assert "Back to the thread" in page
    assert "Dear to me." in page
