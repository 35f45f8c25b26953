"""Every page answers everybody it should, is clean HTML, writes nothing, and can be overridden."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import scs_series
from scs_series.models import Member, Part, Post, Tag, Thread
from scs_series.services import blocks, discussion, notifications, series, sources, subscriptions, tagging
from tests import factories
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread
from tests.views.reading import faults_of, links_of, text_of, tree, writes_in

pytestmark = pytest.mark.django_db

READERS = ("anonymous", "member", "owner", "moderator", "editor", "superuser")


# ---------------------------------------------------------------------- all pages
@pytest.mark.parametrize("reader", READERS)
def test_every_page_answers_and_is_clean_and_writes_nothing(stage: Stage, reader: str) -> None:
    sources.link_source(source=stage.uncited, part=fresh_part(stage.part), by=stage.user("editor"))
    client = stage.client(reader)
    client.get("/series/")  # whatever a session wants to write once
    for name, address in stage.addresses().items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code == 200, name
        assert faults_of(response) == [], name
        assert writes_in(queries) == [], name
        if reader == "anonymous":
            assert response.cookies == {}, name
            assert "no-cache" in response.headers.get("Cache-Control", "no-cache"), name
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b""), name


@pytest.mark.parametrize("reader", ["owner", "moderator", "superuser"])
def test_every_form_answers_and_is_clean(stage: Stage, reader: str) -> None:
    client = stage.client(reader)
    for name, address in stage.forms().items():
        for response in (
            client.get(address),
            client.post(address, {}),
            client.post(address, {"preview": "1", "body": "*x*"}),
        ):
            assert response.status_code in (200, 422), name
            assert faults_of(response) == [], name
            assert "no-store" in response.headers["Cache-Control"], name


@pytest.mark.parametrize("reader", ["member", "owner", "moderator", "superuser"])
def test_every_page_of_ones_own_answers_and_is_clean_and_writes_nothing(stage: Stage, reader: str) -> None:
    client = stage.client(reader)
    for filled in (False, True):
        for name, address in stage.own().items():
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address)
            assert response.status_code == 200, name
            assert faults_of(response) == [], name
            assert writes_in(queries) == [], name
            assert "private" in response.headers["Cache-Control"], name
        if not filled:
            for address in (stage.own()["bookmark-create"], stage.own()["part-bookmark"]):
                assert client.post(address, {"note": "信用 <b>"}).status_code == 302
            subscriptions.subscribe(target=stage.thread, level="mute", by=stage.user(reader))
            blocks.block_member(other=stage.post.author, by=stage.user(reader))


def test_visitors_are_sent_to_sign_in_from_every_page_of_ones_own(stage: Stage) -> None:
    for name, address in stage.own().items():
        response = stage.client("anonymous").get(address)
        assert response.status_code == 302, name
        assert "/accounts/login/" in response.headers["Location"], name


def test_the_content_security_policy_is_sent_and_strict(stage: Stage) -> None:
    policy = stage.client("anonymous").get("/series/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_a_visitor_without_cookies_never_gets_one(stage: Stage) -> None:
    client = stage.client("anonymous")
    for address in [
        *stage.addresses().values(),
        *stage.forms().values(),
        "/series/nothing/",
        "/tags/?after=bad",
    ]:
        assert client.get(address).cookies == {}, address


def test_every_link_on_every_page_leads_somewhere(stage: Stage) -> None:
    client = stage.client("anonymous")
    seen: set[str] = set()
    waiting = list(stage.addresses().values())
    while waiting:
        address = waiting.pop()
        response = client.get(address)
        for link in links_of(response):
            parts = urlsplit(link)
            if parts.netloc or parts.scheme:
                continue
            path = parts.path or urlsplit(address).path
            target = path + (f"?{parts.query}" if parts.query else "")
            if target in seen or "after=" in target or path.startswith(("/accounts/", "/api/")):
                continue
            seen.add(target)
            found = client.get(target)
            assert found.status_code in (200, 302), (address, link, found.status_code)
            if found.status_code == 302 and "/accounts/" not in found.headers["Location"]:
                assert client.get(found.headers["Location"]).status_code == 200
    assert len(seen) > 30


# ---------------------------------------------------------------------- who sees what
VISIBLE = """
                     anonymous member owner moderator editor other_editor superuser
    part/public          200     200   200     200      200      200         200
    part/draft           404     404   404     404      200      404         200
    part/private         404     404   404     404      200      404         200
    part/unlisted        200     200   200     200      200      200         200
    thread/public        200     200   200     200      200      200         200
    thread/hidden        404     404   404     200      404      404         200
    thread/of a draft    404     404   404     404      200      404         200
    thread/private       404     404   404     404      200      404         200
    source/private       404     404   404     404      200      404         200
    series/private       404     404   404     404      200      404         200
    history/hidden post  404     404   200     200      404      404         200
    history/draft        404     404   404     404      200      404         200
    new thread/public    302     200   200     200      200      200         200
    new thread/draft     404     404   404     404      200      404         200
    edit thread/public   302     403   200     200      403      403         200
    edit post/public     302     403   200     200      403      403         200
    edit post/locked     302     403   403     200      403      403         200
    reply/public         302     200   200     200      200      200         200
    reply/locked         302     403   403     200      403      403         200
    reply/hidden         302     404   404     200      404      404         200
