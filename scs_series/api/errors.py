"""Every error in one shape (RFC 9457, ``application/problem+json``) with a stable code.

The handler is set on the app's own views and leaves the host's ``EXCEPTION_HANDLER`` alone. docs/api.md lists the
codes.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from scs_series.api.parsers import BodyTooLarge
from scs_series.exceptions import (
    AlreadySent,
    BadCursor,
    EditWindowOver,
    InvalidInput,
    NotAllowed,
    RateLimited,
    SeriesError,
    StaleDraft,
    StaleEdit,
    ThreadLocked,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

#: Input errors that say "there is one already" or "not in this state": 409, with the code at the top.
CONFLICTS = frozenset(
    {"is_citation", "part_exists", "source_exists", "tag_exists", "unique", "unique_together"}
)
#: The top-level code of every other input error; ``errors`` says which.
INVALID = "invalid_input"

_STATUS: dict[type[SeriesError], int] = {
    NotAllowed: 403,
    ThreadLocked: 403,
    EditWindowOver: 403,
    StaleEdit: 409,
    RateLimited: 429,
    BadCursor: 400,
}
#: What names an argument of a service under another name in the API.
_FIELDS = {"submission_key": "Idempotency-Key"}
#: DRF's own codes, under the names the API's documentation uses.
_CODES = {
    "permission_denied": "not_allowed",
    "authentication_failed": "not_authenticated",
    "parse_error": "malformed",
    "throttled": "rate_limited",
    "unsupported_media_type": "unsupported_media_type",
}


class NotThere(APIException):
    """A path, parameter or body names a thing that is not there for this user: the same answer as for none."""

    status_code = 404
    default_code = "not_found"
    default_detail = "There is no such thing, or it is not shown to you."

    def __init__(self, field: str | None = None) -> None:
        super().__init__()
        self.field = field


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An error as every client of this API sees it."""
    data = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors or [],
        **more,
    }
    return Response(data, status=status, headers=dict(headers or {}), content_type=CONTENT_TYPE)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """For ``get_exception_handler``: None for what is a mistake of ours and has to stay a 500."""
    response = _answer(error)
    if response is not None:
        set_rollback()
    return response


def _answer(error: Exception) -> Response | None:
    match error:
        case SeriesError():
            return _domain(error)
        case Http404():
            return _framework(NotThere())
        case PermissionDenied():
            return problem(403, "not_allowed", str(NotAllowed()))
        case RequestDataTooBig():
            return _framework(BodyTooLarge())
        case drf.ValidationError():
            errors = list(_flattened(error.detail))
            return problem(
                400, INVALID, errors[0]["message"] if errors else str(error.default_detail), errors
            )
        case NotThere(field=str() as field):
            return problem(
                404, "not_found", str(error.detail), [_item(field, "not_found", str(error.detail))]
            )
        case APIException():
            return _framework(error)
        case IntegrityError():
            # Two requests that each saw room for themselves: the database let one in. Logged, for it may be worse.
            logger.warning("The database refused a write of the API.", exc_info=error)
            return problem(
                409, "conflict", _("Somebody else did the same at this moment. Look, then try again.")
            )
        case DataError():
            logger.warning("The database refused a value of the API.", exc_info=error)
            return problem(400, INVALID, _("A value is out of range."))
    return None


def _domain(error: SeriesError) -> Response:
    message = str(error)
    match error:
        case StaleEdit():
            return problem(
                409, error.code, _("Somebody else saved a change since the revision you started from."),
                current=error.current, yours=error.yours, current_revision=error.current_revision,
            )  # fmt: skip
        case StaleDraft():
            names = ("body", "answers", "title", "kind", "tags", "submission_key", "stamp")
            return problem(
                409, error.code, message, draft={name: getattr(error.draft, name) for name in names}
            )
        case AlreadySent():
            return problem(409, error.code, message, post=error.post.pk)
        case RateLimited():
            return problem(429, error.code, message, headers={"Retry-After": str(error.retry_after)})
        case InvalidInput():
            field = _FIELDS.get(error.field, error.field) if error.field else None
            status, code = (409, error.code) if error.code in CONFLICTS else (400, INVALID)
            return problem(status, code, message, [_item(field, error.code, message)])
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
    return problem(status, error.code, message)


def _framework(error: APIException) -> Response:
    headers: dict[str, str] = {}
    challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    code = str(getattr(error.detail, "code", error.default_code))
    detail = str(error.detail)
    if detail.startswith("CSRF Failed"):
        code = "csrf_failed"
    return problem(error.status_code, _CODES.get(code, code), detail, headers=headers)


def _item(field: str | None, code: str, message: str) -> dict[str, Any]:
    return {"field": field, "code": code, "message": message}


def _flattened(detail: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """DRF's nested errors as one list: ``authors.0.family``."""
    if isinstance(detail, ErrorDetail):
        yield _item(path or None, str(detail.code), str(detail))
    elif isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _flattened(inner, ".".join(filter(None, (path, step))))
    elif isinstance(detail, (list, tuple)):
        for position, inner in enumerate(detail):
            yield from _flattened(
                inner, path if isinstance(inner, ErrorDetail) else f"{path}.{position}".lstrip(".")
            )


__all__ = ["CONFLICTS", "CONTENT_TYPE", "INVALID", "NotThere", "handle", "problem"]
