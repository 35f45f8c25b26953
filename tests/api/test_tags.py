"""tags/"""

from __future__ import annotations

import pytest

from scs_series.models import Series, Tag
from tests.api.conftest import Api, World, codes
from tests.factories import make_part, make_series, make_source, make_tag, make_thread


def test_a_visitor_reads_what_the_page_shows(world: World, api: Api):
    found = api.get("tags/credit/").json()

    assert found["name"] == "credit"
    assert found["thread_count"] == 1
    assert found["source_count"] == 1
    assert found["html_url"] == "http://testserver/tags/credit/"
    assert api.rows("tags/") == [found]


def test_orders(world: World, api: Api):
    make_thread(world.part, tags=["b", "a"])
    make_thread(world.part, tags=["b"])
    make_tag("unused")
    assert [row["slug"] for row in api.rows("tags/")] == ["b", "credit", "a"]
    assert [row["slug"] for row in api.rows("tags/?order=name")] == ["a", "b", "credit"]
    assert codes(api.get("tags/?order=colour")) == {"order": "bad_choice"}
    assert api.get("tags/unused/").status_code == 200


def test_tags_of_what_is_private_are_not_listed(world: World, api: Api):
    series = make_series(author=world.author, visibility=Series.Visibility.PRIVATE)
    make_thread(make_part(series), tags=["whistleblowers"])
    make_source(series, tags=("leaks",))
    assert [row["slug"] for row in api.rows("tags/")] == ["credit"]
    listed = {row["slug"] for row in world.api("editor").rows("tags/")}
    assert listed == {"credit", "whistleblowers", "leaks"}


def test_made_and_changed_by_a_curator(world: World):
    editor = world.api("editor")
    made = editor.post("tags/", {"name": "C++", "description": "The language."})

    assert made.status_code == 201
    assert made.json()["slug"] == "c-plus-plus"
    assert made.json() == editor.get("tags/c-plus-plus/").json()
    changed = editor.patch("tags/c-plus-plus/", {"name": "Cpp"})
    assert changed.json()["name"] == "Cpp"
    assert changed.json()["slug"] == "c-plus-plus"
    assert changed.json()["description"] == "The language."

    again = editor.post("tags/", {"name": "CREDIT"})
    assert again.status_code == 409
    assert codes(again) == {"name": "tag_exists"}
    assert editor.patch("tags/c-plus-plus/", {"name": "Credit"}).status_code == 409


def test_a_new_name_is_seen_everywhere_at_once(world: World, api: Api):
    """Every cached answer that shows the name is made anew."""
    paths = [
        "tags/credit/", "threads/?tag=credit", "threads/?series=scs", "threads/?series=scs&part=1",
        f"threads/{world.thread.pk}/", "sources/?series=scs", "sources/scs/kuo2019/",
    ]  # fmt: skip
    for path in paths:
        assert '"credit"' in api.get(path).content.decode()
    world.api("editor").patch("tags/credit/", {"name": "Renamed"})
    for path in paths:
        assert '"Renamed"' in api.get(path).content.decode(), path


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "required"),
        ({"name": ""}, "blank"),
        ({"name": "\u200b"}, "tag_empty"),
        ({"name": "x" * 51}, "tag_too_long"),
        ({"name": "x" * 201}, "max_length"),
        ({"name": 7}, "invalid"),
    ],
)
def test_bad_names(world: World, sent: dict[str, object], code: str):
    refused = world.api("editor").post("tags/", sent)
    assert refused.status_code == 400
    assert codes(refused) == {"name": code}
    assert Tag.objects.count() == 1