"""


def _visible_rows() -> list[tuple[str, str, dict[str, int]]]:
    head, *lines = filter(None, map(str.strip, VISIBLE.splitlines()))
    roles = head.split()
    rows = []
    for line in lines:
        words = line.split()
        page, _, state = " ".join(words[: -len(roles)]).partition("/")
        rows.append((page, state, dict(zip(roles, map(int, words[-len(roles) :]), strict=True))))
    return rows


@pytest.mark.parametrize(
    ("page", "state", "expected"), _visible_rows(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_pages_answer_each_reader_as_the_table_says(
    stage: Stage, page: str, state: str, expected: dict[str, int]
) -> None:
    mod, root = stage.user("moderator"), stage.user("superuser")
    part = stage.part
    if state in ("private", "unlisted"):
        stage.series.visibility = state
        series.save_series(series=stage.series, by=root)
    elif state == "hidden":
        discussion.hide_thread(thread=fresh_thread(stage.thread), by=mod)
    elif state == "locked":
        discussion.lock_thread(thread=fresh_thread(stage.thread), by=mod)
    elif state == "hidden post":
        discussion.hide_post(post=fresh_post(stage.thread, 1), by=mod)
    elif state == "of a draft":
        series.unpublish_part(part=fresh_part(stage.part), by=root)
    elif state == "draft":
        part = stage.draft
    thread = (stage.thread.pk, stage.thread.slug)
    address = {
        "part": lambda: reverse("scs_series:part-detail", args=[stage.series.slug, part.slug]),
        "thread": stage.thread.get_absolute_url,
        "series": stage.series.get_absolute_url,
        "source": stage.source.get_absolute_url,
        "history": lambda: (
            reverse("scs_series:post-history", args=[*thread, 1])
            if state == "hidden post"
            else reverse("scs_series:part-history", args=[stage.series.slug, part.slug])
        ),
        "new thread": lambda: reverse("scs_series:thread-create", args=[stage.series.slug, part.slug]),
        "edit thread": lambda: reverse("scs_series:thread-edit", args=thread),
        "edit post": lambda: reverse("scs_series:post-edit", args=[*thread, 1]),
        "reply": lambda: reverse("scs_series:post-create", args=thread),
    }[page]()
    if page == "new thread" and state == "draft":
        expected = {**expected, "anonymous": 302}  # asked to sign in first: nothing is said of what is there
    answers = {role: stage.client(role).get(address).status_code for role in expected}
    assert answers == expected


def test_a_refused_form_sent_all_the_same_changes_nothing_and_keeps_the_text(stage: Stage) -> None:
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for name in ("post-create", "post-edit"):
        response = stage.client("owner").post(
            stage.forms()[name], {"body": "What I wrote.", "expected_revision": 1}
        )
        assert response.status_code == 403
        assert "What I wrote." in response.content.decode()
        assert faults_of(response) == []
    assert Post.objects.count() == 2


def test_what_is_unlisted_or_private_is_named_on_no_list(stage: Stage) -> None:
    for visibility in ("unlisted", "private"):
        stage.series.visibility = visibility
        series.save_series(series=stage.series, by=stage.user("superuser"))
        for role in ("anonymous", "member"):
            client = stage.client(role)
            for name in ("series-list", "tag-detail", "member-detail"):
                body = text_of(client.get(stage.addresses()[name]))
                assert stage.series.title not in body, (visibility, name)
                assert stage.thread.title not in body, (visibility, name)
        assert stage.series.title in text_of(stage.client("editor").get("/series/"))


def test_a_tag_used_in_private_alone_is_not_named_beside_others(stage: Stage) -> None:
    hidden = factories.make_series(visibility="private")
    factories.make_thread(
        factories.make_part(hidden), by=stage.user("superuser"), tags=("courts", "topsecret")
    )
    body = stage.client("anonymous").get(stage.tag.get_absolute_url()).content.decode()
    assert "topsecret" not in body
    assert "topsecret" not in stage.client("anonymous").get("/tags/").content.decode()


def test_a_hidden_post_says_nothing_of_its_text_anywhere(stage: Stage) -> None:
    """Its stub stands in the thread; the text is in no page, history, source page or member page."""
    secret = "Unspeakable-4711"
    post = discussion.reply(
        thread=fresh_thread(stage.thread),
        by=stage.user("member"),
        body=f"{secret} [@kuo2019, p. 99].",
        answers=1,
    )
    discussion.edit_post(
        post=fresh_post(stage.thread, 3), by=stage.user("member"), body=f"{secret} again [@kuo2019, p. 99]."
    )
    answer = discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("owner"), body="To that.", answers=3
    )
    discussion.hide_post(
        post=fresh_post(stage.thread, 3), by=stage.user("moderator"), reason="Names a person."
    )
    member = Member.objects.get(user=stage.users["member"])
    addresses = {
        **stage.addresses(),
        "its author": member.get_absolute_url(),
        "its author's posts": member.get_absolute_url() + "?show=posts",
        "its history": reverse("scs_series:post-history", args=[stage.thread.pk, "x", post.number]),
        "an answer to it": reverse("scs_series:post-create", args=[stage.thread.pk, "x"])
        + f"?answers={post.number}",
        "the answer": answer.get_absolute_url(),
    }
    for role in ("anonymous", "owner", "editor", "other_editor"):
        client = stage.client(role)
        for name, address in addresses.items():
            response = client.get(address, follow=True)
            assert secret not in response.content.decode(), (role, name)
            assert "p. 99" not in response.content.decode(), (role, name)
    page = text_of(stage.client("anonymous").get(stage.thread.get_absolute_url()))
    assert "Hidden by a moderator: Names a person." in page
    assert "To that." in page


# ---------------------------------------------------------------------- the thread
def test_a_wrong_slug_is_sent_on_to_the_right_one(stage: Stage) -> None:
    client = stage.client("anonymous")
    response = client.get(reverse("scs_series:thread-detail", args=[stage.thread.pk, "old-title"]))
    assert (response.status_code, response.headers["Location"]) == (301, stage.thread.get_absolute_url())


@pytest.fixture
def long_thread(stage: Stage) -> Thread:
    by = stage.user("member")
    for n in range(3, 48):
        discussion.reply(
            thread=fresh_thread(stage.thread), by=by, body=f"Answer {n}", at=stage.thread.created_at
        )
    return fresh_thread(stage.thread)


def test_a_long_thread_is_read_in_pages(stage: Stage, long_thread: Thread) -> None:
    client, address = stage.client("anonymous"), long_thread.get_absolute_url()
    numbers = {}
    for page in (1, 2, 3):
        response = client.get(f"{address}?page={page}")
        assert faults_of(response) == []
        numbers[page] = [int(a.get("id")[5:]) for a in tree(response).iter("article")]
    assert numbers == {1: list(range(1, 21)), 2: list(range(21, 41)), 3: list(range(41, 48))}
    assert client.get(f"{address}?page=4").status_code == 404
    for odd in ("0", "-1", "x", "1.5", "²", "9" * 30, ""):
        assert client.get(f"{address}?page={odd}").status_code in (200, 404), odd
    assert 'rel="next"' in client.get(address).content.decode()
    assert "Posts 41–47 of 47" in text_of(client.get(f"{address}?page=3"))


@pytest.mark.parametrize(("post", "page"), [(1, 1), (20, 1), (21, 2), (47, 3), (99, 3), (999_999_999, 3)])
def test_a_post_is_found_on_its_page(stage: Stage, long_thread: Thread, post: int, page: int) -> None:
    response = stage.client("anonymous").get(f"{long_thread.get_absolute_url()}?post={post}")
    tail = f"?page={page}" if page > 1 else ""
    assert response.status_code == 302
    assert response.headers["Location"] == f"{long_thread.get_absolute_url()}{tail}#post-{min(post, 47)}"


def test_a_page_of_posts_has_the_actions_its_reader_may_take(stage: Stage) -> None:
    def actions(role: str) -> tuple[int, int]:
        links = links_of(stage.client(role).get(stage.thread.get_absolute_url()))
        return sum("/posts/" in x and x.endswith("/edit/") for x in links), sum(
            "?answers=" in x and "quote=" not in x for x in links
        )

    assert actions("anonymous") == (0, 2)
    assert actions("member") == (0, 2)
    assert actions("owner") == (1, 2)
    assert actions("moderator") == (2, 2)
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"), reason="Settled.")
    assert actions("anonymous") == actions("owner") == (0, 0)
    assert actions("moderator") == (2, 2)
    assert "Settled." in text_of(stage.client("anonymous").get(stage.thread.get_absolute_url()))


def test_a_posts_number_stands_by_its_time_and_what_it_answers_after(stage: Stage) -> None:
    page = tree(stage.client("anonymous").get(stage.addresses()["thread-detail"]))
    heads = [e for e in page.iter("div") if e.get("class") == "scs-post-head"]
    for number, (head, answers) in enumerate(zip(heads, (None, "answers no. 1, opener"), strict=True), 1):
        by, when, *relation = head
        assert by.tag == "h3"
        time, permalink = when
        assert time.tag == "time"
        assert permalink.get("href") == f"?post={number}"
        assert "".join(permalink.itertext()) == f"Link to post #{number}"
        assert ["".join(one.itertext()) for one in relation] == ([answers] if answers else [])


# ---------------------------------------------------------------------- lists, filters, empty states
def test_threads_of_a_part_are_ordered_and_filtered(stage: Stage) -> None:
    quiet = factories.make_thread(stage.part, title="Nobody answered this", kind="correction", tags=("law",))
    pinned = factories.make_thread(stage.part, title="Read this first")
    factories.make_post(stage.thread)
    factories.make_post(stage.thread)
    discussion.pin_thread(thread=pinned, by=stage.user("moderator"))
    client, address = stage.client("anonymous"), stage.addresses()["thread-list"]

    def titles(query: str = "") -> list[str]:
        response = client.get(address + query)
        assert faults_of(response) == []
        return [a.text for h in tree(response).iter("h3") for a in h.iter("a")]

    assert titles() == [pinned.title, stage.thread.title, quiet.title]
    assert titles("?order=new") == [pinned.title, quiet.title, stage.thread.title]
    assert titles("?order=answers")[0] == stage.thread.title
    assert titles("?order=unanswered") == [pinned.title, quiet.title]
    assert titles("?kind=correction") == [quiet.title]
    assert titles("?tag=law") == [quiet.title]
    assert titles("?tag=law&kind=question") == []
    assert titles("?order=nonsense&kind=nonsense") == titles()
    assert "No thread fits" in text_of(client.get(address + "?tag=law&kind=question"))


def test_threads_of_a_part_offer_its_tags_most_used_first(stage: Stage) -> None:
    """What the stage's thread carries, courts and lists, and fourteen more; of hidden threads and other parts none."""
    for n in range(14):
        factories.make_thread(stage.part, tags=("courts", f"topic {n:02}"))
    hidden = factories.make_thread(stage.part, tags=("unseen",))
    discussion.hide_thread(thread=fresh_thread(hidden), by=stage.user("moderator"))
    factories.make_thread(stage.next_part, tags=("elsewhere",))
    client, address = stage.client("anonymous"), stage.addresses()["thread-list"]

    def offered(query: str = "") -> tuple[list[str], list[str]]:
        """Tags in the open, and those behind them."""
        response = client.get(address + query)
        assert faults_of(response) == []
        filters = next(e for e in tree(response).iter("aside") if e.get("class") == "scs-filters")
        behind = [e for d in filters.iter("details") if d.get("class") == "scs-more" for e in d.iter("a")]
        every = [e for e in filters.iter("a") if "scs-tag" in e.get("class", "").split()]
        said = {e: " ".join("".join(e.itertext()).split()) for e in every}
        return [said[e] for e in every if e not in behind], [said[e] for e in behind]

    most = [f"topic {n:02} 1" for n in range(14)]
    assert offered() == (["Courts 15", "lists 1", *most[:10]], most[10:])
    assert offered("?tag=courts")[0][:2] == ["Courts remove this filter", "lists 1"]
    assert offered("?tag=topic-13")[0][0] == "topic 13 remove this filter"
    assert offered("?tag=topic-13")[1] == most[10:13]
    assert 'href="?kind=question&amp;tag=lists"' in client.get(address + "?kind=question").content.decode()
    moderator = text_of(stage.client("moderator").get(address))
    assert "unseen" in moderator
    assert "elsewhere" not in moderator


