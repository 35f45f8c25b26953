"""What comes over the wire and is no sensible request: a clear error, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scs_series.models import Post
from tests.api.conftest import ROOT, Api, World, assert_problem, codes

WRITES = (
    "series/", "parts/", "parts/scs/1/publish/", "parts/scs/1/move/", "threads/", "threads/{thread}/lock/", "posts/",
    "posts/{post}/hide/", "sources/", "source-links/", "tags/",
)  # fmt: skip
PATCHES = (
    "series/scs/",
    "parts/scs/1/",
    "threads/{thread}/",
    "posts/{post}/",
    "sources/scs/kuo2019/",
    "tags/credit/",
)


def everybody_may(world: World) -> Api:
    world.member.is_superuser = True
    world.member.save()
    return world.api("member")


BODIES: list[tuple[str | bytes, str | None]] = [
    ("", None),
    ("{", "malformed"),
    ('{"a": }', "malformed"),
    ("not json", "malformed"),
    ('{"title": NaN}', "malformed"),
    (b"\xff\xfe\x00", "malformed"),
    ("[" * 100_000, "malformed"),
    ('{"a":' * 100_000, "malformed"),
    ("1" * 5_000, "malformed"),
    ("[]", None),
    ("null", None),
    ('"text"', None),
    ("7", None),
    ("true", None),
]


@pytest.mark.parametrize("path", WRITES)
def test_bodies_that_are_no_object(world: World, path: str):
    api = everybody_may(world)
    for body, code in BODIES:
        response = api.post(path.format(thread=world.thread.pk, post=world.post.pk), body)
        if body == "" and any(act in path for act in ("publish", "lock", "hide")):
            assert response.status_code == 200  # all that these take may be left out
            continue
        assert response.status_code == 400, (body[:20], response.content)
        if code:
            assert response.json()["code"] == code


@pytest.mark.parametrize("path", PATCHES)
def test_patches_that_are_no_object(world: World, path: str):
    api = everybody_may(world)
    for body in ("{", "[]", "null", "[" * 100_000):
        assert api.patch(path.format(thread=world.thread.pk, post=world.post.pk), body).status_code == 400


@pytest.mark.parametrize("path", WRITES)
def test_other_media_types(world: World, path: str):
    api = everybody_may(world)
    path = ROOT + path.format(thread=world.thread.pk, post=world.post.pk)
    for kind in (
        "application/xml",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "x" * 300,
    ):
        response = api.client.post(path, data=b"a=b", content_type=kind)
        assert response.status_code == 415, kind
        assert_problem(response)


@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "utf-7", "latin-1"])
def test_charsets_that_are_claimed(world: World, charset: str):
    """JSON is UTF-8. What is no charset of text does not come as far as this: tests/project/test_wsgi.py."""
    kind = f"application/json; charset={charset}"
    api = world.api("member")
    body = json.dumps({"thread": world.thread.pk, "body": "ü 中文"}, ensure_ascii=False).encode()
    # Not ``post``, which would send the body in the charset that it claims.
    made = api.client.generic("POST", f"{ROOT}posts/?a=%C3%BC", data=body, content_type=kind)
    assert made.status_code == 201, made.content
    assert made.json()["body"] == "ü 中文"
    assert Api().client.get(f"{ROOT}threads/?a=%C3%BC", headers={"content-type": kind}).status_code == 200


def test_wrong_methods(world: World):
    api = everybody_may(world)
    ids = {"thread": world.thread.pk, "post": world.post.pk}
    for path in (template.format(**ids) for template in (*WRITES, *PATCHES)):
        assert api.put(path, {}).status_code == 405
        response = api.client.generic("OPTIONS", ROOT + path)
        assert response.status_code == 405
        assert response.headers["Allow"]
        assert_problem(response)
    for path in ("series/", "threads/", "posts/", "tags/", "parts/scs/1/", f"threads/{ids['thread']}/"):
        assert api.delete(path).status_code == 405
    for path in ("parts/scs/1/publish/", f"threads/{ids['thread']}/pin/", f"posts/{ids['post']}/hide/"):
        assert api.get(path).status_code == 405
    assert api.post("series/scs/", {}).status_code == 405
    assert api.patch("series/", {}).status_code == 405
    assert Api().put("series/", {}).status_code in (401, 403, 405)


NOWHERE = [
        "series/nothing/", "series/%00/", "series/" + "x" * 3_000 + "/", "series/%F0%9F%8F%B3/", "series/%FF/",
        "series/a%0Ab/", "parts/scs/999999999999999999999/", "parts/scs/-1/", "parts/scs/%00/",
        "parts/%00/1/", "parts/scs/0/", "parts/nothing/1/", "parts/scs/1.5/", "parts/scs/%D9%A1/", "threads/0/",
        "threads/-1/", "threads/x/", "threads/999999/", "threads/9223372036854775808/", "threads/%00/", "threads/1e3/",
        "threads/99999999999999999999999999/", "posts/x/", "posts/999999/", "posts/%00/", "posts/%D9%A1/revisions/",
        "sources/scs/nothing/", "sources/scs/%00/", "sources/nothing/kuo2019/", "source-links/x/", "source-links/999999/",
        "tags/nothing/", "tags/%00/", "tags/a%00b/",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["anonymous", "editor"])
def test_unknown_ids(world: World, who: str):
    api, editor = world.api(who), world.api("editor")
    for path in NOWHERE:
        for response in (api.get(path), api.get(path, If_None_Match="*")):
            assert response.status_code == 404, path
            assert response.json()["code"] == "not_found"
        if "revisions" not in path and "source-links" not in path:
            assert editor.patch(path, {"title": "x"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["nope/", "nope", "threads/1/nope/", "threads/1/nope", "schema/nope/", "%00/", "é/"]
)
def test_an_address_that_nothing_has(world: World, path: str):
    for api in (Api(), world.api("member")):
        for response in (api.get(path), api.head(path), api.post(path), api.put(path, {}), api.delete(path)):
            assert response.status_code == 404, path
        assert api.get(path).json()["code"] == "not_found"


def test_what_stands_beside_the_endpoints_is_found(world: World):
    """The catch-all comes last: the schema and its pages, and addresses that lack their slash."""
    client = Api().client
    for path in ("schema/", "docs/"):
        assert client.get(ROOT + path).status_code == 200
    for path in ("threads?series=scs", "docs", f"threads/{world.thread.pk}"):
        moved = client.get(ROOT + path)
        address, _mark, query = path.partition("?")
        assert moved.status_code == 301, path
        assert moved.headers["Location"] == f"{ROOT}{address}/" + (f"?{query}" if query else "")
    # A redirect would lose what was sent.
    assert Api().post("threads").status_code == 404


def test_too_large_a_body(world: World, settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    sent = {"thread": world.thread.pk, "body": "x" * 20_000}
    refused = world.api("member").post("posts/", sent)
    assert refused.status_code == 413
    assert refused.json()["code"] == "too_large"
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert world.api("member").post("posts/", sent).status_code == 201


def test_a_very_large_body_under_the_default_limit(world: World):
    refused = world.api("member").post(
        "posts/", json.dumps({"thread": world.thread.pk, "body": "x" * 3_000_000})
    )
    assert refused.status_code == 413
    assert Post.objects.count() == 4


def test_unknown_fields_and_read_only_ones_change_nothing(world: World):
    before = world.api().get(f"threads/{world.thread.pk}/").json()
    sent = {
        "id": 77,
        "author": "other",
        "post_count": 99,
        "pinned_at": "2020-01-01T00:00:00Z",
        "nonsense": [1, {}],
    }
    assert world.api("member").patch(f"threads/{world.thread.pk}/", sent).status_code == 200
    after = world.api().get(f"threads/{world.thread.pk}/").json()
    assert {**after, "version": before["version"]} == before


def test_duplicate_parameters_and_keys(world: World, api: Api):
    assert api.get("threads/?series=nothing&series=scs").status_code == 200
    made = world.api("member").post("posts/", f'{{"thread": {world.thread.pk}, "body": "a", "body": "b"}}')
    assert made.json()["body"] == "b"


def test_a_host_that_is_not_ours(world: World):
    response = world.api().client.get(ROOT + "series/", headers={"host": "evil.example"})
    assert response.status_code == 400


def test_reasons_are_limited(world: World):
    moderator = world.api("moderator")
    for path in (
        f"threads/{world.thread.pk}/lock/",
        f"threads/{world.thread.pk}/hide/",
        f"posts/{world.post.pk}/hide/",
    ):
        refused = moderator.post(path, {"reason": "x" * 301})
        assert codes(refused) == {"reason": "max_length"}
        assert codes(moderator.post(path, {"reason": "a\x00"})) == {"reason": "null_characters_not_allowed"}
        assert codes(moderator.post(path, {"reason": ["x"]})) == {"reason": "invalid"}


def test_bodies_that_take_long_to_render(world: World):
    """Whatever it is, it is stored or refused: it neither hangs nor fails."""
    for body in (
        "[" * 15_000,
        "*a_ " * 7_000,
        "`" * 29_000,
        "<" * 30_000,
        "|a" * 15_000,
        "![](" * 7_000,
        "\\" * 30_000,
    ):
        answer = world.api("member").post("posts/", {"thread": world.thread.pk, "body": body})
        assert answer.status_code in (201, 400)


@pytest.mark.parametrize(
    ("path", "field"), [("series/", "visibility"), ("threads/", "kind"), ("sources/", "type")]
)
def test_half_of_a_surrogate_pair_where_one_of_a_few_words_is_asked(world: World, path: str, field: str):
    sent = f'{{"{field}": "\\ud800"}}'
    refused = world.api("member").post(path, sent)
    assert refused.status_code == 400
    assert codes(refused)[field] == "invalid_choice"
