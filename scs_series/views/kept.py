"""What a visitor sent by a form, kept over their signing in: the very form opens with it afterwards."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from scs_series.conf import app_settings
from scs_series.exceptions import RateLimited
from scs_series.ratelimit import count_address

_NAME = "scs_series_kept"
#: Fields of our forms, and the longest value of each but the text's.
_FIELDS = {
    "title": 1_000, "kind": 10, "tags": 5_000, "answers": 10, "reason": 300, "expected_revision": 10, "submission_key": 64,
}  # fmt: skip
#: Texts of one visitor at a time, and how long.
_MOST, _SECONDS = 3, 24 * 3_600
#: Of all visitors who share an address: each may leave a session behind, and nobody knows them.
_RATE = "60/h"


def keep_sent(request: HttpRequest) -> bool:
    """Keep what was sent in the visitor's session, which signing in takes over; say whether it could be kept.

    Only of a request that passed the CSRF check: nobody else's page puts words into somebody's form. Not in a session
    that is a cookie, which has no room.
    """
    session: Any = getattr(request, "session", None)
    passed = getattr(request, "csrf_processing_done", False)
    if session is None or not passed or settings.SESSION_ENGINE.endswith("signed_cookies"):
        return False
    body = request.POST.get("body", "")
    if len(body) > 4 * app_settings.POST_MAX_LENGTH:
        return False
    try:
        count_address(request, "kept", _RATE)
    except RateLimited:
        return False  # it is shown, to be copied
    fields = {name: request.POST[name][:most] for name, most in _FIELDS.items() if name in request.POST}
    # A NUL or half of a surrogate pair is nothing that a session's table takes.
    fields = {name: _storable(value) for name, value in {**fields, "body": body}.items()}
    entries = _entries(request)
    entries[request.path] = {"fields": fields, "at": int(time.time())}
    session[_NAME] = dict(sorted(entries.items(), key=lambda entry: entry[1]["at"])[-_MOST:])
    return True


def kept_sent(request: HttpRequest) -> dict[str, str]:
    """What was sent to this address before its writer signed in, by field; empty if nothing was. Changes nothing."""
    entry = _entries(request).get(request.path)
    return dict(entry["fields"]) if entry else {}


def forget_sent(request: HttpRequest) -> None:
    """It was sent, is a draft now, or is not wanted."""
    entries = _entries(request)
    if entries.pop(request.POST.get("kept", request.path), None):
        request.session[_NAME] = entries


def _entries(request: HttpRequest) -> dict[str, Any]:
    session: Any = getattr(request, "session", None)
    entries = session.get(_NAME) if session is not None else None
    if not isinstance(entries, dict):
        return {}
    return {path: entry for path, entry in entries.items() if entry["at"] > time.time() - _SECONDS}


def _storable(value: str) -> str:
    return value.replace("\x00", "\ufffd").encode(errors="replace").decode()
