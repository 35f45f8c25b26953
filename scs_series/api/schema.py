"""What the OpenAPI schema says of every operation, errors included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from scs_series.api.errors import CONTENT_TYPE


class ProblemItemSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """One thing that is wrong with the input."""

    field = serializers.CharField(
        allow_null=True, help_text="The field, parameter or header at fault, as `authors.0.family`."
    )
    code = serializers.CharField(help_text="Stable; for programs.")
    message = serializers.CharField(help_text="For people, in the language of the request.")


@extend_schema_serializer(many=False)
class ProblemSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """An error (RFC 9457)."""

    type = serializers.CharField(help_text="Always `about:blank`: `code` tells errors apart.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="For people, in the language of the request.")
    errors = ProblemItemSerializer(many=True)  # type: ignore[assignment]  # the metaclass takes fields away


class KeptDraftSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The draft that is kept."""

    body = serializers.CharField()
    answers = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    kind = serializers.CharField()
    tags = serializers.CharField()
    submission_key = serializers.CharField()
    stamp = serializers.CharField()


@extend_schema_serializer(many=False)
class ConflictSerializer(ProblemSerializer):
    """A conflict. With `stale_edit` come both texts, so that nothing is lost."""

    current = serializers.CharField(required=False, help_text="`stale_edit`: the text as it stands.")
    yours = serializers.CharField(required=False, help_text="`stale_edit`: the text you sent.")
    current_revision = serializers.IntegerField(
        required=False,
        help_text="`stale_edit`: send this as `expected_revision` once the two are reconciled.",
    )
    draft = KeptDraftSerializer(
        required=False, help_text="`stale_draft`: what is kept; send its `stamp` as `known` to write over it."
    )
    post = serializers.IntegerField(required=False, help_text="`already_sent`: the id of what it became.")


def _example(
    name: str, status: int, code: str, detail: str, errors: Sequence[dict[str, Any]] = (), **more: Any
) -> OpenApiExample:
    value = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail,
        "errors": list(errors), **more,
    }  # fmt: skip
    return OpenApiExample(
        name, value=value, response_only=True, media_type=CONTENT_TYPE, status_codes=[str(status)]
    )


_SHORT = "Use at least 8 characters; this has 3."
_EXAMPLES: dict[int, list[OpenApiExample]] = {
    400: [
        _example(
            "a field", 400, "invalid_input", _SHORT,
            [{"field": "title", "code": "title_too_short", "message": _SHORT}],
        ),
        _example("a cursor", 400, "bad_cursor", "This page marker is not one of ours. Start again from the first page."),
        _example("not JSON", 400, "malformed", "JSON parse error - Expecting value: line 1 column 1 (char 0)"),
    ],
    403: [
        _example("policy", 403, "not_allowed", "You may not do this."),
        _example("locked", 403, "thread_locked", "This thread is locked: it can be read, but not answered."),
    ],
    404: [_example("nothing", 404, "not_found", "There is no such thing, or it is not shown to you.")],
    409: [
        _example(
            "stale", 409, "stale_edit", "Somebody else saved a change since the revision you started from.",
            current="Their text", yours="Your text", current_revision=3,
        ),
    ],
    429: [_example("often", 429, "rate_limited", "That was too often. Try again in 12 seconds.")],
}  # fmt: skip
_SAID = {
    400: "What was sent does not hold.",
    401: "Signing in is needed (where the host's first authentication class can ask for it; 403 elsewhere).",
    403: "Signing in is needed, or the policy says no.",
    404: "There is no such thing, or it is not shown to you.",
    406: "This API answers in JSON.",
    409: "It is there already, or somebody else saved in between.",
    413: "The body is larger than the server takes.",
    415: "This API takes JSON.",
    429: "Too often; `Retry-After` says when to try again.",
}
_READING = (400, 401, 403, 404, 406)
_WRITING = (*_READING, 409, 413, 415, 429)
_VALIDATORS = [
    OpenApiParameter(
        "ETag", str, OpenApiParameter.HEADER, response=[200], description="For `If-None-Match`."
    ),
]
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="An `ETag` you have: the answer is 304 while it holds.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 64, "pattern": "^[ -~]*$"},
    OpenApiParameter.HEADER,
    description="1 to 64 printable ASCII characters of your choice. Sent again with the same key, it is done once.",
)

F = Callable[..., Any]


def path_name(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.PATH, description=description)


def path_number(name: str, description: str) -> OpenApiParameter:
    schema = {"type": "integer", "format": "int64", "minimum": 1}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, description=description)


def asks(name: str, description: str, type: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, type, OpenApiParameter.QUERY, description=description, **more)


NUMBER: dict[str, Any] = {"type": "integer", "format": "int64", "minimum": 1}


def _problems(codes: Sequence[int]) -> dict[Any, OpenApiResponse]:
    return {
        (code, CONTENT_TYPE): OpenApiResponse(
            ConflictSerializer if code == 409 else ProblemSerializer,
            description=_SAID[code],
            examples=_EXAMPLES.get(code, []),
        )
        for code in codes
    }


def reading(
    operation_id: str,
    summary: str,
    tag: str,
    response: Any,
    *,
    parameters: Sequence[Any] = (),
    is_limited: bool = False,
) -> Callable[[F], F]:
    """Documents a GET. The name of the method says whether it is a list. ``is_limited``: so many in a time."""
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        tags=[tag],
        parameters=[*parameters, _IF_NONE_MATCH, *_VALIDATORS],
        responses={
            200: response,
            304: OpenApiResponse(description="Nothing has changed."),
            **_problems((*_READING, 429) if is_limited else _READING),
        },
    )


def writing(
    operation_id: str,
    summary: str,
    tag: str,
    request: Any,
    response: Any,
    *,
    status: int = 200,
    parameters: Sequence[Any] = (),
    description: str | None = None,
) -> Callable[[F], F]:
    """Documents a POST, PATCH or DELETE."""
    answered = OpenApiResponse(description="Gone.") if response is None else response
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[tag],
        request=request,
        parameters=list(parameters),
        responses={status: answered, **_problems(_WRITING)},
    )


__all__ = [
    "IDEMPOTENCY_KEY", "NUMBER", "AutoSchema", "ProblemSerializer", "asks", "path_name", "path_number", "reading", "writing",
]  # fmt: skip