def test_a_list_by_a_tag_of_the_part_is_kept_for_visitors_and_by_any_other_is_not(stage: Stage) -> None:
    client, address = stage.client("anonymous"), stage.addresses()["thread-list"]

    def built(tag: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, {"tag": tag}).status_code == 200
        return len(queries)

    first = {tag: built(tag) for tag in ("lists", "made-up", "\x00")}
    assert built("lists") <= 2 < first["lists"]
    assert built("made-up") == first["made-up"]
    assert built("\x00") == first["\x00"]
    tag = Tag.objects.get(key="lists")
    tag.name = "Registers"
    tagging.save_tag(tag=tag, by=stage.user("moderator"))
    assert "Registers" in text_of(client.get(address, {"tag": "lists"})), "and never stale"


def test_lists_are_walked_to_the_end_and_back(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "THREADS_PER_PAGE": 4, "SOURCES_PER_PAGE": 3}
    for n in range(9):
        factories.make_thread(
            stage.part, title=f"Thread number {n}", tags=("courts",), by=stage.user("owner")
        )
        factories.make_source(stage.series)
    client = stage.client("anonymous")

    def walk(address: str, rel: str) -> tuple[list[list[str]], str]:
        pages = []
        while True:
            response = client.get(address)
            assert faults_of(response) == []
            pages.append(
                re.findall(r'href="(/threads/\d+|/series/[^"]+/sources/[^"/]+)/', response.content.decode())
            )
            on = [
                a.get("href")
                for nav in tree(response).iter("nav")
                for a in nav.iter("a")
                if a.get("rel") == rel
            ]
            if not on or len(pages) > 20:
                return pages, address
            address = urlsplit(address).path + on[0]

    for address in ("thread-list", "tag-detail", "source-list", "member-detail"):
        forth, last = walk(stage.addresses()[address], "next")
        back, _first = walk(last, "prev")
        assert len(forth) > 2, address
        assert back == forth[::-1], address
        rows = [row for page in forth for row in dict.fromkeys(page)]
        assert len(set(rows)) >= 10, address


