"""The way out: one connection for many mails, and what a row of the outbox becomes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import NoReverseMatch
from django.utils import translation

from scs_series.models import Member, OutboxItem
from scs_series.services.mail.digests import digest_for
from scs_series.services.mail.messages import mail_for

#: Where the host set no EMAIL_TIMEOUT, Django would wait for a silent server for ever.
_TIMEOUT = 30


def message_for(item: OutboxItem) -> EmailMultiAlternatives | None:
    """The mail that a row stands for, as things are now; None where it is not wanted any more.

    In the site's language: what a member reads pages in is not known here.
    """
    member = Member.objects.select_related("user").filter(pk=item.member_id or 0, erased_at=None).first()
    if member is None:
        return None
    make = digest_for if item.kind == OutboxItem.Kind.DIGEST else mail_for
    with translation.override(settings.LANGUAGE_CODE):
        try:
            return make(item, member)
        except NoReverseMatch:  # a host that mounts no pages: there is nothing to lead to
            return None


class Postman:
    """Keeps one connection to the mail server while there is something to send."""

    def __init__(self) -> None:
        self._connection: Any = None
        self.error: Exception | None = None

    def __enter__(self) -> Postman:
        return self

    def __exit__(self, *args: object) -> None:
        self._hang_up()

    def is_there(self) -> bool:
        """Whether the server takes mail; where not, ``error`` says why."""
        if self._connection is not None:
            return True
        try:
            options: dict[str, Any] = {} if settings.EMAIL_TIMEOUT else {"timeout": _TIMEOUT}
            connection = get_connection(**options)
            connection.open()
        except Exception as error:  # noqa: BLE001  (whatever a host's backend raises: mail waits)
            self.error = error
            return False
        self._connection = connection
        return True

    def send(self, message: EmailMultiAlternatives) -> None:
        """Hand one mail over. Raises what the backend raises; the next one then goes over a new connection."""
        try:
            if self._connection.send_messages([message]) == 0:
                raise RuntimeError("the mail server's backend sent nothing")
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except Exception as error:  # noqa: BLE001  (what was sent is sent)
            self.error = error
