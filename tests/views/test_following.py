"""Following a thread: who answered what, a branch alone, jumps, the timeline, what is new, and what scripts ask for."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scs_series.models import Member, PartReading, Post, Series, Thread, ThreadReading
from scs_series.services import discussion, reading, series
from scs_series.services.maintenance import raise_everything
from tests import caches, factories
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread
from tests.views.reading import counted, faults_of, text_of, tree, writes_in

pytestmark = pytest.mark.django_db


def grow(stage: Stage, last: int, *, answers: dict[int, int] | None = None) -> Thread:
    """The stage's thread, with posts up to ``last``, one a day from a hundred days ago."""
    thread = fresh_thread(stage.thread)
    begin = timezone.now() - dt.timedelta(days=100)
    for number in range(thread.last_number + 1, last + 1):
        discussion.reply(
            thread=fresh_thread(thread), by=stage.user("owner"), body=f"Answer {number}",
            answers=(answers or {}).get(number), at=begin + dt.timedelta(days=number),
        )  # fmt: skip
    return fresh_thread(thread)


def at_days(thread: Thread) -> None:
    """All posts one a day, the first too: made by others at the moment."""
    begin = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    for post in Post.objects.filter(thread=thread):
        Post.objects.filter(pk=post.pk).update(created_at=begin + dt.timedelta(days=post.number - 1))
    raise_everything()


def member_of_role(stage: Stage, role: str) -> Member:
    from scs_series.services.members import member_for

    return member_for(stage.user(role))


def reads(stage: Stage, role: str, number: int) -> None:
    reading.mark_thread_read(
        member=member_of_role(stage, role), thread=fresh_thread(stage.thread), number=number
    )


def post_address(stage: Stage, number: int, name: str = "post-detail") -> str:
    return reverse(f"scs_series:{name}", args=[stage.thread.pk, stage.thread.slug, number])


def element(response: Any, cls: str) -> Any:
    found = [e for e in tree(response).iter() if cls in str(e.get("class", "")).split()]
    assert len(found) == 1, (cls, len(found))
    return found[0]


def words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


# ---------------------------------------------------------------------- answered by
@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_a_post_names_its_answers_and_after_some_the_branch(stage: Stage, role: str) -> None:
    grow(stage, 9, answers=dict.fromkeys(range(3, 10), 1))
    page = tree(stage.client(role).get(stage.thread.get_absolute_url()))
    lines = {
        e.get("data-scs-number"): [words(p) for p in e.iter("p") if p.get("class") == "scs-answered"]
        for e in page.iter("li")
        if e.get("data-scs-number")
    }
    assert lines["1"] == ["answered by #2, #3, #4, #5, #6 + 3 more"]
    assert {number: line for number, line in lines.items() if line} == {"1": lines["1"]}
    links = [a.get("href") for p in page.iter("p") if p.get("class") == "scs-answered" for a in p.iter("a")]
    assert links == [*(f"?post={n}" for n in range(2, 7)), post_address(stage, 1, "post-branch")]


def test_an_answer_shows_at_once_on_what_it_answers(stage: Stage) -> None:
    visitor = Client()
    address = stage.thread.get_absolute_url()
    assert "answered by #2 " in text_of(visitor.get(address)).replace("\n", " ")
    discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Too.", answers=1)
    assert "answered by #2, #3" in text_of(visitor.get(address))
    assert "answered by" not in fresh_post(stage.thread, 1).fragment, (
        "the answered post was not written again"
    )


def test_a_post_alone_is_a_page_and_bare_a_fragment(stage: Stage) -> None:
    for role in ("anonymous", "member"):
        client = stage.client(role)
        page = client.get(post_address(stage, 1))
        assert faults_of(page) == []
        assert "It says this" in text_of(page)
        assert "An answer from the second" not in text_of(page)
        bare = client.get(post_address(stage, 1) + "?bare=1")
        html = bare.content.decode()
        assert html.startswith("<article")
        assert "answered by" in html
        assert "<html" not in html
        assert "scs-acts" not in html
        assert "<!--" not in html
    assert stage.client("member").get(post_address(stage, 99)).status_code == 404
    assert Client().get(post_address(stage, 99) + "?bare=1").status_code == 404


