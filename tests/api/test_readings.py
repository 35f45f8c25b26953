"""threads/<id>/reading/, parts/<series>/<part>/reading/, and posts from a day on."""

from __future__ import annotations

import datetime as dt

import pytest

from scs_series.models import Post, ThreadReading
from scs_series.services import discussion
from tests.api.conftest import Api, World, codes
from tests.factories import make_post


def test_how_far_one_has_read_a_thread(world: World):
    api, path = world.api("author"), f"threads/{world.thread.pk}/reading/"
    assert api.get(path).json() == {"number": 0, "unread": 3}
    answer = api.put(path, {"number": 2})
    assert (answer.status_code, answer.json()) == (200, {"number": 2, "unread": 1})
    assert api.put(path, {"number": 1}).json() == {"number": 2, "unread": 1}, "it never goes back"
    assert api.put(path, {"number": 4_000}).json() == {"number": 3, "unread": 0}
    make_post(world.thread, by=world.other)
    assert api.get(path).json() == {"number": 3, "unread": 1}
    assert world.api("editor").get(path).json()["number"] == 0, "each has their own"
    for sent in ({"number": 0}, {"number": "x"}, {}, {"number": 2**31}):
        assert api.put(path, sent).status_code == 400


def test_how_far_one_has_read_a_part(world: World):
    api, path = world.api("member"), f"parts/{world.series.slug}/{world.part.slug}/reading/"
    section = api.get(f"parts/{world.series.slug}/{world.part.slug}/").json()["contents"][0]["id"]
    assert api.get(path).json() == {"percent": 0, "section": ""}
    assert api.put(path, {"percent": 40, "section": section}).json() == {"percent": 40, "section": section}
    assert api.put(path, {"percent": 10}).json() == {"percent": 40, "section": section}
    assert codes(api.put(path, {"percent": 50, "section": "none"})) == {"section": "no_such_section"}
    assert api.put(path, {"percent": 101}).status_code == 400


def test_a_visitor_has_no_place_and_nobody_one_in_what_they_may_not_see(world: World, api: Api):
    paths = (f"threads/{world.thread.pk}/reading/", f"parts/{world.series.slug}/{world.part.slug}/reading/")
    for path in paths:
        assert api.get(path).status_code in (401, 403)
        assert api.put(path, {"number": 1, "percent": 1}).status_code in (401, 403)
    discussion.hide_thread(thread=world.thread, by=world.moderator)
    member = world.api("member")
    assert member.get(paths[0]).status_code == 404
    assert member.put(paths[0], {"number": 1}).status_code == 404
    assert world.api("moderator").put(paths[0], {"number": 1}).status_code == 200
    assert not ThreadReading.objects.filter(member__user=world.author, thread=world.thread).exists()


def test_a_place_is_nobody_elses_and_never_out_of_date(world: World):
    """Answers about threads are kept for all; these are not."""
    path = f"threads/{world.thread.pk}/reading/"
    first, second = world.api("author"), world.api("editor")
    first.put(path, {"number": 2})
    etag = first.get(path).headers["ETag"]
    assert first.get(path, If_None_Match=etag).status_code == 304
    assert second.get(path, If_None_Match=etag).json()["number"] == 0
    first.put(path, {"number": 3})
    assert first.get(path, If_None_Match=etag).json()["number"] == 3
    assert "private" in first.get(path).headers["Cache-Control"]


def test_places_are_limited(world: World, settings):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "READING_RATE": "1/h"}
    api, path = world.api("member"), f"threads/{world.thread.pk}/reading/"
    assert api.put(path, {"number": 1}).status_code == 200
    assert api.put(path, {"number": 2}).status_code == 429


@pytest.mark.parametrize("who", ["anonymous", "member"])
def test_posts_from_a_day_on(world: World, who: str):
    for _ in range(5):
        make_post(world.thread, by=world.other)
    for post in Post.objects.filter(thread=world.thread):
        at = dt.datetime(2026, 3, post.number, 12, tzinfo=dt.UTC)
        Post.objects.filter(pk=post.pk).update(created_at=at)
    api, path = world.api(who), f"posts/?thread={world.thread.pk}&page_size=3"

    def numbers(answer: dict) -> list[int]:
        return [post["number"] for post in answer["results"]]

    page = api.get(f"{path}&from_date=2026-03-04").json()
    assert numbers(page) == [4, 5, 6]
    assert numbers(api.get(page["next"]).json()) == [7, 8]
    assert numbers(api.get(page["previous"]).json()) == [1, 2, 3]
    assert numbers(api.get(f"{path}&from_date=2020-01-01").json()) == [1, 2, 3]
    assert numbers(api.get(f"{path}&from_date=2027-01-01").json()) == [8]
    for odd in ("yesterday", "2026-02-31", "0000-00-00", "%00"):
        answer = api.get(f"{path}&from_date={odd}")
        assert (answer.status_code, codes(answer)) == (400, {"from_date": "bad_day"})
