"""sources/"""

from __future__ import annotations

import pytest

from scs_series.models import Series, Source, Tag
from scs_series.services import series as series_service
from tests.api.conftest import Api, World, codes
from tests.factories import make_series, make_source


def test_a_visitor_reads_what_the_page_shows(world: World, api: Api):
    found = api.get("sources/scs/kuo2019/").json()

    assert found["key"] == "kuo2019"
    assert found["series"] == "scs"
    assert found["authors"] == [{"family": "Kuo", "given": "Lily"}]
    assert found["url"].startswith("https://example.org/")
    assert [tag["slug"] for tag in found["tags"]] == ["credit"]
    assert found["post_count"] == 1
    assert found["label"] == "Kuo 2019"
    assert found["added_by"]["username"] == "maker"
    assert found["api_url"] == "http://testserver/api/v1/sources/scs/kuo2019/"
    assert found["html_url"] == "http://testserver/series/scs/sources/kuo2019/"
    for query in ("", "?series=scs", "?tag=credit", "?series=scs&type=web&tag=credit"):
        assert api.rows(f"sources/{query}") == [found], query


def test_keys_with_signs(world: World, api: Api):
    for key in ("a.b", "a:b+c&d$e", "x<y>~-", "json.json"):
        make_source(world.series, key)
        found = next(row for row in api.rows("sources/?series=scs") if row["key"] == key)
        assert api.get(found["api_url"]).json() == found


def test_filters_and_order(world: World, api: Api):
    make_source(world.series, "b", authors=[{"family": "Ahn"}], type="book", language="ko", issued="2011")
    make_source(world.series, "c", authors=[{"family": "Zhu"}], type="law", language="zh-Hans")

    def keys(query: str) -> list[str]:
        return [row["key"] for row in api.rows(f"sources/{query}")]

    assert keys("?series=scs") == ["b", "kuo2019", "c"]
    assert keys("?series=scs&type=law") == ["c"]
    assert keys("?series=scs&language=ko") == ["b"]
    assert keys("?language=ko") == ["b"]
    assert codes(api.get("sources/?type=blog")) == {"type": "bad_choice"}
    assert codes(api.get("sources/?tag=nothing")) == {"tag": "not_found"}
    assert codes(api.get("sources/?series=nothing")) == {"series": "not_found"}


def test_sources_of_a_private_series_are_its_authors(world: World):
    series = make_series(author=world.author, slug="private", visibility=Series.Visibility.PRIVATE)
    make_source(series, "secret", tags=("credit",))
    for who, sees in (("anonymous", False), ("member", False), ("author", True), ("editor", True)):
        api = world.api(who)
        assert api.get("sources/private/secret/").status_code == (200 if sees else 404)
        assert api.get("sources/?series=private").status_code == (200 if sees else 404)
        assert ("secret" in {row["key"] for row in api.rows("sources/?tag=credit")}) == sees


def test_added_and_changed_by_an_author(world: World):
    author = world.api("author")
    sent = {
        "series": "scs", "key": "daum2017", "type": "article", "title": "A title", "issued": "2017-05",
        "authors": [{"family": "Daum", "given": "Jeremy"}, {"literal": "China Law Translate"}],
        "doi": "https://doi.org/10.1000/ABC", "tags": ["Law", "credit"], "url": "https://example.org/daum",
    }  # fmt: skip
    made = author.post("sources/", sent)

    assert made.status_code == 201, made.content
    assert made.json()["doi"] == "10.1000/abc"
    assert made.json()["authors"] == sent["authors"]
    assert [tag["name"] for tag in made.json()["tags"]] == ["Law", "credit"]
    assert made.json() == author.get("sources/scs/daum2017/").json()

    changed = author.patch("sources/scs/daum2017/", {"title": "A better title", "tags": []})
    assert changed.status_code == 200
    assert changed.json()["title"] == "A better title"
    assert changed.json()["tags"] == []
    assert changed.json()["issued"] == "2017-05"


def test_a_refused_member_brings_no_tag_into_being(world: World):
    sent = {"series": "scs", "key": "x", "title": "X", "tags": ["Never seen before"]}
    assert world.api("member").post("sources/", sent).status_code == 403
    assert (
        world.api("member").patch("sources/scs/kuo2019/", {"tags": ["Never seen before"]}).status_code == 403
    )
    assert world.api("author").post("sources/", {**sent, "url": "no address"}).status_code == 400
    assert not Tag.objects.filter(slug="never-seen-before").exists()


def test_a_taken_key_is_a_conflict(world: World):
    refused = world.api("author").post("sources/", {"series": "scs", "key": "kuo2019", "title": "Another"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "source_exists"
    assert codes(refused) == {"key": "source_exists"}
    make_source(world.series, "other")
    refused = world.api("author").patch("sources/scs/other/", {"key": "kuo2019"})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "with space"}, "key"),
        ({"key": "with/slash"}, "key"),
        ({"key": "x" * 101}, "key"),
        ({"title": ""}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"type": "blog"}, "type"),
        ({"issued": "yesterday"}, "issued"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://" + "x" * 1_000}, "url"),
        ({"archive_url": "nothing"}, "archive_url"),
        ({"authors": "Daum"}, "authors"),
        ({"authors": ["Daum"]}, "authors.0"),
        ({"authors": [{}]}, "authors"),
        ({"authors": [{"family": 7}]}, "authors.0.family"),
        ({"authors": [{"family": "x" * 301}]}, "authors.0.family"),
        ({"authors": [{"family": "x"}] * 201}, "authors"),
        ({"authors": [{"family": "a\x00"}]}, "authors.0.family"),
        ({"note": "x" * 2_001}, "note"),
        ({"doi": "x" * 201}, "doi"),
        ({"tags": [f"tag {n}" for n in range(1_000)]}, "tags"),
        ({"series": "nothing"}, "series"),
    ],
)
def test_bad_fields_are_named(world: World, change: dict[str, object], field: str):
    sent = {"series": "scs", "key": "new", "title": "A title", **change}
    refused = world.api("author").post("sources/", sent)

    assert refused.status_code == (404 if field == "series" else 400), refused.content
    assert field in codes(refused)
    assert Source.objects.count() == 1


def test_sources_of_one_part(world: World, api: Api):
    part = world.part
    part.body = "A claim [@kuo2019]."
    series_service.save_part(part=part, by=world.author)
    make_source(world.series, "unused")
    for reference in ("1", "what-it-is"):
        assert [row["key"] for row in api.rows(f"sources/?series=scs&part={reference}")] == ["kuo2019"]
    assert api.get("sources/?series=scs&part=9").status_code == 404
    assert codes(api.get("sources/?part=1")) == {"series": "required"}
