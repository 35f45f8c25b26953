"""Pieces of pages that are the same for every reader: built once, and put into every member's page.

Visitors are given whole pages from the cache (caching.py). A member's page holds what is theirs besides, so it is put
together each time; but the text of a part, a list, a crumb are everybody's. Such a piece is marked in a template,
``{% shared "main" %}…{% endshared %}``, and kept beside the pages, under the same mark: never stale, for the same
reasons. What goes into it the view gives by ``late``, so that no query is made for a piece that is there already.

Nothing of a reader can get into what is kept: while a piece is built, each look at anything but late values and the
address is noted (who reads, messages, tokens, values that a view gave as they stand, whatever a host's context
processors add), and a piece that looked is shown once and not kept. So a host may override any block with anything:
it costs time, never privacy. What does not come by the context (a tag that reads a thread-local) is not seen.

Only for members who see what visitors see: ``caching.versioned`` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.core.cache import BaseCache
from django.http import HttpRequest
from django.template.context import Context

from scs_series.conf import app_settings

T = TypeVar("T")

#: Of a request, what the key of a page holds anyway.
_ADDRESS = frozenset(
    (
        "GET", "build_absolute_uri", "current_app", "get_full_path", "get_full_path_info", "get_host", "get_port", "is_secure", "method",
        "path", "path_info", "resolver_match", "scheme",
    )
)  # fmt: skip
#: Names of a context that say nothing of a reader; the language is in the key of a page.
_FREE = frozenset(("True", "False", "None", "LANGUAGE_CODE", "LANGUAGE_BIDI"))


class Pieces:
    """What is kept of one page in one state: read at once, written at once."""

    def __init__(self, cache: BaseCache, key: str) -> None:
        self._cache, self._key = cache, key
        self._kept: dict[Any, Any] = cache.get(key) or {}
        self._is_new = False

    def get(self, name: object) -> Any:
        return self._kept.get(name)

    def put(self, name: object, value: object) -> None:
        self._kept[name] = value
        self._is_new = True

    def save(self) -> None:
        if self._is_new:
            self._cache.set(self._key, self._kept, timeout=app_settings.PAGE_CACHE_SECONDS)


def pieces_of(request: HttpRequest | None) -> Pieces | None:
    """What is kept of the page asked for; None where this reader's page is built as a whole."""
    return getattr(request, "scs_pieces", None)


def kept(request: HttpRequest, name: str, make: Callable[[], T]) -> T:
    """Rows or other values of a page that are the same for every reader; not None."""
    pieces = pieces_of(request)
    if pieces is None:
        return make()
    value: T | None = pieces.get(name)
    if value is None:
        value = make()
        pieces.put(name, value)
    return value


class _Late:
    """A value of a context, worked out when a template asks for it: templates call what can be called."""

    def __init__(self, values: Callable[[], dict[str, Any]], name: str) -> None:
        self._values, self._name = values, name

    def __call__(self) -> Any:
        return self._values()[self._name]

    def __str__(self) -> str:
        """For ``{% blocktranslate %}``, which does not call what it finds."""
        return str(self())


def late(request: HttpRequest, values: Callable[[], dict[str, Any]], *names: str) -> dict[str, Any]:
    """The context that ``values`` makes, the same for every reader who sees what visitors see.

    Where pieces are kept, it is made at the first use of one of its ``names``; else at once, so that what is not
    there (Http404) is told before a template begins.
    """
    if pieces_of(request) is None:
        return values()
    made: dict[str, Any] = {}

    def once() -> dict[str, Any]:
        if not made:
            made.update(values())
        return made

    return {name: _Late(once, name) for name in names}


def build(pieces: Pieces, name: object, given: Iterable[str], context: Context, render: Callable[[], T]) -> T:
    """Render a piece, and keep it unless it looked at its reader. ``given``: names that ``name`` speaks for."""
    watch = _Watch(context, frozenset(given))
    has_request = hasattr(context, "request")
    real = getattr(context, "request", None)
    layers, context.dicts[:] = list(context.dicts), [watch]
    if has_request:
        context.request = watch.request  # type: ignore[attr-defined]  # of RequestContext; some tags read it there
    try:
        html = render()
    finally:
        context.dicts[:] = layers
        if has_request:
            context.request = real  # type: ignore[attr-defined]
    if not watch.has_looked:
        pieces.put(name, html)
    return html


def is_watched(context: Context) -> bool:
    """Within a piece: what is shared in it is part of it."""
    return any(isinstance(layer, _Watch) for layer in context.dicts)


class _Watch(dict[str, Any]):
    """A layer over a context that notes who looks at what is not shared."""

    def __init__(self, context: Context, given: frozenset[str]) -> None:
        every: dict[Any, Any] = {}
        for layer in context.dicts:
            every.update(layer)
        super().__init__(every)
        self._watched = {
            name
            for name, value in every.items()
            if not (name in _FREE or name in given or isinstance(value, _Late))
        }
        self.has_looked = False
        self.request = _WatchedRequest(every.get("request"), self)

    def __getitem__(self, name: str) -> Any:
        if name in self._watched:
            if name == "request":
                return self.request
            self.has_looked = True
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As by ``[]``: a dict's own ``get`` would pass it by."""
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        """Whoever takes everything (flatten, update, a copy) looked at everything."""
        self.has_looked = True
        return super().__iter__()

    def items(self) -> Any:
        self.has_looked = True
        return super().items()

    def values(self) -> Any:
        self.has_looked = True
        return super().values()

    def copy(self) -> Any:
        self.has_looked = True
        return super().copy()

    def __setitem__(self, name: str, value: Any) -> None:
        """A tag within the piece stored something: it is the piece's own."""
        self._watched.discard(name)
        super().__setitem__(name, value)

    # Layers of a context are told apart as things, not by what they hold.
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


class _WatchedRequest:
    """A request whose address may be read freely."""

    def __init__(self, request: HttpRequest | None, watch: _Watch) -> None:
        self._request, self._watch = request, watch

    def __getattr__(self, name: str) -> Any:
        if name in ("_request", "_watch"):  # a copy that is not filled yet
            raise AttributeError(name)
        if name not in _ADDRESS:
            self._watch.has_looked = True
        return getattr(self._request, name)


__all__ = ["Pieces", "build", "is_watched", "kept", "late", "pieces_of"]
