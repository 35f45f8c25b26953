"""Cache keys that belong to one test of one worker, on whatever cache the run uses."""

from __future__ import annotations

import itertools
import os
import secrets

from django.core.cache.backends.redis import RedisCache

_run = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{secrets.token_hex(4)}"
_count = itertools.count()
_current = next(_count)


def forget() -> None:
    """From now on no key written before is found: an empty cache for every thread of this process."""
    global _current
    _current = next(_count)


def make_key(key: str, key_prefix: str, version: int) -> str:
    return f"{_run}:{_current}:{key_prefix}:{version}:{key}"


class IsolatedRedisCache(RedisCache):
    """Redis whose ``clear`` forgets our own keys: the real one empties the server under the other workers."""

    def clear(self) -> bool:
        forget()
        return True
