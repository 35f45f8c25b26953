"""One limiter for pages and API: so many acts in a fixed window, counted in the host's cache.

A fixed window lets up to twice the limit through around its edge; that is accepted for one cheap, atomic count.
"""

from __future__ import annotations

import ipaddress
import time

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from scs_series.conf import app_settings
from scs_series.exceptions import RateLimited

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def count_or_refuse(scope: str, who: object, rate: str) -> None:
    """Count one act of ``who`` in ``scope``; raise RateLimited once ``rate`` ("30/m") is used up."""
    limit, seconds, wait, key = _window(scope, who, rate)
    cache.add(key, 0, timeout=seconds + 1)
    try:
        count = cache.incr(key)
    except ValueError:  # evicted between the two calls
        return
    if count > limit:
        raise RateLimited(retry_after=wait)


def refuse_if_used_up(scope: str, who: object, rate: str) -> None:
    """Raise RateLimited where ``rate`` is used up already; counts nothing. For what only failures count against."""
    limit, _seconds, wait, key = _window(scope, who, rate)
    if cache.get(key, 0) >= limit:
        raise RateLimited(retry_after=wait)


def count_address(request: HttpRequest, scope: str = "address", rate: str = "") -> None:
    """Count one write from the network address that a request came from; raise RateLimited past ``rate`` (ADDRESS_RATE).

    Pages ask it for each form that is sent, the API for each write, whoever sends them. Where no address is known (a
    server behind a Unix socket, and no CLIENT_ADDRESS) nobody is counted: else all would share one limit.
    """
    address = client_address(request)
    if address:
        # Not the address itself: what is counted says nothing of who came.
        who = salted_hmac("scs_series.ratelimit", address).hexdigest()[:24]
        count_or_refuse(scope, who, rate or app_settings.ADDRESS_RATE)


def client_address(request: HttpRequest) -> str:
    """Where a request came from; of IPv6 the network, for whoever has one address there has all of them.

    Headers are not read: anybody can send them. A host behind proxies names a function that knows which to believe
    (CLIENT_ADDRESS).
    """
    named = app_settings.CLIENT_ADDRESS
    address = str(import_string(named)(request) if named else request.META.get("REMOTE_ADDR", "")).strip()
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 64), strict=False))
        return str(found.ipv4_mapped)
    return str(found)


def _window(scope: str, who: object, rate: str) -> tuple[int, int, int, str]:
    """The limit, the length of the window and what is left of it, both in seconds, and the counter's key."""
    limit, _, period = rate.partition("/")
    seconds = _SECONDS[period]
    now = time.time()
    window = int(now // seconds)
    wait = max(1, int((window + 1) * seconds - now) + 1)
    return int(limit), seconds, wait, f"scs_series:rate:{scope}:{who}:{window}"
