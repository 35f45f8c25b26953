"""The outbox: what is to be done after a write, noted in the write's own transaction and worked off afterwards.

``noting`` writes rows, ``claims`` gives each to one worker at a time and keeps account of failures, ``working`` does
them. What a row means is not known here but in services.notifications (who is told) and services.mail.
"""

from scs_series.services.outbox.claims import give_up, resend
from scs_series.services.outbox.noting import note, noted, renote, take_back
from scs_series.services.outbox.working import Done, work_off

__all__ = ["Done", "give_up", "note", "noted", "renote", "resend", "take_back", "work_off"]
