"""Blocks: whom a member keeps away. Neither side is told of the other; who is kept away is told of nothing."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Block, Member, Post, member_of
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.members import member_for
from scs_series.services.transactions import atomic_write


def block_member(*, other: Member, by: Any, level: str = Block.Level.BLOCK) -> Block:
    """Mute or block another member; said again, it stays as it is.

    Muted, neither is told of the other. Blocked, they may besides not answer, mention or react to what ``by`` writes.
    Raises NotAllowed for visitors and for oneself, InvalidInput (field ``level``), RateLimited.
    """
    if not policy.can_block_member(by, other):
        raise NotAllowed
    if level not in Block.Level.values:
        raise InvalidInput(_("Choose mute or block."), code="bad_level", field="level")
    member = member_for(by)
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    return _block(member, other, level)


@atomic_write
def _block(member: Member, other: Member, level: str) -> Block:
    block, is_new = Block.objects.get_or_create(member=member, other=other, defaults={"level": level})
    if not is_new and block.level != level:
        block.level = level
        block.save(update_fields=["level"])
    return block


def unblock_member(*, other: Member, by: Any) -> bool:
    """Neither mute nor block them any more. True if that changed anything; raises NotAllowed, RateLimited."""
    if not policy.can_block_member(by, other):
        raise NotAllowed
    member = member_of(by)
    if member is None:
        return False
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    deleted, _rows = Block.objects.filter(member=member, other=other).delete()
    return bool(deleted)


def refuse_blocked(*, post: Post, is_blocked: bool, by: Any) -> None:
    """Raises InvalidInput (``blocked``, field ``answers``) where the author of ``post`` takes no answers from ``by``.

    The text may still be sent to the thread, which belongs to everybody; the error says so, and not why.
    """
    if is_blocked and not policy.can_answer_though_blocked(by):
        raise InvalidInput(
            _(
                "You cannot answer no. %(number)d. Sent again, your text goes to the thread without answering it."
            )
            % {"number": post.number},
            code="blocked",
            field="answers",
        )
