"""Walking long lists by key: a page costs the same wherever it lies, and rows that arrive meanwhile move nothing.

One implementation for pages and API. A cursor holds the ordering values of the row to continue from; it is opaque
but no secret: made-up ones can only point elsewhere in a list that was filtered for the user already.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from scs_series.exceptions import BadCursor

T = TypeVar("T", bound=Model)

_MAX_CURSOR = 600


@dataclass(frozen=True)
class KeysetPage(Generic[T]):
    """``next`` and ``previous`` are cursors, or None at the ends."""

    items: list[T]
    next: str | None
    previous: str | None


def keyset_page(
    queryset: QuerySet[T], *, order: Sequence[str], cursor: str | None, size: int
) -> KeysetPage[T]:
    """One page of ``queryset`` in ``order`` (field names, ``-`` for descending, unique in the end).

    One query. Raises BadCursor for a cursor that was cut or made up.
    """
    backwards, values = _decode(cursor, queryset.model, order) if cursor else (False, None)
    if backwards:
        directed = [name[1:] if name.startswith("-") else f"-{name}" for name in order]
    else:
        directed = list(order)
    rows = queryset.order_by(*directed)
    if values is not None:
        rows = rows.filter(_beyond(directed, values))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
        return KeysetPage(
            found,
            next=_encode(found[-1], order, "n") if found else None,
            previous=_encode(found[0], order, "p") if found and more else None,
        )
    return KeysetPage(
        found,
        next=_encode(found[-1], order, "n") if found and more else None,
        previous=_encode(found[0], order, "p") if found and values is not None else None,
    )


def first_page(found: Sequence[T], *, order: Sequence[str], size: int) -> KeysetPage[T]:
    """The first page from rows read already, in ``order``: at most ``size`` + 1 of them, the last to tell of more."""
    shown = list(found[:size])
    return KeysetPage(
        shown, next=_encode(shown[-1], order, "n") if len(found) > size else None, previous=None
    )


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after the given one: (a > x) or (a = x and b > y) …, led by a >= x, which an index can start from."""
    names = [name.lstrip("-") for name in order]
    signs = ["lt" if name.startswith("-") else "gt" for name in order]
    rule = Q()
    for position in range(len(names)):
        equal = {name: values[i] for i, name in enumerate(names[:position])}
        rule |= Q(**equal, **{f"{names[position]}__{signs[position]}": values[position]})
    return Q(**{f"{names[0]}__{signs[0]}e": values[0]}) & rule


def _encode(row: Model, order: Sequence[str], direction: str) -> str:
    values = []
    for name in order:
        value = _value(row, name.lstrip("-"))
        values.append(value.isoformat() if isinstance(value, datetime) else value)
    packed = json.dumps([direction, *values], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _value(row: Model, name: str) -> Any:
    """``content_object_id`` or ``thread__last_post_at`` of a row."""
    value: Any = row
    for step in name.split("__"):
        value = getattr(value, step)
    if isinstance(
        value, Model
    ):  # by a relation, Django orders as the related model does: other rows, no index
        raise TypeError(f"order by the column {name}_id, not by the relation")
    return value


def _decode(cursor: str, model: type[Model], order: Sequence[str]) -> tuple[bool, list[Any]]:
    if len(cursor) > _MAX_CURSOR:
        raise BadCursor
    try:
        packed = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        direction, *raw = json.loads(packed)
        if direction not in ("n", "p") or len(raw) != len(order):
            raise BadCursor
        values = [_typed(model, name.lstrip("-"), value) for name, value in zip(order, raw, strict=True)]
    except (
        ValueError,
        TypeError,
        KeyError,
        OverflowError,
        binascii.Error,
        ValidationError,
        RecursionError,
    ) as error:
        raise BadCursor from error
    return direction == "p", values


def _typed(model: type[Model], name: str, value: Any) -> Any:
    """The value as the column's type; raises one of the errors _decode turns into BadCursor."""
    *path, last = name.split("__")
    for step in path:
        model = cast("type[Model]", model._meta.get_field(step).related_model)
    if isinstance(value, (list, dict, bool)) or value is None:
        raise ValueError(value)
    if isinstance(value, str) and "\x00" in value.encode().decode():  # a lone surrogate does not encode
        raise ValueError("NUL")
    field: Any = model._meta.pk if last == "pk" else model._meta.get_field(last)
    while field.is_relation:
        field = field.target_field
    typed = field.to_python(value)
    if isinstance(typed, int) and not -(2**63) <= typed < 2**63:
        raise ValueError(value)
    if isinstance(typed, datetime):
        if typed.tzinfo is None:
            raise ValueError(value)
        return typed.astimezone(
            UTC
        )  # the first and last days of the calendar overflow here, not in the database
    return typed


__all__ = ["KeysetPage", "first_page", "keyset_page"]
