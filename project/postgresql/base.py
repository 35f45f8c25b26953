"""The engine that DATABASE_URL=postgres://… gets (project/environment.py)."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks ``SELECT 1`` before a request only where something has come from the server since the last answer.

    A server that ends a connection (restart, fail-over, idle timeout) says so on it: then its socket can be read. A
    quiet socket is as good as one that was just asked, and asking cost every cached page as much as its own query:
    CONN_HEALTH_CHECKS halved their number a second (docs/performance.md).
    """

    def close_if_health_check_failed(self) -> None:
        # The stubs lack the one and do not know the type of the other.
        enabled, done = (
            bool(getattr(self, "health_check_enabled", False)),
            bool(getattr(self, "health_check_done", False)),
        )
        if self.connection is not None and enabled and not done:
            quiet = select.poll()
            quiet.register(self.connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
            if not quiet.poll(0):
                self.health_check_done = True
                return
        super().close_if_health_check_failed()
