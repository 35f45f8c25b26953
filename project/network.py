"""Who is asking, as far as the network tells; axes counts failed sign-ins by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The client's address: the peer's, or what the outermost of our own proxies wrote into X-Forwarded-For.

    Entries before that one came with the request and say whatever its sender likes.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return peer
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    return forwarded[-proxies] if len(forwarded) >= proxies else peer


def username_tried(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The name somebody tries to sign in with, folded: ``Mara`` and ``mara`` are one account to guess at."""
    given = credentials or {}
    name = given.get("username") or given.get("email") or given.get("login") or ""
    if not name and request is not None:
        name = request.POST.get("login") or request.POST.get("username") or ""
    return str(name).strip().casefold()[:255]