def test_sources_are_filtered(stage: Stage) -> None:
    client, address = stage.client("anonymous"), stage.addresses()["source-list"]

    def keys(query: str = "") -> set[str]:
        return set(re.findall(r"<code>\[@(\w+)\]</code>", client.get(address + query).content.decode()))

    assert keys() == {"kuo2019", "plan2014"}
    assert keys("?type=press") == {"kuo2019"}
    assert keys("?tag=courts") == {"kuo2019"}
    assert keys("?part=1") == {"kuo2019"}
    assert keys("?part=2") == set()
    assert keys("?language=zh") == set()
    assert keys("?type=rumour&part=77&tag=") == {"kuo2019", "plan2014"}
    assert "No source fits" in text_of(client.get(address + "?part=2"))


def test_empty_states_say_what_will_be_there(client: Client, db: None) -> None:
    assert "No series yet" in text_of(client.get("/series/"))
    assert "No tags yet" in text_of(client.get("/tags/"))
    empty = factories.make_series(slug="empty")
    assert "No part is public yet" in text_of(client.get("/series/empty/"))
    assert "No sources yet" in text_of(client.get("/series/empty/sources/"))
    factories.make_part(empty, slug="one", body="")
    assert "No threads on this part yet" in text_of(client.get("/series/empty/one/"))
    assert "No threads on this part yet" in text_of(client.get("/series/empty/one/threads/"))
    assert "There is nothing before it to compare with" in text_of(client.get("/series/empty/one/history/"))
    silent = factories.make_member("silent")
    assert "Nothing here yet" in text_of(client.get(silent.get_absolute_url()))
    tag = factories.make_tag("unused")
    assert "No thread here" in text_of(client.get(tag.get_absolute_url()))
    for address in (
        "/series/",
        "/tags/",
        "/series/empty/",
        "/series/empty/sources/",
        "/series/empty/one/",
        "/members/silent/",
    ):
        assert faults_of(client.get(address)) == [], address


