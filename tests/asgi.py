"""The demo host's ASGI application for tests, in a process of its own: impatient, and with room for few streams."""

from __future__ import annotations

from django.conf import settings

from project.asgi import application
from scs_series.views.discussion import stream

settings.SCS_SERIES = {
    **settings.SCS_SERIES,
    "STREAMS_PER_READER": 3,
    "STREAMS_PER_PROCESS": 8,
    "LIVE_EVENTS": "auto",
}
stream.CHECK_SECONDS = 1.0
stream.HEARTBEAT_SECONDS = 1.0

__all__ = ["application"]
