"""What an editor is offered while somebody types: what the text will link, to who may see it, and never more."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scs_series.models import Member, Series, Tag, Thread
from scs_series.services import discussion, erasure
from scs_series.services.members import member_for
from tests import factories
from tests.stage import Stage, fresh_thread
from tests.views.reading import counted, writes_in

pytestmark = pytest.mark.django_db

ADDRESS = "/writing/completions/"


def asked(client: Client, kind: str, q: str, **where: Any) -> list[dict[str, str]]:
    response = client.get(ADDRESS, {"kind": kind, "q": q, **where})
    assert response.status_code == 200, response.content
    assert response.headers["Cache-Control"] == "private, no-store"
    rows = response.json()["completions"]
    assert all(set(row) == {"insert", "label", "detail"} for row in rows)
    return list(rows)


def inserts(client: Client, kind: str, q: str, **where: Any) -> list[str]:
    return [row["insert"] for row in asked(client, kind, q, **where)]


# ---------------------------------------------------------------------- who may ask
def test_visitors_and_shut_accounts_are_told_nothing(stage: Stage) -> None:
    assert reverse("scs_series:completions").endswith(ADDRESS)
    shut = stage.client("member")
    stage.users["member"].is_active = False
    stage.users["member"].save()
    for client in (stage.client("anonymous"), shut):
        for kind in ("name", "tag", "source", "nonsense"):
            response = client.get(ADDRESS, {"kind": kind, "q": "o", "series": stage.series.slug})
            assert response.status_code == 403, kind
            assert set(response.json()) == {"detail", "code"}
            assert response.headers["Cache-Control"] == "private, no-store"


def test_too_many_are_refused_with_the_time_to_wait(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "COMPLETION_RATE": "2/h"}
    client = stage.client("member")
    assert [client.get(ADDRESS, {"kind": "tag"}).status_code for _n in range(3)] == [200, 200, 429]
    response = client.get(ADDRESS, {"kind": "tag"})
    assert 0 < int(response.headers["Retry-After"]) <= 3_601
    assert response.json()["code"] == "rate_limited"
    assert stage.client("owner").get(ADDRESS, {"kind": "tag"}).status_code == 200


# ---------------------------------------------------------------------- names
def test_names_by_their_beginning_whatever_the_case(stage: Stage) -> None:
    factories.make_member("wei-ning", first_name="x")
    factories.make_member("weimar")
    factories.make_member("else")
    client = stage.client("member")
    assert inserts(client, "name", "WEI") == ["@wei-ning", "@weimar"]
    assert inserts(client, "name", "wei-") == ["@wei-ning"]
    assert inserts(client, "name", "imar") == []
    # Fullwidth letters are the same name, as they are where a post is read.
    assert inserts(client, "name", "\uff57eim") == ["@weimar"]


def test_participants_come_first_and_without_a_letter_alone(stage: Stage) -> None:
    for name in ("secateur", "secant"):
        factories.make_member(name)
    client = stage.client("member")
    assert inserts(client, "name", "sec") == ["@secant", "@secateur", "@second"]
    assert inserts(client, "name", "sec", thread=stage.thread.pk) == ["@second", "@secant", "@secateur"]
    assert inserts(client, "name", "", thread=stage.thread.pk) == ["@opener", "@second"]
    assert inserts(client, "name", "") == []
    # Oneself is not offered.
    assert inserts(stage.client("owner"), "name", "", thread=stage.thread.pk) == ["@second"]


def test_a_participant_is_found_by_the_name_that_is_shown(stage: Stage) -> None:
    Member.objects.filter(username="second").update(display_name="Wei Ning")
    row = {"insert": "@second", "label": "@second", "detail": "Wei Ning"}
    assert asked(stage.client("member"), "name", "wei", thread=stage.thread.pk) == [row]


def test_who_is_not_told_any_more_is_not_offered(stage: Stage) -> None:
    gone, shut, erased = (factories.make_member(f"ghost-{n}") for n in range(3))
    for member in (gone, shut, erased):
        factories.make_post(fresh_thread(stage.thread), by=member.user)
    client = stage.client("member")
    assert len(inserts(client, "name", "ghost")) == 3
    gone.user.delete()
    Member.objects.get(pk=shut.pk).user.__class__.objects.filter(pk=shut.user_id).update(is_active=False)
    erasure.erase_member(member=Member.objects.get(pk=erased.pk), by=erased.user)
    for where in ({}, {"thread": stage.thread.pk}):
        assert inserts(client, "name", "ghost", **where) == []
    names = inserts(client, "name", "", thread=stage.thread.pk)
    assert names == ["@opener", "@second"]


def test_a_post_that_is_hidden_makes_nobody_a_participant(stage: Stage) -> None:
    quiet = factories.make_member("quiet")
    post = factories.make_post(fresh_thread(stage.thread), by=quiet.user)
    discussion.hide_post(post=post, by=stage.user("moderator"))
    assert "@quiet" not in inserts(stage.client("member"), "name", "", thread=stage.thread.pk)


def test_the_talk_of_a_private_series_names_who_is_in_it_to_who_is(stage: Stage) -> None:
    Series.objects.filter(pk=stage.series.pk).update(visibility=Series.Visibility.PRIVATE)
    where = {"thread": stage.thread.pk}
    # To others the thread is not there, and names are those of the whole site.
    assert inserts(stage.client("member"), "name", "", **where) == []
    assert inserts(stage.client("superuser"), "name", "", **where) == ["@editor", "@opener", "@second"]
    # Who could not follow is not called in.
    factories.make_member("plainer")
    assert inserts(stage.client("editor"), "name", "pla", **where) == []
    assert inserts(stage.client("editor"), "name", "pla") == ["@plainer"]


# ---------------------------------------------------------------------- tags
def test_tags_by_name_or_address_the_most_used_first(stage: Stage) -> None:
    factories.make_thread(stage.part, tags=("Courts", "court fees", "C++"))
    client = stage.client("member")
    assert inserts(client, "tag", "COU") == ["#Courts", "#court-fees"]
    assert inserts(client, "tag", "court-f") == ["#court-fees"]
    # What cannot be written behind the sign stands by its address.
    assert inserts(client, "tag", "c-pl") == ["#c-plus-plus"]
    assert asked(client, "tag", "courts") == [
        {"insert": "#Courts", "label": "#Courts", "detail": "2 threads"}
    ]


def test_what_is_offered_becomes_a_link(stage: Stage) -> None:
    """Numbers are posts, tags of nothing and of what is private are words."""
    factories.make_thread(stage.part, tags=("2018", "2018 plan"))
    factories.make_thread(stage.draft, by=stage.user("editor"), tags=("2018-secret",))
    factories.make_tag("2018-unused")
    offered = inserts(stage.client("editor"), "tag", "2018")
    assert offered == ["#2018-plan"]
    post = factories.make_post(fresh_thread(stage.thread), body=" ".join(offered))
    assert post.body_html.count("scs-hashtag") == len(offered)


@pytest.mark.parametrize("role", ["member", "editor", "superuser"])
def test_what_is_private_is_not_told_by_its_tags(stage: Stage, role: str) -> None:
    factories.make_thread(stage.draft, by=stage.user("editor"), tags=("whistleblower",))
    hidden = factories.make_thread(stage.part, tags=("whistled",))
    discussion.hide_thread(thread=fresh_thread(hidden), by=stage.user("moderator"))
    assert inserts(stage.client(role), "tag", "whis") == []
    assert Tag.objects.filter(key__startswith="whis").count() == 2


# ---------------------------------------------------------------------- sources
def test_sources_by_key_author_or_title(stage: Stage) -> None:
    factories.make_source(
        stage.series, "law1", title="Securities Law", authors=[{"family": "\xc9tienne"}], issued="2005"
    )
    client = stage.client("member")
    where = {"series": stage.series.slug}
    assert inserts(client, "source", "KUO", **where)[0] == "@kuo2019"
    assert inserts(client, "source", "pl", **where) == ["@plan2014"]
    for q in ("LAW", "etie", "\xc9tie", "secur"):
        assert inserts(client, "source", q, **where) == ["@law1"], q
    (row,) = asked(client, "source", "law1", **where)
    assert row["label"] == "law1"
    assert "2005" in row["detail"]
    assert "Securities Law" in row["detail"]
    # A long title ends at a word, and says that it goes on.
    factories.make_source(stage.series, "long1", title="Regulation " * 20)
    assert asked(client, "source", "long1", **where)[0]["detail"].endswith("Regulation…")
    # The most cited first.
    assert inserts(client, "source", "", **where)[0] == "@kuo2019"
    assert inserts(client, "source", "kuo") == []
    assert inserts(client, "source", "kuo", series="another") == []


def test_sources_of_a_private_series_are_its_editors(stage: Stage) -> None:
    Series.objects.filter(pk=stage.series.pk).update(visibility=Series.Visibility.PRIVATE)
    where = {"series": stage.series.slug}
    assert inserts(stage.client("member"), "source", "kuo", **where) == []
    assert inserts(stage.client("other_editor"), "source", "kuo", **where) == []
    assert inserts(stage.client("editor"), "source", "kuo2", **where) == ["@kuo2019"]


# ---------------------------------------------------------------------- hostile, and much
HOSTILE = (
    "\x00",
    "a\x00",
    "%",
    "_",
    "%%%",
    "\\",
    "'",
    '"; --',
    "x" * 10_000,
    "\u202e",
    "\ud7ff",
    "\U0001f600",
    "[@",
    "*",
    "(",
    "\u0130",
)


@pytest.mark.parametrize("kind", ["name", "tag", "source"])
def test_hostile_input_finds_nothing_and_breaks_nothing(stage: Stage, kind: str) -> None:
    client = stage.client("member")
    for q in HOSTILE:
        for where in ({}, {"thread": stage.thread.pk, "series": stage.series.slug}):
            assert asked(client, kind, q, **where) == [], q
    for thread in ("0", "-1", "x", "9" * 30, "\x00", "1e3", "\u0663"):
        asked(client, kind, "o", thread=thread)
    for series in ("\x00", "%", "x" * 5_000, "../"):
        asked(client, kind, "o", series=series)


def test_kinds_that_are_none_and_other_methods(stage: Stage) -> None:
    client = stage.client("member")
    for kind in ("", "member", "NAME", "\x00"):
        response = client.get(ADDRESS, {"kind": kind})
        assert (response.status_code, response.json()["code"]) == (400, "unknown_kind")
    assert client.get(ADDRESS).status_code == 400
    assert client.post(ADDRESS, {"kind": "name"}).status_code == 405


def test_at_most_eight_by_as_many_queries_for_few_as_for_many(stage: Stage) -> None:
    client = stage.client("member")
    kinds = ("name", "tag", "source")
    where = {"thread": stage.thread.pk, "series": stage.series.slug}

    def measured() -> dict[str, int]:
        counts = {}
        for kind in kinds:
            with CaptureQueriesContext(connection) as queries:
                asked(client, kind, "many", **where)
            assert writes_in(queries) == []
            counts[kind] = len(counted(queries))
        return counts

    few = measured()
    assert max(few.values()) <= 8, few
    for n in range(12):
        user = factories.make_user(f"many{n}")
        member_for(user)
        factories.make_source(stage.series, f"many{n}")
        factories.make_thread(stage.part, by=user, tags=(f"many{n}",))
        if n < 4:
            factories.make_post(fresh_thread(stage.thread), by=user)
    many = measured()
    assert all(many[kind] <= few[kind] for kind in kinds), (few, many)
    assert {kind: len(inserts(client, kind, "many", **where)) for kind in kinds} == dict.fromkeys(kinds, 8)
    assert Thread.objects.count() > 12