def test_the_part_says_where_one_is(stage: Stage) -> None:
    response = stage.client("anonymous").get(stage.addresses()["part-detail"])
    page = text_of(response)
    assert "Afterwards" in page
    assert "Unfinished business" not in page
    assert "Unfinished business" in text_of(stage.client("editor").get(stage.addresses()["part-detail"]))
    assert response.headers.get("Content-Language", "en") == "en"


def test_a_parts_history_shows_the_difference_of_any_two(stage: Stage) -> None:
    for text in ("One\n", "Two\n"):
        part = fresh_part(stage.part)
        part.body = text
        series.save_part(part=part, by=stage.user("editor"), reason=f"because {text}")
    client, address = stage.client("anonymous"), stage.addresses()["part-history"]
    newest = client.get(address).content.decode()
    assert "<del>One</del>" in newest
    assert "<ins>Two</ins>" in newest
    assert "A claim" in client.get(f"{address}?old=1&new=3").content.decode()
    for odd in ("?new=99", "?old=0", "?new=0"):
        assert client.get(address + odd).status_code == 404, odd
    for odd in ("?new=x", "?old=²", "?page=zzz", "?new=" + "9" * 40):
        assert client.get(address + odd).status_code == 200, odd


def test_nothing_is_found_under_made_up_addresses(stage: Stage) -> None:
    client = stage.client("anonymous")
    thread = stage.thread.pk
    for address in (
        "/series/none/", "/series/none/sources/", "/series/none/one/", f"/series/{stage.series.slug}/none/",
        f"/series/{stage.series.slug}/none/threads/", f"/series/{stage.series.slug}/sources/none/", "/threads/0/x/",
        "/threads/999999999999999999/x/", "/threads/9999999999999999999/x/", "/threads/x/x/", "/threads/-1/x/",
        f"/threads/{thread}/x/posts/99/history/", f"/threads/{thread}/x/posts/0/history/",
        f"/threads/{thread}/x/posts/999999999999999999/history/", "/tags/none/", "/members/none/",
        f"/series/{stage.other_series.slug}/{stage.part.slug}/", "/series/a%00b/", "/tags/%00/", "/members/%0a/",
        "/tags/" + "x" * 201 + "/", "/series/%ED%A0%80/", "/series/%FF%FE/", "/threads/1/%00/",
    ):  # fmt: skip
        response = client.get(address)
        assert response.status_code == 404, address


