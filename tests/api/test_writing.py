"""What helps to write, by the API: preview, images, completions; and the ends of an account that a page has too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.storage import default_storage

from scs_series.models import Member, member_of
from scs_series.services import drafts
from tests.api.conftest import ROOT, Api, World, an_image, assert_problem, codes
from tests.api.test_schema import _as_json_schema
from tests.factories import make_user


def validated(name: str, answer: Any) -> None:
    """That an answer is what the schema says of it, and nothing more."""
    import jsonschema
    from drf_spectacular.generators import SchemaGenerator

    schemas = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]
    document = {"components": {"schemas": {of: _as_json_schema(schema) for of, schema in schemas.items()}}}
    jsonschema.validate(answer, {**document, "$ref": f"#/components/schemas/{name}"})


# ----------------------------------------------------------------------------------------------------------- preview
def test_a_preview_is_what_is_posted(world: World):
    text = "See [@kuo2019], @other and #2. <script>alert(1)</script>"
    api = world.api("member")
    seen = api.post("preview/", {"body": text, "thread": world.thread.pk}).json()
    validated("Preview", seen)
    posted = api.post("posts/", {"thread": world.thread.pk, "body": text}).json()["body_html"]
    assert seen["body_html"].replace("preview-", "post-4-") == posted, "but for the ids of its references"
    assert "<script" not in posted
    assert f'href="/members/{world.other.username}/"' in posted


def test_a_part_is_previewed_as_such_by_its_editors_alone(world: World):
    sent = {"body": "<details>More</details>", "series": "scs", "profile": "part"}
    assert "<details>" in world.api("author").post("preview/", sent).json()["body_html"]
    assert "<details>" not in world.api("member").post("preview/", sent).json()["body_html"]


def test_a_preview_refuses_what_could_not_be_posted(world: World, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_MAX_LENGTH": 20, "PREVIEW_RATE": "4/h"}
    api = world.api("member")
    assert codes(api.post("preview/", {"body": "x" * 21})) == {"body": "too_long"}
    assert codes(api.post("preview/", {})) == {"body": "required"}
    assert codes(api.post("preview/", {"body": "x", "series": "nothing"})) == {"series": "not_found"}
    assert codes(api.post("preview/", {"body": "x", "profile": "poem"})) == {"profile": "invalid_choice"}
    assert [api.post("preview/", {"body": "x"}).status_code for _n in range(4)] == [200, 200, 200, 429]
    refused = api.post("preview/", {"body": "x"})
    assert 0 < int(refused.headers["Retry-After"]) <= 3_601


# ------------------------------------------------------------------------------------------------------------ images
def test_an_image_is_encoded_anew_and_shown_in_a_post(world: World):
    api = world.api("member")
    made = api.upload(an_image())
    assert made.status_code == 201, made.content
    validated("Upload", made.json())
    assert made.json()["url"].endswith(".webp")
    posted = api.post("posts/", {"thread": world.thread.pk, "body": made.json()["markdown"]}).json()
    assert f'src="{made.json()["url"]}"' in posted["body_html"]


def test_an_image_sent_again_with_its_key_is_kept_once(world: World):
    api = world.api("member")
    first = api.upload(an_image(), Idempotency_Key="one").json()["url"]
    assert api.upload(an_image(), Idempotency_Key="one").json()["url"] == first
    assert api.upload(an_image()).json()["url"] != first
    assert world.api("other").upload(an_image(), Idempotency_Key="one").json()["url"] != first
    assert codes(api.upload(an_image("blue"), Idempotency_Key="one")) == {
        "Idempotency-Key": "key_already_used"
    }
    folder, _slash, name = first.removeprefix("/media/").rpartition("/")
    assert name in default_storage.listdir(folder)[1]


def test_what_is_no_image_is_refused(world: World, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "UPLOAD_RATE": "2/h"}
    api = world.api("member")
    assert codes(api.upload(b"<svg onload=alert(1)>")) == {"image": "not_an_image"}
    nothing = api.client.post(f"{ROOT}uploads/", {"picture": "x"})
    assert_problem(nothing)
    assert codes(nothing) == {"image": "no_image"}
    as_json = api.post("uploads/", {"image": "x"})
    assert as_json.status_code == 415
    broken = api.client.post(f"{ROOT}uploads/", b"--x", content_type="multipart/form-data; boundary=y")
    assert_problem(broken)
    assert broken.status_code == 400
    assert api.upload(an_image()).status_code == 201
    often = api.upload(an_image())
    assert often.status_code == 429
    assert int(often.headers["Retry-After"]) > 0


# ------------------------------------------------------------------------------------------------------- completions
def test_names_tags_and_keys_are_offered(world: World):
    api = world.api("other")
    names = api.get(f"completions/?kind=name&q=mem&thread={world.thread.pk}").json()
    validated("Completions", names)
    assert [one["insert"] for one in names["completions"]] == ["@member"]
    assert [one["insert"] for one in api.get("completions/?kind=tag&q=cre").json()["completions"]] == [
        "#credit"
    ]
    keys = api.get("completions/?kind=source&q=kuo&series=scs").json()["completions"]
    assert [one["insert"] for one in keys] == ["@kuo2019"]


def test_completions_are_for_members_and_so_many(world: World, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "COMPLETION_RATE": "4/h"}
    assert world.api().get("completions/?kind=name&q=m").json()["code"] == "not_authenticated"
    api = world.api("member")
    assert codes(api.get("completions/?kind=verse&q=m")) == {"kind": "bad_choice"}
    assert codes(api.get("completions/?q=m")) == {"kind": "required"}
    assert codes(api.get(f"completions/?kind=name&q=m&thread={world.hidden_thread.pk}")) == {
        "thread": "not_found"
    }
    assert api.get("completions/?kind=name&q=m").status_code == 200
    often = api.get("completions/?kind=name&q=m")
    assert often.status_code == 429
    assert int(often.headers["Retry-After"]) > 0


# -------------------------------------------------------------------------------------------------- data and erasure
def test_ones_own_data_is_what_the_page_gives(world: World):
    api = world.api("member")
    drafts.save_draft(by=world.member, thread=world.thread, body="Begun.")
    answer = api.get("preferences/data/")
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    told = json.loads(b"".join(answer.streaming_content))
    assert told["account"]["username"] == "member"
    assert [post["body"] for post in told["posts"]] == ["See [@kuo2019].", "My answer."]
    assert [draft["body"] for draft in told["drafts"]] == ["Begun."]
    assert "secret insult" not in json.dumps(told)


def test_ones_own_data_is_not_had_all_day_long(world: World, settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "DATA_RATE": "1/h"}
    assert world.api("member").get("preferences/data/").status_code == 200
    often = world.api("member").get("preferences/data/")
    assert often.status_code == 429
    assert int(often.headers["Retry-After"]) > 0


def test_reading_ones_data_makes_nobody_a_member(db: None):
    reader = make_user("reader")
    assert Api(reader).get("preferences/data/").status_code == 404
    assert not Member.objects.filter(user=reader).exists()
    assert Api().get("preferences/data/").status_code in (401, 403)


def test_an_account_is_erased_by_its_name_alone(world: World):
    api = world.api("member")
    assert codes(api.post("preferences/erase/", {"username": "other"})) == {"username": "not_yours"}
    assert codes(api.post("preferences/erase/", {})) == {"username": "required"}
    member = member_of(world.member)
    assert member is not None
    erased = api.post("preferences/erase/", {"username": "member"})
    assert erased.status_code == 200, erased.content
    validated("Erased", erased.json())
    assert erased.json()["username"] == f"former-member-{member.pk}"
    assert api.get("preferences/").status_code in (401, 403), "signed out"
    assert Api().get(f"posts/{world.post.pk}/").json()["author"]["username"] == erased.json()["username"]


@pytest.mark.parametrize("path", ["preview/", "uploads/", "preferences/erase/"])
def test_what_has_no_list_has_none(world: World, path: str):
    answer = world.api("member").get(path)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
