"""One limiter for pages and API: so many acts in a fixed window, counted in the host's cache.

A fixed window lets up to twice the limit through around its edge; that is accepted for one cheap, atomic count.
"""

from __future__ import annotations

import time

from django.core.cache import cache

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


def _window(scope: str, who: object, rate: str) -> tuple[int, int, int, str]:
    """The limit, the length of the window and what is left of it, both in seconds, and the counter's key."""
    limit, _, period = rate.partition("/")
    seconds = _SECONDS[period]
    now = time.time()
    window = int(now // seconds)
    wait = max(1, int((window + 1) * seconds - now) + 1)
    return int(limit), seconds, wait, f"scs_series:rate:{scope}:{who}:{window}"
