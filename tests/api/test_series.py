"""series/"""

from __future__ import annotations

import pytest

from scs_series.models import Series
from tests.api.conftest import Api, World, codes
from tests.factories import make_series

EVERYBODY = ("anonymous", "member", "other", "moderator", "author", "editor")


def test_a_visitor_reads_what_the_page_shows(world: World, api: Api):
    found = api.get("series/scs/").json()

    assert found["title"] == "Social credit"
    assert found["authors"] == [
        {"username": "author", "name": "author", "html_url": "http://testserver/members/author/"}
    ]
    assert found["api_url"] == "http://testserver/api/v1/series/scs/"
    assert found["html_url"] == "http://testserver/series/scs/"
    assert found["thread_count"] == 1
    assert found["post_count"] == 2
    assert found["source_count"] == 1
    assert found["version"] == Series.objects.get(slug="scs").version
    assert found["created_at"].endswith("Z")
    assert api.rows("series/") == [found]


@pytest.mark.parametrize("who", EVERYBODY)
def test_visibility(world: World, who: str):
    make_series(author=world.author, slug="private", visibility=Series.Visibility.PRIVATE)
    make_series(author=world.author, slug="unlisted", visibility=Series.Visibility.UNLISTED)
    api = world.api(who)
    edits = who in ("author", "editor")

    assert api.get("series/private/").status_code == (200 if edits else 404)
    assert api.get("series/unlisted/").status_code == 200
    listed = {row["slug"] for row in api.rows("series/")}
    assert listed == ({"scs", "private", "unlisted"} if edits else {"scs"})


def test_made_and_changed_by_policy(world: World):
    editor = world.api("editor")
    made = editor.post(
        "series/", {"title": "A second series", "summary": "What it is about.", "language": "zh-Hans"}
    )

    assert made.status_code == 201
    assert made.json()["slug"] == "a-second-series"
    assert [author["username"] for author in made.json()["authors"]] == ["editor"]
    assert made.json() == editor.get("series/a-second-series/").json()

    changed = editor.patch("series/a-second-series/", {"title": "Another name", "visibility": "private"})
    assert changed.status_code == 200
    assert changed.json()["title"] == "Another name"
    assert changed.json()["summary"] == "What it is about."
    assert changed.json()["version"] > made.json()["version"]
    assert world.api().get("series/a-second-series/").status_code == 404


def test_a_retry_is_told_that_it_is_there(world: World):
    sent = {"title": "Once", "slug": "once"}
    assert world.api("editor").post("series/", sent).status_code == 201
    again = world.api("editor").post("series/", sent)

    assert again.status_code == 409
    assert codes(again) == {"slug": "unique"}
    assert Series.objects.filter(slug="once").count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 7}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "A", "slug": "no/slash"}, "slug"),
        ({"title": "A", "slug": "x" * 101}, "slug"),
        ({"title": "A", "summary": "x" * 2_001}, "summary"),
        ({"title": "A", "visibility": "secret"}, "visibility"),
        ({"title": "A", "visibility": ["public"]}, "visibility"),
        ({"title": "A", "language": "x" * 36}, "language"),
    ],
)
def test_bad_fields_are_named(world: World, sent: dict[str, object], field: str):
    refused = world.api("editor").post("series/", sent)

    assert refused.status_code == 400
    assert refused.json()["code"] == "invalid_input"
    assert field in codes(refused)
