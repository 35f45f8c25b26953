"""Visitors' pages from the cache, and conditional requests, both keyed by content versions.

A page's *mark* is what it was made from: the versions of what shows on it, and the last moment at which any part
went public (so that publication by time needs no job). One query reads the mark; the same mark answers 304 and
finds the cached page. A page made from another mark is simply never found again, so a cached page is never stale.

A member's page holds what is theirs and is put together each time, from pieces kept under the same mark
(scs_series.pieces) where the member sees what visitors see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.cache import BaseCache, caches
from django.db import models
from django.db.models import Exists, Subquery, Value
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language

import scs_series
from scs_series.conf import app_settings
from scs_series.models import Part, Series, member_of
from scs_series.models.discussion import sees_hidden
from scs_series.models.series import edits_all
from scs_series.pieces import Pieces
from scs_series.prepared import Prepared

#: What of a cached response is kept beside its content.
_KEPT_HEADERS = ("Content-Type", "Content-Language", "Last-Modified", "Link")


class Mark:
    """Reads the versions of one row and the publication mark in one query, compiled once (see scs_series.prepared).

    ``rows`` makes the queryset from the moment ``at`` and whatever names the row; the row's own visibility to visitors
    belongs in it. ``fields`` default to ("version",); the row's key is always there, for a slug may come to name
    another row, of the same version. ``own``: what a member has of the row, as an expression made from the member's
    key; it is no part of the mark, and comes along for nothing.
    """

    def __init__(
        self,
        rows: Callable[..., models.QuerySet[Any]],
        *fields: str,
        own: Callable[[Any], Any] | None = None,
    ) -> None:
        def marked(
            at: datetime, member: int | None = None, **names: Any
        ) -> models.QuerySet[Any, tuple[Any, ...]]:
            latest = Part.objects.published(at).order_by("-published_at").values("published_at")[:1]
            found = rows(at=at, **names).order_by().annotate(publication_mark=Subquery(latest))
            columns = ["pk", *(fields or ("version",)), "publication_mark"]
            if member is not None:
                found = found.annotate(edits=Exists(Series.authors.through.objects.filter(member=member)))
                columns.append("edits")
                found = found.annotate(own=own(member) if own else Value(None, models.TextField()))
                columns.append("own")
            values: models.QuerySet[Any, tuple[Any, ...]] = found.values_list(*columns)[:1]
            return values

        self._prepared = Prepared(marked)

    def __call__(self, **names: str | int) -> tuple[Any, ...] | None:
        """The mark, or None where there is no such row."""
        rows = self._prepared.raw(at=timezone.now(), **names)
        return rows[0] if rows else None

    def of(self, **names: str | int) -> MarkOf:
        """The mark of one row, to be read when it is asked for."""
        return MarkOf(self, names)

    def for_member(self, member: int, **names: str | int) -> tuple[tuple[Any, ...] | None, Any]:
        """The same mark, and what is the member's ``own`` of the row.

        No mark too for who edits a series, and so may see more than visitors do.
        """
        rows = self._prepared.raw(at=timezone.now(), member=member, **names)
        if not rows:
            return None, None
        *mark, edits, own = rows[0]
        return (None if edits else tuple(mark)), own


class MarkOf:
    """The mark of one row: called for visitors, asked ``for_reader`` for members."""

    def __init__(self, mark: Mark, names: dict[str, str | int]) -> None:
        self._mark, self._names = mark, names
        #: What the reader has of the row, or None; ``has_own`` says whether it was asked.
        self.own: Any = None
        self.has_own = False

    def __call__(self) -> tuple[Any, ...] | None:
        return self._mark(**self._names)

    def for_reader(self, user: Any) -> tuple[Any, ...] | None:
        """The mark of what somebody signed in sees, where that is what visitors see; else None."""
        if sees_hidden(user) or edits_all(user):
            return None
        member = member_of(user)
        if member is None:
            return self()
        versions, self.own = self._mark.for_member(member.pk, **self._names)
        self.has_own = True
        return versions


def etag_of(request: HttpRequest, name: str, mark: tuple[Any, ...]) -> str:
    """A strong validator for this address, language, time zone and mark, as made by this release."""
    pieces = [
        scs_series.__version__, app_settings.PAGE_CACHE_SALT, name, request.get_host(), request.scheme,
        request.get_full_path(),
        get_language(), timezone.get_current_timezone_name(), *(value.isoformat() if isinstance(value, datetime) else value for value in mark),
    ]  # fmt: skip
    return f'"{hashlib.blake2b(repr(pieces).encode(), digest_size=15).hexdigest()}"'


def versioned(
    request: HttpRequest,
    *,
    name: str,
    mark: Callable[[], tuple[Any, ...] | None],
    build: Callable[[], HttpResponse],
    reads: Mapping[str, Callable[[str], bool]] = MappingProxyType({}),
) -> HttpResponse:
    """Answer from the validator, the cache, or ``build``, in this order.

    ``reads``: the query parameters that the page depends on, and which of their values make another page. A page
    that is asked for with anything else is built and not kept: whoever adds numbers to an address must not fill the
    cache with copies.
    Nor is what ``build`` gave a Cache-Control of its own.
    Only for GET and HEAD by visitors: a member's page holds what is theirs and is always built, from pieces where
    ``mark`` is one of ``Mark.of``. ``build`` raises Http404 for what may not be seen; where ``mark`` gives None,
    ``build`` is asked and says why.
    """
    cache = caches[app_settings.PAGE_CACHE] if app_settings.PAGE_CACHE and not settings.DEBUG else None
    may_keep = _has_one_spelling(request) and all(
        name in reads and reads[name](str(value)) for name, value in request.GET.items()
    )
    is_read = request.method in ("GET", "HEAD")
    if not (is_read and _is_visitor(request)):
        pieces = _pieces_for_member(request, name, mark, cache) if is_read and cache and may_keep else None
        request.scs_pieces = pieces  # type: ignore[attr-defined]  # read by scs_series.pieces alone
        response = build()
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if pieces and response.status_code == 200:
            _render(response)
            pieces.save()
        return response
    versions = mark()
    if versions is None:
        return build()
    etag = etag_of(request, name, versions)
    if _matches(request, etag):
        return _dress(HttpResponseNotModified(), etag)
    key = f"scs_series:page:{etag}"
    kept = cache.get(key) if cache else None
    if kept is not None:
        content, headers = kept
        return _dress(HttpResponse(content, headers=headers), etag)
    response = build()
    if response.status_code != 200 or response.has_header("Cache-Control"):
        return response
    _render(response)
    if request.META.get(
        "CSRF_COOKIE_NEEDS_UPDATE"
    ):  # a form of the host's on this page: the token is one visitor's
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
    if cache and may_keep and not response.cookies and not getattr(response, "streaming", False):
        headers = {h: response.headers[h] for h in _KEPT_HEADERS if h in response.headers}
        cache.set(key, (response.content, headers), timeout=app_settings.PAGE_CACHE_SECONDS)
    return _dress(response, etag)


def _pieces_for_member(
    request: HttpRequest, name: str, mark: Callable[[], tuple[Any, ...] | None], cache: BaseCache
) -> Pieces | None:
    """What is kept for members of this page, or None where this one's is built as a whole."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not isinstance(mark, MarkOf):
        return None
    versions = mark.for_reader(user)
    return Pieces(cache, f"scs_series:pieces:{etag_of(request, name, versions)}") if versions else None


