"""Who is told of what, and what a member does with it."""

from scs_series.services.notifications.reading import mark_all_read, mark_read, mark_read_up_to
from scs_series.services.notifications.unsubscribing import (
    Unsubscription,
    token_for,
    unsubscribe,
    unsubscription,
)

__all__ = [
    "Unsubscription",
    "mark_all_read",
    "mark_read",
    "mark_read_up_to",
    "token_for",
    "unsubscribe",
    "unsubscription",
]
