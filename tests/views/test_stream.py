"""The event stream, from a real server in a process of its own, on the database that this process writes to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from scs_series.models import Series
from scs_series.services import discussion
from scs_series.services import series as series_service
from tests.events import EventStream, asgi_server, status_of
from tests.stage import Stage, build_stage, fresh_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return build_stage()


@pytest.fixture
def server(stage: Stage) -> Iterator[str]:
    with asgi_server() as address:
        yield address


def session_of(stage: Stage, role: str) -> str:
    client = stage.client(role)
    return str(client.cookies["sessionid"].value)


def reply(stage: Stage, body: str = "One more.") -> int:
    return discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("owner"), body=body).number


def test_a_reply_arrives_within_two_seconds_and_the_stream_ends_with_the_thread(
    stage: Stage, server: str
) -> None:
    path = stage.told()["thread-events"]
    with (
        EventStream(server, f"{path}?after=2") as visitor,
        EventStream(server, f"{path}?after=2", session=session_of(stage, "member")) as member,
        EventStream(server, f"{path}?after=2", session=session_of(stage, "moderator")) as moderator,
    ):
        for stream in (visitor, member, moderator):
            assert stream.status == 200
            assert stream.response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
            assert stream.response.getheader("Content-Encoding") == "identity", "what is compressed waits"
            assert stream.response.getheader("Cache-Control") == "no-store"
        for _round in range(2):
            number = reply(stage)
            began = time.monotonic()
            for stream in (visitor, member, moderator):
                assert stream.next() == {"id": str(number), "event": "posts", "data": str(number)}
            assert time.monotonic() - began < 2
        discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
        began = time.monotonic()
        for stream in (visitor, member):
            assert stream.next() == {"event": "end", "data": "0"}
            assert stream.next() is None
        assert time.monotonic() - began < 4
        number = discussion.reply(
            thread=fresh_thread(stage.thread), by=stage.user("moderator"), body="Among moderators."
        ).number
        assert moderator.next() == {"id": str(number), "event": "posts", "data": str(number)}
    assert status_of(server, path) == 404


def test_what_came_while_nobody_listened_is_told_at_once(stage: Stage, server: str) -> None:
    path = stage.told()["thread-events"]
    last = reply(stage)
    with EventStream(server, f"{path}?after=2") as behind:
        assert (behind.next() or {})["data"] == str(last)
    # A browser that comes again says what it had, whatever the address of the stream says.
    with EventStream(server, f"{path}?after=2", **{"Last-Event-ID": str(last)}) as again:
        last = reply(stage)
        assert (again.next() or {})["data"] == str(last)
        assert again.comments, "something keeps a silent stream from being closed"


def test_who_signs_out_or_is_shut_out_hears_no_more(stage: Stage, server: str) -> None:
    path = f"{stage.told()['thread-events']}?after=2"
    session = session_of(stage, "member")
    with (
        EventStream(server, path, session=session) as leaver,
        EventStream(server, path, session=session_of(stage, "member_2")) as banned,
        EventStream(server, path, session=session_of(stage, "owner")) as stays,
    ):
        Session.objects.filter(session_key=session).delete()
        get_user_model().objects.filter(pk=stage.users["member_2"].pk).update(is_active=False)
        for stream in (leaver, banned):
            assert stream.next() == {"event": "end", "data": "0"}
        last = reply(stage)
        assert (stays.next() or {})["data"] == str(last)


def test_a_series_that_becomes_private_ends_the_streams_of_all_but_its_authors(
    stage: Stage, server: str
) -> None:
    path = f"{stage.told()['thread-events']}?after=2"
    with (
        EventStream(server, path, session=session_of(stage, "member")) as member,
        EventStream(server, path, session=session_of(stage, "editor")) as author,
    ):
        series = Series.objects.get(pk=stage.series.pk)
        series.visibility = Series.Visibility.PRIVATE
        series_service.save_series(series=series, by=stage.user("superuser"))
        assert member.next() == {"event": "end", "data": "0"}
        last = discussion.reply(
            thread=fresh_thread(stage.thread), by=stage.user("editor"), body="Ours."
        ).number
        assert (author.next() or {})["data"] == str(last)


def test_streams_are_few_for_one_reader_and_given_back(stage: Stage, server: str) -> None:
    path = stage.told()["thread-events"]
    session = session_of(stage, "member")
    streams = [EventStream(server, path, session=session) for _n in range(3)]
    for stream in streams:
        stream.response.readline()  # it has begun, and counts
    with EventStream(server, path, session=session) as refused:
        assert refused.status == 429
        assert int(refused.response.getheader("Retry-After") or 0) > 0
    assert status_of(server, path, session=session_of(stage, "owner")) == 200, "others have theirs"
    for stream in streams:
        stream.close()
    until = time.monotonic() + 10
    while (status := status_of(server, path, session=session)) == 429:
        assert time.monotonic() < until, "a closed stream is still counted"
        time.sleep(0.2)
    assert status == 200


def test_streams_hold_no_connection_to_the_database(stage: Stage, server: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("counts connections as PostgreSQL tells them")
    path = stage.told()["thread-events"]

    def others() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    streams = [EventStream(server, path, session=session_of(stage, role)) for role in ("member", "owner")]
    streams += [EventStream(server, path) for _n in range(3)]
    for stream in streams:
        stream.response.readline()
    counts = []
    for _n in range(8):
        counts.append(others())
        time.sleep(0.3)
    assert max(counts[2:]) <= 1, counts
    for stream in streams:
        stream.close()
    time.sleep(2.5)
    assert others() == 0


def test_pages_of_this_server_offer_the_stream(stage: Stage, server: str) -> None:
    import urllib.request

    with urllib.request.urlopen(server + stage.thread.get_absolute_url()) as page:  # noqa: S310  (our own server)
        html: Any = page.read().decode()
    assert 'data-scs-live="stream"' in html
    assert 'data-scs-live="poll"' in Client().get(stage.thread.get_absolute_url()).content.decode()