# ---------------------------------------------------------------------- templates
def test_a_host_can_override_every_template(stage: Stage, settings: Any, tmp_path: Path) -> None:
    """A copy of each with a mark in it, in the host's own folder, is what pages show and what is stored."""
    folder = Path(scs_series.__file__).parent / "templates"
    templates = [path.relative_to(folder).as_posix() for path in folder.rglob("*.html")]
    templates = [name for name in templates if name.startswith("scs_series/")]
    assert len(templates) > 25
    for name in templates:
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        source, mark = (folder / name).read_text(encoding="utf-8"), f"<!-- own {name} -->"
        if "{% extends" in source:
            copy.write_text(
                source.replace("{% block main %}", "{% block main %}" + mark, 1), encoding="utf-8"
            )
        else:
            copy.write_text(source + mark, encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    pages = "".join(_pages_with_everything(stage))
    assert [name for name in templates if f"<!-- own {name} -->" not in pages] == []


def _pages_with_everything(stage: Stage) -> list[str]:
    owner = stage.client("owner")
    discussion.start_thread(
        part=fresh_part(stage.part), by=stage.user("owner"), title="Made now", body="Stored now."
    )
    part = fresh_part(stage.part)
    part.body += "\nMore [@plan2014]."
    series.save_part(part=part, by=stage.user("editor"))
    for n in range(25):
        discussion.reply(
            thread=fresh_thread(stage.thread),
            by=stage.user("member"),
            body=f"n {n}",
            at=timezone.now() - dt.timedelta(weeks=3),
        )
    discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body="Changed.")
    for address in stage.own().values():
        if "bookmark/" in address:
            owner.post(address, {"note": "Mine."})
    subscriptions.subscribe(target=stage.tag, level="mute", by=stage.user("owner"))
    first_heading = Part.objects.get(pk=stage.part.pk).toc[1]["id"]
    owner.post(stage.told()["part-read"], {"percent": "40", "section": first_heading})
    settings_page = [
        owner.get(address)
        for address in [*stage.addresses().values(), *stage.forms().values(), *stage.own().values()]
    ]
    leaver = stage.client("moderator")
    erasing = leaver.post(stage.own()["erase"], {"username": "mod"})
    settings_page.append(erasing)
    settings_page.append(owner.post(stage.forms()["post-create"], {"body": ""}))
    settings_page.append(owner.post(stage.forms()["post-create"], {"body": "x", "preview": "1"}))
    settings_page.append(owner.get(stage.addresses()["tag-detail"] + "?after=bad"))
    settings_page.append(owner.get(stage.told()["thread-new"] + "?after=3"))
    drafted = {"thread": stage.thread.pk, "body": "Not sent yet."}
    owner.post(reverse("scs_series:draft-save"), drafted)
    settings_page.append(owner.get(reverse("scs_series:draft-list")))
    settings_page.append(owner.post(reverse("scs_series:draft-save"), {**drafted, "discard": "1"}))
    for n in range(21):
        factories.make_thread(stage.part, title=f"Row number {n}", by=stage.user("owner"))
    settings_page.append(owner.get(stage.addresses()["thread-list"]))
    discussion.edit_thread(thread=fresh_thread(stage.thread), by=stage.user("owner"), kind="question")
    discussion.react(post=fresh_post(stage.thread, 2), by=stage.user("owner"), word="agree")
    answer = fresh_post(stage.thread, 4)
    discussion.accept_answer(thread=fresh_thread(stage.thread), post=answer, by=stage.user("owner"))
    said = discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("owner"), body="Never mind.")
    acts = reverse("scs_series:post-withdraw", args=[stage.thread.pk, stage.thread.slug, said.number])
    settings_page += [owner.get(acts), owner.post(acts, follow=True)]
    settings_page.append(owner.get(stage.addresses()["thread-detail"]))
    proposed = factories.make_thread(stage.part, kind="correction", title="Other words, please")
    resolve = reverse("scs_series:thread-resolve", args=[proposed.pk, proposed.slug])
    settings_page.append(stage.client("editor").get(resolve))
    leave = notifications.token_for(stage.thread.author.pk, thread=stage.thread.pk)
    settings_page.append(owner.get(reverse("scs_series:unsubscribe", args=[leave])))
    assert Part.objects.exists()
    mails = [render_to_string(f"scs_series/mail/{name}.html", {}) for name in ("told", "digest")]
    return [*mails, *(page.content.decode() for page in settings_page)]


