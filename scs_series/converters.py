"""Path converters: what may stand in an address. A NUL or another control character is a 404, never a query."""

from __future__ import annotations

from django.urls import register_converter


class NameConverter:
    """A slug, key or username in any script: one path segment without control characters."""

    regex = r"[^/\x00-\x1f\x7f]{1,200}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class NumberConverter:
    """A positive number that fits a database's big integer."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(NameConverter, "scs_name")
register_converter(NumberConverter, "scs_number")
