"""source-links/"""

from __future__ import annotations

import pytest

from scs_series.models import SourceLink
from tests.api.conftest import Api, World, codes
from tests.factories import make_post, make_source


def test_a_visitor_reads_where_a_source_is_used(world: World, api: Api):
    make_source(world.series, "more")
    world.api("author").post(
        "source-links/", {"series": "scs", "source": "more", "part": 1, "note": "a start"}
    )
    links = api.rows("source-links/?series=scs")

    assert [(row["source"]["key"], row["origin"]) for row in links] == [
        ("kuo2019", "citation"),
        ("more", "reading"),
    ]
    cited, recommended = links
    opening = world.thread.posts.get(number=1)
    assert cited["part"] is None
    assert cited["post"]["id"] == opening.pk
    assert cited["post"]["thread"] == world.thread.pk
    assert cited["mentions"] == 1
    assert recommended["post"] is None
    assert recommended["part"]["slug"] == "what-it-is"
    assert recommended["note"] == "a start"
    assert api.get(cited["api_url"]).json() == cited
    assert api.rows("source-links/?series=scs&source=kuo2019") == [cited]
    assert api.rows("source-links/?series=scs&part=1") == [recommended]
    assert api.rows(f"source-links/?post={opening.pk}") == [cited]
    assert api.rows(f"source-links/?post={world.post.pk}") == []


def test_what_is_hidden_does_not_cite(world: World, api: Api):
    post = make_post(world.thread, by=world.other, body="Also [@kuo2019].")
    [link] = api.rows(f"source-links/?post={post.pk}")
    world.api("moderator").post(f"posts/{post.pk}/hide/")

    assert api.rows(f"source-links/?post={post.pk}") == []
    assert api.get(f"source-links/{link['id']}/").status_code == 404
    world.api("moderator").post(f"threads/{world.thread.pk}/hide/")
    assert api.rows("source-links/?series=scs") == []


def test_a_list_needs_to_know_of_what(world: World, api: Api):
    for query in ("", "?source=kuo2019", "?part=1"):
        assert codes(api.get(f"source-links/{query}")) == {"series": "required"}
    for query, field in (
        ("?series=nothing", "series"), ("?series=scs&source=nothing", "source"), ("?series=scs&part=7", "part"),
        ("?post=999", "post"), (f"?post={world.hidden_thread.posts.get().pk}", "post"),
    ):  # fmt: skip
        refused = api.get(f"source-links/{query}")
        assert refused.status_code == 404
        assert codes(refused) == {field: "not_found"}


def test_further_reading_is_added_and_taken_away(world: World, api: Api):
    author = world.api("author")
    sent = {"series": "scs", "source": "kuo2019", "part": "what-it-is", "note": "An overview."}
    made = author.post("source-links/", sent)
    again = author.post("source-links/", sent)

    assert made.status_code == again.status_code == 201
    assert made.json() == again.json()
    assert SourceLink.objects.filter(part=world.part).count() == 1
    assert "Kuo" in api.get("parts/scs/1/").json()["references_html"]

    gone = author.delete(made.json()["api_url"])
    assert gone.status_code == 204
    assert gone.content == b""
    assert author.delete(made.json()["api_url"]).status_code == 404
    assert api.rows("source-links/?series=scs&part=1") == []


def test_a_citation_goes_with_its_text(world: World):
    [link] = world.api().rows("source-links/?series=scs")
    refused = world.api("author").delete(link["api_url"])
    assert refused.status_code == 409
    assert refused.json()["code"] == "is_citation"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"series": "nothing"}, 404, "series"),
        ({"source": "nothing"}, 404, "source"),
        ({"part": 7}, 404, "part"),
        ({"part": None}, 400, "part"),
        ({"source": None}, 400, "source"),
        ({"note": "x" * 301}, 400, "note"),
    ],
)
def test_bad_fields_are_named(world: World, change: dict[str, object], status: int, field: str):
    sent = {"series": "scs", "source": "kuo2019", "part": 1, **change}
    refused = world.api("author").post("source-links/", sent)
    assert refused.status_code == status
    assert field in codes(refused)