# ---------------------------------------------------------------------- what pages say
def test_a_revision_is_named_apart_from_its_date(stage: Stage) -> None:
    """ "8 September 22" read as a date."""
    page = tree(stage.client("anonymous").get(stage.addresses()["part-history"]))
    cells = [cell for cell in page.iter("td") if cell.find("time") is not None]
    assert cells
    for cell in cells:
        assert [(element.tag, element.text) for element in cell][:2] == [("b", "Revision 1"), ("br", None)]


def test_the_series_says_why_its_map_counts_fewer_sources_than_its_contents(stage: Stage) -> None:
    client, address = stage.client("anonymous"), stage.addresses()["series-detail"]
    cited = "1 of the 2 sources of the series is cited in the text of a part, and stands here."
    reading = "takes in the further reading of each part"
    said = text_of(client.get(address))
    assert cited in said
    assert reading not in said
    sources.link_source(source=stage.uncited, part=fresh_part(stage.part), by=stage.user("editor"))
    said = text_of(client.get(address))
    assert cited in said
    assert reading in said
    part = fresh_part(stage.part)
    part.body += "\n\n[@plan2014]"
    series.save_part(part=part, by=stage.user("editor"))
    said = text_of(client.get(address))
    assert "sources of the series are cited" not in said, "they agree: nothing to explain"
    assert reading not in said