def _has_one_spelling(request: HttpRequest) -> bool:
    """Whether the query is written as we would write it, each name once: ``?&&`` asks for what ``?`` asks for."""
    query = request.META.get("QUERY_STRING", "")
    return not query or (
        query == request.GET.urlencode() and all(len(v) == 1 for _, v in request.GET.lists())
    )


def _render(response: HttpResponse) -> None:
    if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        response.render()


def _is_visitor(request: HttpRequest) -> bool:
    """Nobody signed in, and nothing to say to them alone (a message after signing out)."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return False
    if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
        return False
    return not len(get_messages(request))


def _matches(request: HttpRequest, etag: str) -> bool:
    header = request.META.get("HTTP_IF_NONE_MATCH", "")
    if not header:
        return False
    # A proxy that compressed the page may have made the validator weak: weak comparison (RFC 9110, 13.1.2).
    return header.strip() == "*" or etag in {tag.removeprefix("W/") for tag in parse_etags(header)}


def _dress(response: HttpResponse, etag: str) -> HttpResponse:
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    if "Vary" in response.headers:
        patch_vary_headers(response, ["Cookie", "Accept-Language"])
    else:
        response.headers["Vary"] = "Cookie, Accept-Language"
    return response


__all__ = ["Mark", "MarkOf", "etag_of", "versioned"]
