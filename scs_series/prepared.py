"""Queries compiled once: what the ORM builds is kept, and only parameters differ from request to request.

The ORM takes 0.2–0.6 ms to build and compile a query that the database answers in 0.02–0.1 ms; on pages that are
asked for most that was half of the time. So such a query is written as any other, compiled at its first use with
stand-ins for its parameters, and afterwards run as it stands: rows become instances or tuples by the ORM's own code.

    _posts = Prepared(lambda thread, first: Post.objects.filter(thread=thread, number__gte=first))
    _posts(thread=7, first=20)  # → list[Post]

Parameters are whole numbers, text and moments; the SQL must not depend on their values (None, lists and slices do
change it: close over those, one Prepared for each). A stand-in that the query lost or altered is a ValueError at the
first use, so a test that runs the query once proves it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.core.signals import setting_changed
from django.db import connections, models
from django.db.models.sql.compiler import SQLCompiler

T = TypeVar("T")

Value = int | str | datetime
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")
_kept: list[dict[Any, Any]] = []


class Prepared(Generic[T]):
    """``build`` makes the queryset from its parameters, given by name. Calling gives the rows as a list."""

    def __init__(self, build: Callable[..., models.QuerySet[Any, T]]) -> None:
        self._build = build
        self._compiled: dict[Any, _Compiled] = {}
        self._lock = threading.Lock()
        _kept.append(self._compiled)

    def __call__(self, **values: Value) -> list[T]:
        return self._compiled_for(values).run(values)

    def first(self, **values: Value) -> T | None:
        """The first row, or None. Only for queries that have one row at most, or a limit of their own."""
        rows = self(**values)
        return rows[0] if rows else None

    def raw(self, **values: Value) -> list[tuple[Any, ...]]:
        """The rows as the database's adapter gives them, for who only compares them: moments may be text."""
        return self._compiled_for(values).raw(values)

    def _compiled_for(self, values: dict[str, Value]) -> _Compiled:
        kinds = tuple((name, type(value)) for name, value in values.items())
        compiled = self._compiled.get(kinds)
        if compiled is None:
            with self._lock:
                compiled = self._compiled[kinds] = _Compiled(self._build, kinds)
        return compiled


class _Compiled:
    """One query for one choice of parameter types."""

    def __init__(
        self, build: Callable[..., models.QuerySet[Any, Any]], kinds: tuple[tuple[str, type], ...]
    ) -> None:
        stand_ins: dict[str, Value] = {
            name: _stand_in(kind, place) for place, (name, kind) in enumerate(kinds)
        }
        self.queryset = build(**stand_ins)
        self.using = self.queryset.db
        adapt = connections[self.using].ops.adapt_datetimefield_value
        self.moments = [name for name, kind in kinds if issubclass(kind, datetime)]
        self.compiler: SQLCompiler = self.queryset.query.get_compiler(self.using)
        self.sql, params = self.compiler.as_sql()
        names: dict[Any, str] = {
            adapt(v) if isinstance(v, datetime) else v: name for name, v in stand_ins.items()
        }
        self.params = tuple(params)
        self.places = [
            (place, names[p]) for place, p in enumerate(self.params) if isinstance(p, Hashable) and p in names
        ]
        frozen = [p for place, p in enumerate(self.params) if _is_moment(p) and p not in names]
        if frozen:
            raise ValueError(f"a moment that is no parameter would never pass: {frozen} in {self.sql}")
        # A moment that has no place is one that the query does not ask for: had it been altered, it were frozen.
        lost = stand_ins.keys() - {*self.moments} - {name for _place, name in self.places}
        if lost:
            raise ValueError(f"the query does not hold {lost} as given: {self.sql}")

    def _filled(self, values: dict[str, Value]) -> tuple[Any, ...]:
        if self.moments:
            adapt: Callable[[Any], Any] = connections[self.using].ops.adapt_datetimefield_value
            values = {**values, **{name: adapt(values[name]) for name in self.moments}}
        params = list(self.params)
        for place, name in self.places:
            params[place] = values[name]
        return tuple(params)

    def raw(self, values: dict[str, Value]) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(self.sql, self._filled(values))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def run(self, values: dict[str, Value]) -> list[Any]:
        params = self._filled(values)
        # The queryset, its query and its compiler, all three as they were left after compiling, sharing everything but
        # these parameters. (copy.copy would run the query: QuerySet evaluates itself to be copied.)
        queryset, query, compiler = _twin(self.queryset), _twin(self.queryset.query), _twin(self.compiler)
        # A connection belongs to its thread; the one that the query was compiled on is another thread's.
        compiler.connection = connections[self.using]
        compiler.as_sql = lambda *args, **kwargs: (self.sql, params)
        query.get_compiler = lambda *args, **kwargs: compiler
        queryset._query = query
        return list(queryset)


def _twin(thing: Any) -> Any:
    twin = object.__new__(type(thing))
    twin.__dict__.update(thing.__dict__)
    return twin


def _stand_in(kind: type, place: int) -> Value:
    if issubclass(kind, datetime):
        return datetime(1971, 2, 3, 4, 5, 6 + place, 789, tzinfo=UTC)
    if issubclass(kind, int):
        return 31_000 + place  # within the smallest integer column, or the ORM knows that nothing is found
    if issubclass(kind, str):
        return f"scs-stand-in-{place}"
    raise TypeError(f"no parameter of a prepared query: {kind}")


def _is_moment(value: object) -> bool:
    """A moment as an adapter gives it: some databases take text."""
    return isinstance(value, datetime) or (isinstance(value, str) and bool(_MOMENT.match(value)))


def _forget(*, setting: str, **kwargs: Any) -> None:
    """What is compiled may hold settings of the app."""
    if setting == "SCS_SERIES":
        for compiled in _kept:
            compiled.clear()


setting_changed.connect(_forget, dispatch_uid="scs_series.prepared.forget")