def test_a_tag_does_not_count_what_it_has_none_of(stage: Stage) -> None:
    client = stage.client("anonymous")
    said = text_of(client.get(stage.addresses()["tag-detail"]))
    assert "1 thread" in said
    assert "1 source" in said
    said = text_of(client.get(reverse("scs_series:tag-detail", args=["lists"])))
    assert "1 thread" in said
    assert "0 sources" not in said


def test_a_source_tells_the_sentences_that_cite_it_and_leads_to_each(stage: Stage) -> None:
    part = fresh_part(stage.part)
    part.body = "".join(f"Before. Claim number {n} [@kuo2019, p. {n}].\n\n" for n in range(1, 6))
    series.save_part(part=part, by=stage.user("editor"))
    client, address = stage.client("anonymous"), stage.source.get_absolute_url()
    page = tree(client.get(address))
    cited = next(e for e in page.iter("ol") if e.get("class") == "scs-cited")
    quotes = [" ".join("".join(e.itertext()).split()) for e in cited[0].iter("blockquote")]
    assert quotes == [f"Claim number {n}. note {n} of part 1" for n in (1, 2, 3)]
    places = [a.get("href") for a in cited[0].iter("a") if a.get("class") == "scs-place"]
    assert places == [f"{stage.part.get_absolute_url()}#r{n}" for n in range(1, 6)]
    said = " ".join("".join(cited[0].itertext()).split())
    assert "cited 5 times" in said
    assert "p. 1; p. 2; p. 3; p. 4; p. 5" in said
    text = client.get(stage.part.get_absolute_url()).content.decode()
    assert all(f'id="{place.rpartition("#")[2]}"' in text for place in places)
    draft = fresh_part(stage.draft)
    draft.body = "A secret claim [@kuo2019]."
    series.save_part(part=draft, by=stage.user("editor"))
    assert "secret claim" not in text_of(client.get(address))
    assert "A secret claim." in text_of(stage.client("editor").get(address))
