"""JSON as it comes in: limited before it is read, and refused politely whatever it holds."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class BodyTooLarge(APIException):
    """More than DATA_UPLOAD_MAX_MEMORY_SIZE, which Django itself does not apply to a stream that DRF reads."""

    status_code = 413
    default_code = "too_large"
    default_detail = "This request is larger than the server takes."


class LimitedJSONParser(JSONParser):
    """JSON up to the host's DATA_UPLOAD_MAX_MEMORY_SIZE, and nested no deeper than Python's parser goes."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        most: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read() if most is None else stream.read(most + 1)
        if most is not None and len(raw) > most:
            raise BodyTooLarge
        try:
            # JSON is UTF-8 (RFC 8259), whatever charset is claimed: "rot13" and "zlib" are codecs too.
            return super().parse(io.BytesIO(raw), media_type, {**(parser_context or {}), "encoding": "utf-8"})
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None


__all__ = ["BodyTooLarge", "LimitedJSONParser"]
