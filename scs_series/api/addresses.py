"""Absolute addresses of pages and of the API's own things, without resolving a route for every row.

``reverse`` takes some 15 µs and every row has two addresses or three. A route is reversed once with stand-ins, kept,
and filled in by formatting.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.http import RFC3986_SUBDELIMS
from django.utils.translation import get_language
from rest_framework.request import Request

from scs_series.models import Thread

#: As Django quotes what it puts into an address.
_SAFE = RFC3986_SUBDELIMS + "/~:@"
_PAGES = "scs_series"
_API = "scs_series_api"


@lru_cache(maxsize=512)
def _pattern(name: str, kinds: str, urlconf: Any, prefix: str, language: str | None) -> str | None:
    """The route as a format string, or None where the host has no such page. ``kinds``: n number, s string."""
    stand_ins = [
        f"9{position}0000000000007" if kind == "n" else f"scs-{position}-stand-in"
        for position, kind in enumerate(kinds)
    ]
    try:
        address = reverse(name, args=stand_ins, urlconf=urlconf)
    except NoReverseMatch:
        return None
    address = address.replace("{", "{{").replace("}", "}}")
    for position, stand_in in enumerate(stand_ins):
        address = address.replace(stand_in, f"{{{position}}}")
    return address


@lru_cache(maxsize=4_096)
def thread_slug(title: str) -> str:
    """The model's own rule, asked once for a title."""
    return Thread(title=title).slug


class Addresses:
    """Addresses as the client of one request sees this site."""

    def __init__(self, request: Request | HttpRequest) -> None:
        plain: HttpRequest = getattr(request, "_request", request)
        self.base = f"{plain.scheme}://{plain.get_host()}"
        match = plain.resolver_match
        namespace = match.namespace if match else _API
        self._api = f"{namespace}:" if namespace else ""
        self._where = (get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), get_language())

    def _fill(self, name: str, values: tuple[str | int, ...]) -> str | None:
        kinds = "".join("n" if isinstance(value, int) else "s" for value in values)
        pattern = _pattern(name, kinds, *self._where)
        if pattern is None:
            return None
        return self.base + pattern.format(
            *[v if isinstance(v, int) else quote(v, safe=_SAFE) for v in values]
        )

    def page(self, name: str, *values: str | int) -> str | None:
        """A page of ours; None where the host mounts the API alone."""
        return self._fill(f"{_PAGES}:{name}", values)

    def api(self, name: str, *values: str | int) -> str:
        return self._fill(f"{self._api}{name}", values) or ""

    def thread_page(self, pk: int, title: str, number: int | None = None) -> str | None:
        address = self.page("thread-detail", pk, thread_slug(title))
        return f"{address}?post={number}" if address and number else address

    def file(self, url: str) -> str:
        """A stored file: on this host, or wherever the host's storage keeps it."""
        return url if url.startswith(("http://", "https://", "//")) else self.base + url


__all__ = ["Addresses", "thread_slug"]
