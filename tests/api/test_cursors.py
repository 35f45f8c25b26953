"""Lists walked by key."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.api.conftest import Api, World
from tests.factories import make_part, make_post, make_series, make_source, make_thread

LISTS = (
    "series/", "parts/", "parts/?series=scs", "threads/", "threads/?series=scs&part=1", "threads/?tag=credit",
    "threads/?series=scs&order=new", "threads/?series=scs&order=answers", "posts/", "posts/?thread={thread}",
    "sources/", "sources/?series=scs", "source-links/?series=scs", "tags/", "tags/?order=name",
)  # fmt: skip


@pytest.fixture
def many(world: World, settings: Any) -> World:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_RATE": "1000/s"}
    for number in range(5):
        make_series(author=world.author)
        make_part(world.series)
        make_source(world.series, f"k{number}", issued="2019")
        make_thread(world.part, tags=["credit", f"tag {number}"])
        make_post(world.thread, body=f"[@k{number}]")
    return world


@pytest.mark.parametrize("path", LISTS)
def test_there_and_back(many: World, api: Api, path: str):
    path = path.format(thread=many.thread.pk)
    everything = api.rows(path + ("&" if "?" in path else "?") + "page_size=100")
    assert len(everything) > 5
    small = path + ("&" if "?" in path else "?") + "page_size=2"
    pages = api.walk(small)

    assert [row for page in pages for row in page] == everything
    assert all(len(page) == 2 for page in pages[:-1])
    assert len({json.dumps(row, sort_keys=True) for row in everything}) == len(everything)

    last = small
    while address := api.get(last).json()["next"]:
        last = address
    back = api.walk(last, "previous")
    assert [row for page in reversed(back) for row in page] == everything
    assert api.get(small).json()["previous"] is None


def test_the_host_limits_a_page(many: World, api: Api, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "API_PAGE_SIZE": 2, "API_MAX_PAGE_SIZE": 3}
    assert len(api.rows("parts/")) == 2
    assert len(api.rows("parts/?page_size=1")) == 1
    assert len(api.rows("parts/?page_size=1000000")) == 3


def test_links_keep_what_was_asked(many: World, api: Api):
    address = api.get("threads/?tag=credit&series=scs&page_size=2").json()["next"]
    for piece in ("tag=credit", "series=scs", "page_size=2", "cursor="):
        assert piece in address


def _packed(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


MADE_UP = [
        "x", "%00", "a%00b", "ü", "=", "_" * 599, "_" * 601, _packed(), _packed("n"), _packed("x", 1, 2), _packed("n", None),
        _packed("n", None, None), _packed("n", [], {}), _packed("n", 10**400), _packed("n", "\x00", 1), _packed("n", True, True),
        _packed("n", "1" * 300, "1" * 100), _packed("p", 1, 2, 3, 4, 5), _packed("n", "9999-99-99", 1),
        _packed("n", 1e308, 1e308), _packed("n", float("nan"), 1), _packed("n", 2**63, 2**63), _packed("n", -(2**63) - 1),
        base64.urlsafe_b64encode(b"[" * 400).decode(), "WyJuIiw",
    ]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_made_up_cursors(world: World, api: Api, path: str):
    path = path.format(thread=world.thread.pk)
    for cursor in MADE_UP:
        refused = api.get(path + ("&" if "?" in path else "?") + f"cursor={cursor}")
        # One may be well formed by chance for a list in whole numbers; then it points somewhere in that list.
        assert refused.status_code in (200, 400), cursor
        if refused.status_code == 400:
            assert refused.json()["code"] == "bad_cursor"


def test_a_cut_cursor(many: World, api: Api):
    address = api.get("series/?page_size=1").json()["next"]
    for cut in range(1, 20):
        refused = api.get(address[:-cut])
        assert refused.status_code in (200, 400)
    assert api.get("series/?cursor=nonsense").json()["code"] == "bad_cursor"
    other = api.get("posts/?page_size=1").json()["next"].partition("cursor=")[2].partition("&")[0]
    assert api.get(f"tags/?order=name&cursor={other}").status_code in (200, 400)
