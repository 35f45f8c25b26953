"""Sessions in the database, found by a compiled query: every page of a member begins with it (docs/performance.md)."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from scs_series.prepared import Prepared

_sessions: Prepared[Session] = Prepared(
    lambda key, at: Session.objects.filter(session_key=key, expire_date__gt=at)
)


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> Session | None:
        found = _sessions.first(key=str(self.session_key), at=timezone.now())
        if found is None:
            self._session_key = None  # as Django does: a key that somebody made up is not taken over
        return found