def test_a_bare_post_is_conditional_and_costs_one_query_unchanged(stage: Stage) -> None:
    client, address = Client(), post_address(stage, 1) + "?bare=1"
    etag = client.get(address).headers["ETag"]
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert len(counted(queries)) == 1
    discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body="Said otherwise.")
    assert "Said otherwise" in client.get(address, headers={"If-None-Match": etag}).content.decode()


@pytest.mark.parametrize("name", ["post-detail", "post-branch"])
def test_who_may_not_see_a_thread_sees_none_of_its_posts(stage: Stage, name: str) -> None:
    address = post_address(stage, 1, name)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for role, status in (("anonymous", 404), ("member", 404), ("moderator", 200)):
        for query in ("", "?bare=1"):
            assert stage.client(role).get(address + query).status_code == status, (role, query)


def test_a_hidden_post_is_a_stub_here_too(stage: Stage) -> None:
    secret = "quite unmistakable words"
    discussion.edit_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"), body=secret)
    discussion.hide_post(post=fresh_post(stage.thread, 1), by=stage.user("moderator"), reason="Why.")
    client = stage.client("member")
    for address in (
        post_address(stage, 1),
        post_address(stage, 1) + "?bare=1",
        post_address(stage, 1, "post-branch"),
        post_address(stage, 2, "post-branch"),
        stage.told()["thread-new"] + "?after=0",
    ):
        for one in (client, Client()):
            html = one.get(address).content.decode()
            assert secret not in html, address
            assert "Hidden by a moderator" in html or "not shown" in html, address


def test_links_between_posts_lead_to_the_thread_from_everywhere(stage: Stage) -> None:
    for name in ("post-detail", "post-branch"):
        for role in ("anonymous", "member"):
            response = stage.client(role).get(post_address(stage, 1, name) + "?post=2")
            assert response.status_code == 302
            assert response.headers["Location"] == f"{stage.thread.get_absolute_url()}#post-2"


# ---------------------------------------------------------------------- a branch
@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_a_branch_is_read_alone(stage: Stage, role: str) -> None:
    grow(stage, 8, answers={3: 2, 4: 1, 5: 3, 6: 3, 8: 5})
    response = stage.client(role).get(post_address(stage, 3, "post-branch"))
    assert faults_of(response) == []
    shown = [e.get("data-scs-number") for e in tree(response).iter("li") if e.get("data-scs-number")]
    assert shown == ["3", "5", "6", "8"]
    above = words(element(response, "scs-above"))
    assert re.search(r"#1 opener It says this.*#2 second An answer from the second", above)
    assert "3 posts answer it" in text_of(response)


