"""Mail of one event: what was said and where, in plain text and simple HTML, made so that mail programs group it."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scs_series import text
from scs_series.conf import app_settings
from scs_series.models import (
    Block,
    MailPace,
    Member,
    Notification,
    OutboxItem,
    Part,
    Post,
    Subscription,
    Thread,
)
from scs_series.services.mail.noting import address_of, note_digest
from scs_series.services.notifications.unsubscribing import token_for
from scs_series.services.notifications.wording import sentence

Kind = Notification.Kind
_TEXT_MAX_LENGTH = 10_000
_HTML_MAX_LENGTH = 60_000
#: What each link of a mail does, in its words.
_ENDS = {
    "thread": gettext_lazy("Be told nothing more of this thread"),
    "part": gettext_lazy("No more mail of this part"),
    "tag": gettext_lazy("No more mail under this tag"),
    "series": gettext_lazy("No more mail of this series"),
}
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9-]+")
_OWN_ADDRESS = re.compile(r' (href|src)="/(?!/)')


def mail_for(item: OutboxItem, member: Member) -> EmailMultiAlternatives | None:
    """The mail of one event; None where it was read, hidden or unwanted meanwhile."""
    told = item.payload
    if member.mail_pace == MailPace.NEVER or _is_unwanted(member, told):
        return None  # though a curator sends it again
    if member.mail_pace != MailPace.AT_ONCE and not told.get("again"):
        note_digest(member)
        return None
    if not (told.get("again") or _is_unread(member, told)):
        return None
    if told["thread"] is None:
        return _of_part(item, member)
    return _of_thread(item, member)


def _is_unwanted(member: Member, told: dict[str, Any]) -> bool:
    """Whether its member ended mail of the thread, or keeps apart from who did it, while the mail was waiting."""
    if told["thread"] is not None:
        muted = Subscription.objects.filter(level=Subscription.Level.MUTE)
        if muted.filter(member=member, thread=told["thread"]).exists():
            return True
    between = Q(member=member, other=told["by"]) | Q(member=told["by"], other=member)
    return Block.objects.filter(between).exists()


def _is_unread(member: Member, told: dict[str, Any]) -> bool:
    unread = Notification.objects.unread().filter(member=member, group=told["group"])
    if told["number"] is not None:  # one that began later tells of others: this was read
        unread = unread.filter(Q(first_number=None) | Q(first_number__lte=told["number"]))
    return unread.exists()


def _of_thread(item: OutboxItem, member: Member) -> EmailMultiAlternatives | None:
    told = item.payload
    thread = (
        Thread.objects.visible_to(member.user).select_related("part", "series").filter(pk=told["thread"]).first()
    )  # fmt: skip
    if thread is None:
        return None
    post = None
    if told["post"] is not None:
        post = Post.objects.published().select_related("answers").filter(pk=told["post"]).first()
        if post is None:
            return None
        post.thread = thread
    root = message_id(f"thread-{thread.pk}", member)
    own = message_id(_event(item), member)
    answered = root
    if told["kind"] in (Kind.POST, Kind.THREAD, Kind.ANSWER, Kind.MENTION) and post is not None:
        if _event(item) == f"posted:{post.pk}" and post.number == 1:
            own = root
        elif post.answers is not None and post.answers.number > 1:
            answered = message_id(f"posted:{post.answers.pk}", member)
    headers = {"Message-ID": own}
    if own != root:
        headers["In-Reply-To"] = answered
        headers["References"] = root if answered == root else f"{root} {answered}"
    subject = thread.title if own == root else _("Re: %(title)s") % {"title": thread.title}
    return compose(
        member,
        subject=subject,
        headers=headers,
        list_name=f"thread-{thread.pk}",
        because=told.get("because") or {"thread": thread.pk},
        template="told",
        context={
            "sentence": _sentence(member, told, thread=thread),
            "url": absolute(post.get_absolute_url() if post else thread.get_absolute_url()),
            "thread": thread,
            "text": _text(post),
            "html": _html(post),
        },
    )


def _of_part(item: OutboxItem, member: Member) -> EmailMultiAlternatives | None:
    told = item.payload
    part = (
        Part.objects.visible_to(member.user).for_list().select_related("series").filter(pk=told["part"]).first()
    )  # fmt: skip
    if part is None:
        return None
    return compose(
        member,
        subject=f"{part.series.title}: {part.title}",
        headers={"Message-ID": message_id(_event(item), member)},
        list_name=f"series-{part.series_id}",
        because=told.get("because") or {"series": part.series_id},
        template="told",
        context={
            "sentence": _sentence(member, told, part=part),
            "url": absolute(part.get_absolute_url()),
            "text": part.standfirst,
            "html": "",
        },
    )


def compose(
    member: Member,
    *,
    subject: str,
    headers: dict[str, str],
    list_name: str,
    because: dict[str, int],
    template: str,
    context: dict[str, Any],
) -> EmailMultiAlternatives | None:
    """A mail with everything that each of ours has; None for a member who has no address any more.

    ``because``: what it was sent for, as {"part": 3}, and what its link therefore ends; {} for all mail.
    """
    to = address_of(member)
    if not to:
        return None
    leave, everything = _leave(member, because), _leave(member, {})
    links = [(_ENDS[name], leave) for name in because]
    thread = context.get("thread")
    if thread is not None and "thread" not in because:
        links.insert(0, (_ENDS["thread"], _leave(member, {"thread": thread.pk})))
    context = {
        "member": member,
        "site": app_settings.SITE_NAME,
        "home": absolute(reverse("scs_series:notification-list")),
        "unsubscribe_links": [*links, (_("No mail at all"), everything)],
        "unsubscribe_url": leave,
        **context,
    }
    message = EmailMultiAlternatives(
        subject=line(subject)[:200],
        body=render_to_string(f"scs_series/mail/{template}.txt", context).strip() + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={
            **headers,
            "List-Id": f"<{list_name}.{_host()}>",
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string(f"scs_series/mail/{template}.html", context), "text/html")
    return message


def _leave(member: Member, target: dict[str, int]) -> str:
    return absolute(reverse("scs_series:unsubscribe", args=[token_for(member.pk, **target)]))


def message_id(event: str, member: Member) -> str:
    """The same for one event and member, however often it is sent."""
    return f"<{_NOT_IN_IDS.sub('.', event).strip('.')}.{member.pk}@{_host()}>"


def absolute(address: str) -> str:
    return f"{app_settings.BASE_URL.rstrip('/')}{address}"


def line(value: str) -> str:
    """One line: nothing in it ends a header or turns the direction of what stands beside it."""
    kept = (c for c in value if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(kept).split())


def _host() -> str:
    host = urlsplit(app_settings.BASE_URL).hostname or "localhost"
    return host.encode("idna").decode("ascii")


def _event(item: OutboxItem) -> str:
    """The event's own key, within the row's: "mail:posted:17:5" is of "posted:17"."""
    return item.key.removeprefix("mail:").rpartition(":")[0]


def _sentence(member: Member, told: dict[str, Any], **where: Any) -> str:
    """What happened, of this one event alone."""
    one = Notification(member=member, kind=told["kind"], actors=[told["by"]], **where)
    return line(sentence(one, Member.objects.in_bulk([told["by"]])))


def _text(post: Post | None) -> str:
    if post is None:
        return ""
    words = text.plain_text(post.body_html)
    return words if len(words) <= _TEXT_MAX_LENGTH else words[:_TEXT_MAX_LENGTH].rstrip() + " …"


def _html(post: Post | None) -> SafeString | str:
    """The text as it is on the page, with addresses that hold outside of it; "" where it is too long for a mail."""
    if post is None or len(post.body_html) > _HTML_MAX_LENGTH:
        return ""
    html = _OWN_ADDRESS.sub(rf' \1="{absolute("/")}', post.body_html)
    html = html.replace(' href="#', f' href="{absolute(post.get_absolute_url())}#')
    # Safe: what our renderer made of the text and stored (services.writing), its addresses led to our own site.
    return mark_safe(html)  # noqa: S308


__all__ = ["absolute", "compose", "line", "mail_for", "message_id"]
