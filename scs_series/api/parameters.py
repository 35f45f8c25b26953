"""What an address asks for: query parameters and references, read strictly and in microseconds.

Plain functions and not django-filter: building a FilterSet and its form costs 0.4–0.5 ms a request, as much as the
two queries of a list together (measured on the machine of docs/performance.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.request import Request

from scs_series.exceptions import InvalidInput

_LONGEST = 200
_HIGHEST = 2**63 - 1


def as_name(value: Any) -> str | None:
    """A slug, key or username as it may stand in an address; None for what no such thing can be called."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST:
        return None
    if not value.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
        return None
    return value


def as_number(value: Any) -> int | None:
    """A positive number that a database's big integer holds, else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        number = int(value)
    else:
        return None
    return number if 0 < number <= _HIGHEST else None


class Asked:
    """The query parameters of a request. Each method raises InvalidInput naming the parameter."""

    def __init__(self, request: Request | HttpRequest) -> None:
        self._given = request.GET

    def name(self, parameter: str) -> str | None:
        """A slug, key or username; None where it is not given or empty."""
        value = self._given.get(parameter)
        if not value:
            return None
        if as_name(value) is None:
            raise InvalidInput(_("This cannot be a name."), code="bad_name", field=parameter)
        return value

    def number(self, parameter: str) -> int | None:
        value = self._given.get(parameter)
        if not value:
            return None
        number = as_number(value)
        if number is None:
            raise InvalidInput(_("Give a whole number above zero."), code="bad_number", field=parameter)
        return number

    def choice(self, parameter: str, choices: Collection[str]) -> str | None:
        value = self._given.get(parameter)
        if not value:
            return None
        if value not in choices:
            raise InvalidInput(
                _("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)},
                code="bad_choice",
                field=parameter,
            )
        return value


__all__ = ["Asked", "as_name", "as_number"]