def test_a_long_branch_is_walked_by_number(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POSTS_PER_PAGE": 3}
    grow(stage, 12, answers={number: number - 1 for number in range(3, 13)})
    client, address = Client(), post_address(stage, 1, "post-branch")
    seen = []
    query: str | None = "?"
    pages = 0
    while query is not None:
        response = client.get(address + query)
        seen += [int(e.get("data-scs-number")) for e in tree(response).iter("li") if e.get("data-scs-number")]
        links = {a.get("rel"): a.get("href") for a in tree(response).iter("a") if a.get("rel")}
        assert ("prev" in links) == (pages > 0)
        query, pages = links.get("next"), pages + 1
    assert seen == list(range(1, 13))
    # Upwards only the nearest are shown, and a way to the rest.
    above = element(client.get(post_address(stage, 12, "post-branch")), "scs-above")
    assert re.findall(r"#(\d+)", words(above)) == ["6", "7", "8", "9", "10", "11"]
    assert "5 more above" in words(above)
    assert client.get(address + "?after=99").status_code == 302, "no page begins there"


def test_a_branch_costs_the_same_whatever_it_holds(stage: Stage) -> None:
    def cost(role: str) -> int:
        caches.forget()
        client = stage.client(role)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(post_address(stage, 1, "post-branch")).status_code == 200
        assert writes_in(queries) == []
        return len(counted(queries))

    few = {role: cost(role) for role in ("anonymous", "member")}
    grow(stage, 40, answers={number: 1 + number // 3 for number in range(3, 41)})
    assert {role: cost(role) for role in few} == few
    assert few["anonymous"] <= 6
    assert few["member"] <= 8


def test_only_pages_of_a_branch_that_are_there_are_kept(stage: Stage, settings: Any) -> None:
    from tests.views.test_giving_nothing_away import copies

    if "locmem" not in settings.CACHES["pages"]["BACKEND"]:
        pytest.skip("counts the entries of a cache within the process")
    client, before = Client(), copies()
    for n in range(3, 30):
        client.get(post_address(stage, 1, "post-branch") + f"?after={n}")
        client.get(stage.told()["thread-new"] + f"?after={n}")
        client.get(stage.thread.get_absolute_url() + f"?date=2026-01-{n:02}")
    assert copies() == before


def test_a_branch_has_no_page_for_each_of_its_posts(stage: Stage, settings: Any) -> None:
    grow(stage, 60, answers=dict.fromkeys(range(3, 61), 1))
    address, below = post_address(stage, 1, "post-branch"), list(range(2, 61))
    kept = [n for n in below if Client().get(f"{address}?after={n}").status_code == 200]
    assert len(kept) == 2
    assert all((below.index(n) + 1) % 20 == 0 for n in kept)


# ---------------------------------------------------------------------- jumps
@pytest.mark.parametrize(
    ("asked", "lands"),
    [
        ("post=1", 1), ("post=47", 47), ("post=48", 47), ("post=999999999", 47), ("post=99999999999999999999", 47),
        ("date=2026-03-01", 1), ("date=2020-01-01", 1), ("date=2026-03-10", 10), ("date=2026-04-16", 47),
        ("date=2026-04-17", 47), ("date=9000-01-01", 47), ("date=0001-01-01", 1), ("unread", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_a_jump_lands_on_the_post(stage: Stage, role: str, asked: str, lands: int) -> None:
    at_days(grow(stage, 47))
    response = stage.client(role).get(f"{stage.thread.get_absolute_url()}?{asked}")
    page = -(-lands // 20)
    where = stage.thread.get_absolute_url() + (f"?page={page}" if page > 1 else "")
    assert (response.status_code, response.headers["Location"]) == (302, f"{where}#post-{lands}")


@pytest.mark.parametrize(
    "asked", ["2026-13-45", "yesterday", "", "2026-02-30", "١٢", "x" * 9_000, "12.3.2026"]
)
@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_a_day_that_is_none_is_answered_kindly(stage: Stage, role: str, asked: str) -> None:
    response = stage.client(role).get(stage.thread.get_absolute_url(), {"date": asked})
    assert response.status_code == 200
    assert "is no day. Write it as 2026-11-15." in text_of(response)
    assert faults_of(response) == []


def test_the_day_is_that_of_the_sites_zone(stage: Stage) -> None:
    at_days(grow(stage, 6))
    Post.objects.filter(thread=stage.thread, number=3).update(
        created_at=dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)
    )
    address = stage.thread.get_absolute_url() + "?date=2026-03-03"
    assert Client().get(address).headers["Location"].endswith("#post-4")
    with timezone.override("Asia/Shanghai"):  # there, no. 3 was written on the third
        assert Client().get(address).headers["Location"].endswith("#post-3")


def test_a_jump_to_a_day_reads_no_more_of_a_longer_thread(stage: Stage) -> None:
    at_days(grow(stage, 30))
    with CaptureQueriesContext(connection) as queries:
        Client().get(stage.thread.get_absolute_url() + "?date=2026-03-10")
    sql = counted(queries)
    assert len(sql) <= 3
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + sql[-1])
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "scs_post_in_thread_by_time" in plan
        assert "TEMP B-TREE" not in plan


def test_a_member_returns_to_the_first_post_they_have_not_read(stage: Stage) -> None:
    grow(stage, 47)
    address = stage.thread.get_absolute_url()
    client = stage.client("member")
    for read, page, lands in ((5, "", 6), (20, "?page=2", 21), (46, "?page=3", 47), (47, "?page=3", 47)):
        reads(stage, "member", read)
        assert client.get(f"{address}?unread").headers["Location"] == f"{address}{page}#post-{lands}"
    assert Client().get(f"{address}?unread").headers["Location"] == f"{address}#post-1"


# ---------------------------------------------------------------------- new since you were here
def lines_between(response: Any) -> list[str]:
    """Numbers of posts and the line of what is new, in their order."""
    posts = element(response, "scs-posts")
    return [e.get("data-scs-number") or words(e) for e in posts]


def test_what_is_new_is_told_by_a_line_before_it(stage: Stage) -> None:
    grow(stage, 25)
    address, client = stage.thread.get_absolute_url(), stage.client("member")
    line = "New since you were here"
    assert line not in lines_between(client.get(address)), "who is here for the first time reads all of it"
    reads(stage, "member", 3)
    assert lines_between(client.get(address))[2:6] == ["3", line, "4", "5"]
    assert line not in lines_between(client.get(f"{address}?page=2")), (
        "it stands before the first new post alone"
    )
    reads(stage, "member", 20)
    assert lines_between(client.get(f"{address}?page=2"))[:2] == [line, "21"]
    assert line not in lines_between(client.get(address))
    reads(stage, "member", 25)
    for page in ("", "?page=2"):
        assert line not in lines_between(client.get(address + page))
        assert line not in lines_between(stage.client("owner").get(address + page)), "they wrote it"
    assert line not in text_of(Client().get(address))


def test_lists_tell_how_many_posts_are_new_and_lead_to_the_first(stage: Stage) -> None:
    reads(stage, "member", 1)
    grow(stage, 5)
    client = stage.client("member")
    for name in ("thread-list", "part-detail", "series-detail"):
        for _again in range(2):
            response = client.get(stage.addresses()[name])
            found = [a for a in tree(response).iter("a") if a.get("class") == "scs-new"]
            assert [(words(a), a.get("href")) for a in found] == [
                ("4 new", f"{stage.thread.get_absolute_url()}?unread")
            ], name
        for role in ("anonymous", "owner", "moderator", "editor"):
            html = stage.client(role).get(stage.addresses()[name]).content.decode()
            assert "scs-new" not in html, (role, name)
            assert "scs:own" not in html, (role, name)
    reads(stage, "member", 5)
    for name in ("thread-list", "part-detail", "series-detail"):
        assert "scs-new" not in client.get(stage.addresses()[name]).content.decode(), name


def test_nothing_is_said_of_threads_that_are_hidden_meanwhile(stage: Stage) -> None:
    reads(stage, "member", 1)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for name in ("thread-list", "part-detail", "series-detail"):
        assert "scs-new" not in stage.client("member").get(stage.addresses()[name]).content.decode()


# ---------------------------------------------------------------------- the timeline
def stops(response: Any) -> list[str]:
    return [words(li) for li in element(response, "scs-timeline").iter("li")]


def test_a_short_thread_has_no_timeline(stage: Stage) -> None:
    grow(stage, 20)
    for role in ("anonymous", "member"):
        assert "scs-timeline" not in stage.client(role).get(stage.thread.get_absolute_url()).content.decode()


def test_a_timeline_stops_by_number_and_date(stage: Stage) -> None:
    at_days(grow(stage, 71))
    response = Client().get(stage.thread.get_absolute_url() + "?page=2")
    assert faults_of(response) == []
    assert stops(response) == [
        "1 opening 1 March 2026", "11 11 March 2026", "21–40 21 March 2026", "41 10 April 2026", "51 20 April 2026",
        "61 30 April 2026", "71 newest 10 May 2026",
    ]  # fmt: skip
    here = [li for li in element(response, "scs-timeline").iter("li") if "scs-is-here" in li.get("class", "")]
    assert [li.find("a").get("aria-current") for li in here] == ["location"]
    assert "Posts 21–40 of 71" in words(element(response, "scs-timeline"))


def test_a_timeline_marks_the_accepted_answer_and_what_is_unread(stage: Stage) -> None:
    thread = factories.make_thread(stage.part, by=stage.user("owner"), kind="question", title="Who says so?")
    for _n in range(60):
        factories.make_post(fresh_thread(thread), by=stage.user("owner"))
    discussion.accept_answer(thread=fresh_thread(thread), post=fresh_post(thread, 33), by=stage.user("owner"))
    reading.mark_thread_read(member=member_of_role(stage, "member"), thread=fresh_thread(thread), number=54)
    address = thread.get_absolute_url()
    said = stops(stage.client("member").get(address))
    assert any(re.match(r"33 accepted \d", stop) for stop in said), said
    assert any(re.match(r"55 first unread", stop) for stop in said), said
    assert any(re.match(r"1–20 opening", stop) for stop in said), said
    said = stops(Client().get(address))
    assert any("33 accepted" in stop for stop in said)
    assert not any("unread" in stop for stop in said)


def test_a_timeline_costs_no_query_and_nothing_for_length(stage: Stage, settings: Any) -> None:
    address = stage.thread.get_absolute_url()

    def cost(role: str) -> tuple[int, int]:
        caches.forget()
        client = stage.client(role)
        counts = []
        for _again in range(2):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(counted(queries)))
        return counts[0], counts[1]

    short = {role: cost(role) for role in ("anonymous", "member")}
    grow(stage, 30)
    assert {role: cost(role) for role in short} == short
    # As long as a thread gets: its numbers, and posts at the ends.
    Thread.objects.filter(pk=stage.thread.pk).update(last_number=100_000)
    raise_everything()
    assert {role: cost(role) for role in short} == short
    assert short["anonymous"][0] <= 6
    assert short["anonymous"][1] <= 2
    assert short["member"][0] <= 8


# ---------------------------------------------------------------------- new posts, asked for by a script
def new_posts(client: Client, stage: Stage, after: int, etag: str = "") -> Any:
    return client.get(
        stage.told()["thread-new"] + f"?after={after}", headers={"If-None-Match": etag} if etag else {}
    )


@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_new_posts_come_as_the_page_would_show_them(stage: Stage, role: str) -> None:
    client = stage.client(role)
    assert 'data-scs-last="2"' in new_posts(client, stage, 2).content.decode()
    assert "<li" not in new_posts(client, stage, 2).content.decode()
    grow(stage, 4, answers={3: 1})
    html = new_posts(client, stage, 2).content.decode()
    assert 'data-scs-last="4"' in html
    assert re.findall(r'<li data-scs-number="(\d+)"', html) == ["3", "4"]
    page = client.get(stage.thread.get_absolute_url()).content.decode()
    csrf = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    for item in re.findall(r"<li data-scs-number=.*?</article></li>", html, re.DOTALL):
        assert csrf.sub("", item) in csrf.sub("", page), "the same as on the page, actions included"


def test_ones_own_new_posts_are_marked_for_the_script(stage: Stage) -> None:
    discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Mine.")
    assert (
        '<li data-scs-number="3" data-scs-own>'
        in new_posts(stage.client("member"), stage, 2).content.decode()
    )
    assert "data-scs-own" not in new_posts(stage.client("owner"), stage, 2).content.decode()


def test_at_most_a_page_of_new_posts_comes_at_once(stage: Stage) -> None:
    grow(stage, 30)
    html = new_posts(Client(), stage, 2).content.decode()
    assert len(re.findall("<article", html)) == 20
    assert 'data-scs-last="30"' in html


def test_asking_in_vain_is_cheap(stage: Stage) -> None:
    for role, most in (("anonymous", 2), ("member", 4)):
        client = stage.client(role)
        etag = new_posts(client, stage, 2).headers["ETag"]
        with CaptureQueriesContext(connection) as queries:
            response = new_posts(client, stage, 2, etag)
        assert (response.status_code, response.content) == (304, b""), role
        assert response.headers["ETag"] == etag
        assert len(counted(queries)) <= most, role
        discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("owner"), body="There.")
        assert new_posts(client, stage, 2, etag).status_code == 200, role


def test_no_validator_passes_from_one_reader_to_another(stage: Stage) -> None:
    etag = new_posts(stage.client("member"), stage, 2).headers["ETag"]
    assert new_posts(stage.client("owner"), stage, 2, etag).status_code == 200
    assert new_posts(Client(), stage, 2, etag).status_code == 200
    assert "private" in new_posts(stage.client("member"), stage, 2).headers["Cache-Control"]


def test_who_may_not_see_the_thread_any_more_is_told_nothing(stage: Stage) -> None:
    clients = [stage.client("member"), Client()]
    etags = [new_posts(client, stage, 2).headers["ETag"] for client in clients]
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    for client, etag in zip(clients, etags, strict=True):
        assert new_posts(client, stage, 2, etag).status_code == 404
    assert new_posts(stage.client("moderator"), stage, 0).status_code == 200


def test_a_server_without_asgi_refuses_a_stream_at_once(stage: Stage, settings: Any) -> None:
    for chosen in ("auto", "stream", "poll", "off"):
        settings.SCS_SERIES = {**settings.SCS_SERIES, "LIVE_EVENTS": chosen}
        response = stage.client("member").get(stage.told()["thread-events"])
        assert response.status_code == 404
        assert not response.streaming


@pytest.mark.parametrize(
    ("chosen", "said"), [("auto", "poll"), ("poll", "poll"), ("stream", "stream"), ("off", None)]
)
def test_a_page_says_how_it_hears_of_new_posts(stage: Stage, settings: Any, chosen: str, said: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "LIVE_EVENTS": chosen, "POLL_SECONDS": 7}
    posts = element(Client().get(stage.thread.get_absolute_url()), "scs-posts")
    assert posts.get("data-scs-live") == said
    assert posts.get("data-scs-poll") == (said and "7")
    assert posts.get("data-scs-last") == "2"


# ---------------------------------------------------------------------- places
def test_a_member_notes_how_far_they_read(stage: Stage) -> None:
    grow(stage, 25)
    client = stage.client("member")
    response = client.get(stage.thread.get_absolute_url())
    button = "Mark as read up to no. 20"
    assert button in text_of(response)
    assert client.post(stage.told()["thread-read"], {"number": "12", "script": "1"}).status_code == 204
    assert ThreadReading.objects.get(member__user=stage.users["member"]).number == 12
    back = client.post(stage.told()["thread-read"], {"number": "20"})
    assert back.headers["Location"] == f"{stage.thread.get_absolute_url()}?post=20"
    assert button not in text_of(client.get(stage.thread.get_absolute_url()))
    for odd in ("", "x", "-1", "0", "9" * 30, "٣"):
        assert client.post(stage.told()["thread-read"], {"number": odd}).status_code == 302
        assert ThreadReading.objects.get(member__user=stage.users["member"]).number <= 25


@pytest.mark.parametrize("name", ["thread-read", "part-read"])
def test_visitors_have_no_places(stage: Stage, name: str) -> None:
    assert Client().post(stage.told()[name], {"number": "1"}).status_code == 302
    assert "login" in Client().post(stage.told()[name], {"number": "1"}).headers["Location"]
    assert Client().get(stage.told()[name]).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(stage.users["member"])
    assert strict.post(stage.told()[name], {"number": "1"}).status_code == 403
    assert not ThreadReading.objects.filter(member__user=stage.users["member"]).exists()
    assert not PartReading.objects.exists()


def test_places_are_limited_for_themselves(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "READING_RATE": "2/h", "ADDRESS_RATE": "1/h"}
    client = stage.client("member")
    for status in (204, 204, 429):
        response = client.post(stage.told()["thread-read"], {"number": "1", "script": "1"})
        assert response.status_code == status
    assert int(response.headers["Retry-After"]) > 0
    posted = client.post(
        stage.forms()["post-create"], {"body": "What is read does not count against writing."}
    )
    assert posted.status_code == 302


@pytest.mark.parametrize("sent", [{"percent": "101"}, {"percent": "x"}, {"percent": "5", "section": "none"}])
def test_a_place_that_is_none_is_refused(stage: Stage, sent: dict[str, str]) -> None:
    response = stage.client("member").post(stage.told()["part-read"], {**sent, "script": "1"})
    assert response.status_code == 400
    assert not PartReading.objects.exists()


def test_a_part_says_where_to_go_on_and_the_series_where_one_stopped(stage: Stage) -> None:
    client, part = stage.client("member"), stage.part
    second = fresh_part(part).toc[1]["id"]
    pages = stage.addresses()
    for name in ("part-detail", "series-detail"):
        client.get(pages[name])  # pieces are there before anything was read
    assert client.post(
        stage.told()["part-read"], {"percent": "55", "section": second, "script": "1"}
    ).status_code == 204  # fmt: skip
    page = client.get(pages["part-detail"])
    assert faults_of(page) == []
    go_on = element(page, "scs-continue").find("a")
    assert (words(go_on), go_on.get("href")) == ("Continue at section 2: Second", f"#{second}")
    bars = list(tree(page).iter("progress"))
    assert [(e.get("value"), e.get("aria-label")) for e in bars] == [("55", "Part 1: 55 % read")]
    page = client.get(pages["series-detail"])
    assert faults_of(page) == []
    assert "Continue part 1, “Second”" in text_of(page)
    assert f"{part.get_absolute_url()}#{second}" in page.content.decode()
    assert "55 % read" in text_of(page)
    assert '<rect class="scs-bar-read" width="55"' in page.content.decode()
    for role in ("anonymous", "owner", "moderator", "editor"):
        for name in ("part-detail", "series-detail"):
            html = stage.client(role).get(pages[name]).content.decode()
            assert "55" not in re.sub(r"\d{3,}", "", re.sub(r"csrf.*?>", "", html)) or "55 %" not in html
            assert "Continue" not in html, (role, name)
            assert "scs:own" not in html, (role, name)


def test_who_has_read_a_part_is_not_sent_back(stage: Stage) -> None:
    client, pages = stage.client("member"), stage.addresses()
    assert client.post(stage.told()["part-read"]).headers["Location"] == stage.part.get_absolute_url()
    page = client.get(pages["part-detail"])
    assert "You have read this part." in text_of(page)
    assert "Continue" not in text_of(page)
    assert "Continue part" not in text_of(client.get(pages["series-detail"]))


def test_a_section_that_was_taken_out_is_not_led_to(stage: Stage) -> None:
    client = stage.client("member")
    second = fresh_part(stage.part).toc[1]["id"]
    client.post(stage.told()["part-read"], {"percent": "55", "section": second})
    part = fresh_part(stage.part)
    part.body = "## First\n\nOnly this."
    series.save_part(part=part, by=stage.user("editor"))
    assert "Continue at" not in text_of(client.get(stage.addresses()["part-detail"]))
    page = client.get(stage.addresses()["series-detail"])
    assert f"#{second}" not in page.content.decode()
    assert "Continue part 1, “Beginnings”" in text_of(page)


def test_nothing_is_told_of_parts_that_are_not_public_any_more(stage: Stage) -> None:
    stage.client("member").post(stage.told()["part-read"], {"percent": "55"})
    series.unpublish_part(part=fresh_part(stage.part), by=stage.user("editor"))
    part = fresh_part(stage.part)
    part.title = "Not to be told yet"
    series.save_part(part=part, by=stage.user("editor"))
    html = stage.client("member").get(stage.addresses()["series-detail"]).content.decode()
    assert "Not to be told" not in html
    assert "Continue" not in html


def test_what_is_a_readers_own_costs_one_query_however_much_it_is(stage: Stage) -> None:
    member = member_of_role(stage, "member")
    client = stage.client("member")

    def cost() -> dict[str, int]:
        costs = {}
        for name in ("part-detail", "series-detail", "thread-list"):
            client.get(stage.addresses()[name])
            with CaptureQueriesContext(connection) as queries:
                client.get(stage.addresses()[name])
            costs[name] = len(counted(queries))
        return costs

    nothing = cost()
    for n in range(8):
        thread = factories.make_thread(stage.part, title=f"Topic number {n}")
        reading.mark_thread_read(member=member, thread=thread, number=1)
        factories.make_post(thread)
        part = factories.make_part(Series.objects.get(pk=stage.series.pk), number=20 + n)
        reading.mark_part_read(member=member, part=part, percent=10 + n)
    assert cost() == nothing
