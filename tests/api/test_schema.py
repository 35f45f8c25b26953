"""The OpenAPI schema: valid, without warnings, and true."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.api.conftest import Api, World
from tests.api.test_conditional import READS, path_of


@pytest.fixture
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache
    return made


def test_valid_and_without_warnings(schema: dict[str, Any], tmp_path: Any):
    validate_schema(schema)
    call_command(
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--file",
        str(tmp_path / "schema.yml"),
        skip_checks=True,
    )


def test_every_operation_has_a_name_and_tells_its_errors(schema: dict[str, Any]):
    names = set()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            assert name.replace("_", "").isalpha(), name
            assert not name.startswith("api"), name
            names.add(name)
            assert operation["summary"], name
            wanted = {"400", "403", "404", "406"} | (
                set() if method == "get" else {"409", "413", "415", "429"}
            )
            assert wanted <= operation["responses"].keys(), (path, method)
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert response["content"].keys() == {"application/problem+json"}, (path, method, status)
            assert {
                parameter["name"]
                for parameter in operation.get("parameters", [])
                if parameter["in"] == "path"
            } == {piece.split("}")[0] for piece in path.split("{")[1:]}
    assert len(names) == sum(len(operations) for operations in schema["paths"].values())


def test_no_name_is_made_up_for_choices(schema: dict[str, Any]):
    names = set(schema["components"]["schemas"])
    assert {
        "ThreadKind",
        "PostStatus",
        "PartStatus",
        "SourceType",
        "SeriesVisibility",
        "SourceLinkOrigin",
    } <= names
    assert not [name for name in names if "Enum" in name or name.startswith("Patched")]


def test_every_answer_is_as_the_schema_says(schema: dict[str, Any], world: World):
    import jsonschema

    operations = {
        operation["operationId"]: operation
        for path in schema["paths"].values()
        for operation in path.values()
    }
    by_read = dict(zip(READS, _names(), strict=True))
    components = _as_json_schema(schema["components"])
    for who in ("anonymous", "moderator"):
        for read, name in by_read.items():
            answer = world.api(who).get(path_of(world, read)).json()
            content = operations[name]["responses"]["200"]["content"]["application/json"]["schema"]
            whole = {**_as_json_schema(content), "components": components}
            jsonschema.validate(answer, whole)
            if "results" in answer:
                assert answer["results"] or "revisions" in read, read


def _names() -> list[str]:
    return [
        "list_series", "get_series", "list_parts", "list_parts", "get_part", "get_part", "list_part_revisions",
        "list_threads", "list_threads", "list_threads", "list_threads", "get_thread", "list_posts", "list_posts",
        "list_posts", "get_post", "list_post_revisions", "list_sources", "list_sources", "get_source",
        "list_source_links", "list_source_links", "get_source_link", "list_tags", "get_tag",
    ]  # fmt: skip


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: ``nullable``; and objects take nothing that is not described."""
    if isinstance(node, list):
        return [_as_json_schema(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    changed = {name: _as_json_schema(inner) for name, inner in node.items() if name != "nullable"}
    if changed.get("type") == "object" and "properties" in changed:
        changed["additionalProperties"] = False
    if node.get("nullable"):
        return {"anyOf": [changed, {"type": "null"}]}
    return changed


def test_limits_of_the_host_are_in_the_schema(settings: Any):
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POST_MAX_LENGTH": 77, "TAGS_PER_THREAD": 3}
    made = SchemaGenerator().get_schema(request=None, public=True)
    create = made["components"]["schemas"]["ThreadCreate"]["properties"]
    assert create["body"]["maxLength"] == 77
    assert create["tags"]["maxItems"] == 3


def test_the_root_names_every_collection(db: None, api: Api):
    found = api.get("").json()
    assert set(found) == {
        "series", "parts", "threads", "posts", "sources", "source-links", "tags", "preferences", "subscriptions",
        "bookmarks", "drafts", "blocks", "notifications", "preview", "uploads", "completions",
    }  # fmt: skip
    assert found["source-links"] == "http://testserver/api/v1/source-links/"
