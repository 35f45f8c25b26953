"""E-mail to members: at once or in a digest, written into the outbox where they are told, sent by its workers."""

from scs_series.services.mail.noting import note, note_digest
from scs_series.services.mail.sending import Postman, message_for

__all__ = ["Postman", "message_for", "note", "note_digest"]
