"""parts/"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from scs_series.models import Part, PartRevision
from tests.api.conftest import Api, World, codes
from tests.factories import make_part

EVERYBODY = ("anonymous", "member", "other", "moderator", "author", "editor")


def test_a_visitor_reads_a_part_by_number_and_by_slug(world: World, api: Api):
    found = api.get("parts/scs/1/").json()

    assert found == api.get("parts/scs/what-it-is/").json()
    assert found["body"] == "## One\n\nA claim."
    assert "<h2" in found["body_html"]
    assert found["contents"] == [{"level": 2, "id": "one", "text": "One"}]
    assert found["status"] == "published"
    assert found["api_url"] == "http://testserver/api/v1/parts/scs/what-it-is/"
    assert found["html_url"] == "http://testserver/series/scs/what-it-is/"
    assert found["revision"] == 1

    [row] = api.rows("parts/?series=scs")
    assert row == {name: value for name, value in found.items() if name in row}
    assert not {"body", "body_html"} & row.keys()
    assert [row] == api.rows("parts/")


def test_a_slug_that_is_a_number_wins_over_the_number(world: World, api: Api):
    year = make_part(world.series, number=2018, title="The year", slug="1")

    assert api.get("parts/scs/1/").json()["id"] == year.pk
    assert api.get("parts/scs/2018/").json()["id"] == year.pk
    assert api.get("parts/scs/1/").json()["id"] == year.pk  # from the cache too


@pytest.mark.parametrize("who", EVERYBODY)
def test_drafts_and_scheduled_parts_are_the_editors(world: World, who: str):
    make_part(world.series, slug="soon", at=timezone.now() + timedelta(days=1))
    api, edits = world.api(who), who in ("author", "editor")

    for reference in ("unfinished", "2", "soon", "3"):
        assert api.get(f"parts/scs/{reference}/").status_code == (200 if edits else 404)
        assert api.get(f"parts/scs/{reference}/revisions/").status_code == (200 if edits else 404)
        assert api.get(f"threads/?series=scs&part={reference}").status_code == (200 if edits else 404)
        assert api.get(f"source-links/?series=scs&part={reference}").status_code == (200 if edits else 404)
    statuses = [row["status"] for row in api.rows("parts/?series=scs")]
    assert statuses == (["published", "draft", "scheduled"] if edits else ["published"])


def test_a_scheduled_part_appears_by_its_time(world: World, api: Api):
    at = timezone.now() + timedelta(seconds=1)
    make_part(world.series, slug="soon", at=at)
    assert api.get("parts/scs/soon/").status_code == 404
    assert len(api.rows("parts/?series=scs")) == 1

    time.sleep(max(0, (at - timezone.now()).total_seconds()))  # nothing is written meanwhile

    assert api.get("parts/scs/soon/").status_code == 200
    assert len(api.rows("parts/?series=scs")) == 2


def test_written_published_and_taken_back(world: World):
    author, visitor = world.api("author"), world.api()
    sent = {
        "series": "scs",
        "number": 3,
        "title": "Barriers",
        "body": "Text with [@kuo2019].",
        "reason": "first",
    }
    made = author.post("parts/", sent)

    assert made.status_code == 201
    assert made.json()["status"] == "draft"
    assert made.json()["slug"] == "barriers"
    assert made.json()["source_count"] == 1
    assert made.json() == author.get("parts/scs/barriers/").json()
    assert visitor.get("parts/scs/barriers/").status_code == 404

    assert author.post("parts/scs/barriers/publish/").json()["status"] == "published"
    assert visitor.get("parts/scs/barriers/").status_code == 200
    assert author.post("parts/scs/barriers/publish/").status_code == 200  # again: nothing happens

    assert author.post("parts/scs/barriers/unpublish/").json()["status"] == "draft"
    assert visitor.get("parts/scs/barriers/").status_code == 404

    at = (timezone.now() + timedelta(days=2)).isoformat()
    assert author.post("parts/scs/barriers/publish/", {"at": at}).json()["status"] == "scheduled"
    assert visitor.get("parts/scs/barriers/").status_code == 404


def test_a_retry_is_told_that_it_is_there(world: World):
    sent = {"series": "scs", "number": 3, "title": "Barriers"}
    assert world.api("author").post("parts/", sent).status_code == 201
    again = world.api("author").post("parts/", sent)

    assert again.status_code == 409
    assert again.json()["code"] in ("part_exists", "unique_together", "unique")
    assert Part.objects.filter(series=world.series).count() == 3


def test_two_people_edit_one_part(world: World):
    author, editor = world.api("author"), world.api("editor")
    first = author.patch("parts/scs/1/", {"body": "Theirs.", "expected_revision": 1, "reason": "shorter"})
    assert first.status_code == 200
    assert first.json()["revision"] == 2

    second = editor.patch("parts/scs/1/", {"body": "Mine.", "expected_revision": 1})
    assert second.status_code == 409
    assert second.json()["code"] == "stale_edit"
    assert second.json()["current"] == "Theirs."
    assert second.json()["yours"] == "Mine."
    assert second.json()["current_revision"] == 2
    assert author.get("parts/scs/1/").json()["body"] == "Theirs."

    assert editor.patch("parts/scs/1/", {"body": "Both.", "expected_revision": 2}).json()["revision"] == 3
    history = editor.rows("parts/scs/1/revisions/")
    assert [(state["number"], state["body"]) for state in history] == [
        (3, "Both."), (2, "Theirs."), (1, "## One\n\nA claim."),
    ]  # fmt: skip
    assert history[1]["reason"] == "shorter"
    assert history[1]["editor"]["username"] == "author"
    assert PartRevision.objects.filter(part=world.part).count() == 3


def test_a_text_needs_the_revision_it_started_from(world: World):
    for text in ({"body": "x"}, {"title": "x"}, {"standfirst": "x"}):
        refused = world.api("author").patch("parts/scs/1/", text)
        assert refused.status_code == 400
        assert codes(refused) == {"expected_revision": "required"}
    # Its address is no text.
    assert world.api("author").patch("parts/scs/1/", {"slug": "another"}).json()["slug"] == "another"


def test_moved_to_another_number(world: World):
    moved = world.api("author").post("parts/scs/unfinished/move/", {"number": 1})

    assert moved.status_code == 200
    assert [row["slug"] for row in world.api("author").rows("parts/?series=scs")] == [
        "unfinished",
        "what-it-is",
    ]
    refused = world.api("author").post("parts/scs/unfinished/move/", {"number": 77})
    assert codes(refused) == {"number": "bad_number"}


@pytest.mark.parametrize(
    ("sent", "field", "status"),
    [
        ({"number": 3, "title": "A part"}, "series", 400),
        ({"series": "nothing", "number": 3, "title": "A part"}, "series", 404),
        ({"series": "scs", "title": "A part"}, "number", 400),
        ({"series": "scs", "number": 0, "title": "A part"}, "number", 400),
        ({"series": "scs", "number": 99_999, "title": "A part"}, "number", 400),
        ({"series": "scs", "number": 3, "title": ""}, "title", 400),
        ({"series": "scs", "number": 3, "title": "x" * 201}, "title", 400),
        ({"series": "scs", "number": 3, "title": "A", "slug": "sources"}, "slug", 400),
        ({"series": "scs", "number": 3, "title": "A", "body": "x" * 200_001}, "body", 400),
        ({"series": "scs", "number": 3, "title": "A", "body": "nul \x00"}, "body", 400),
        ({"series": "scs", "number": 3, "title": "A", "body": "[@unknown]"}, "body", 400),
        ({"series": "scs", "number": 3, "title": "A", "body": ">" * 10_000}, "body", 400),
        ({"series": "scs", "number": 3, "title": "A", "standfirst": "x" * 1_001}, "standfirst", 400),
        ({"series": "scs", "number": 3, "title": "A", "reason": "x" * 301}, "reason", 400),
    ],
)
def test_bad_fields_are_named(world: World, sent: dict[str, object], field: str, status: int):
    refused = world.api("author").post("parts/", sent)

    assert refused.status_code == status, refused.content
    assert field in codes(refused)
    assert Part.objects.filter(series=world.series).count() == 2


@pytest.mark.parametrize("at", ["tomorrow", 7, "2018-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_bad_time(world: World, at: object):
    refused = world.api("author").post("parts/scs/unfinished/publish/", {"at": at})
    assert refused.status_code == 400
    assert "at" in codes(refused)
