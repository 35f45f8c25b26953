"""The row of actions under a post: what differs by reader, put into stored fragments."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest
from django.template.loader import render_to_string

from scs_series.models import Post, Thread, member_of
from scs_series.policies import policy
from scs_series.views.discussion.mine import Mine

#: Stands for a post's number while the row is rendered once for all posts of a kind: a number that addresses take,
#: and that no title can hold on purpose.
_NUMBER = str(10**17 + secrets.randbelow(10**17))


def actions_for(request: HttpRequest, thread: Thread, mine: Mine) -> Callable[[int, int, str], str]:
    """A function (number, author, status) → HTML. The template runs once for each kind of row, not for each post."""
    member = member_of(request.user)
    made: dict[tuple[bool, bool], str] = {}
    can_reply = policy.can_reply(request.user, thread) or not request.user.is_authenticated
    if thread.locked_at and not request.user.is_authenticated:
        can_reply = False

    def actions(number: int, author_id: int, status: str) -> str:
        is_own = member is not None and member.pk == author_id
        kind = (is_own, status == Post.Status.HIDDEN)
        if kind not in made:
            post = Post(thread=thread, author_id=author_id, number=int(_NUMBER), status=status)
            made[kind] = render_to_string(
                "scs_series/includes/_post_actions.html",
                {
                    "thread": thread,
                    "number": _NUMBER,
                    "can_reply": can_reply and status != Post.Status.HIDDEN,
                    "can_edit": request.user.is_authenticated and policy.can_edit_post(request.user, post),
                },
            ).strip()
        return made[kind].replace(_NUMBER, str(number))

    return actions
