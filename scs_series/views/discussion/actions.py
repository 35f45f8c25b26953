"""The row under a post: reactions and what its reader may do. What differs by reader, put into stored fragments."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from scs_series.models import Post, Thread, member_of
from scs_series.policies import policy
from scs_series.services.discussion import reaction_words, shown_counts
from scs_series.views.discussion.mine import Mine


def _stand_in() -> str:
    """A number that addresses take, and that no title can hold on purpose."""
    return str(10**17 + secrets.randbelow(10**17))


#: Stand for a post's number, for how many said a word, for the words that were said and for those that were not, while
#: a row is rendered once for all posts of a kind.
_NUMBER, _COUNT, _SAID, _UNSAID = (_stand_in() for _each in range(4))
_NOTHING: frozenset[str] = frozenset()


class Actions:
    """Rows for one page of a thread. Templates run once for each kind of row, not for each post."""

    def __init__(self, request: HttpRequest, thread: Thread, mine: Mine) -> None:
        self._request, self._thread, self._mine = request, thread, mine
        user = request.user
        self._user: Any = user
        member = member_of(user)
        self._member = member.pk if member else 0
        self._words = reaction_words()
        # A visitor is led to where they can answer, by way of signing in.
        self._can_reply = policy.can_reply(user, thread) if user.is_authenticated else not thread.locked_at
        self._can_accept = thread.kind == Thread.Kind.QUESTION and policy.can_accept_answer(user, thread)
        self._made: dict[Any, str] = {}

    def row(
        self, number: int, author: int, status: str, counts: Mapping[str, int], written_at: datetime
    ) -> str:
        """The row under a post that stands in its place, if only as a stub."""
        is_shown = status == Post.Status.PUBLISHED
        said = shown_counts(counts) if counts and is_shown else {}
        mine = frozenset(self._mine.reactions.get(number, _NOTHING)) if is_shown else _NOTHING
        kind = (*self._kind(number, author, status, written_at), mine, tuple(said.items()))
        html = self._made.get(kind)
        if html is None:
            html = self._made[kind] = self._row(
                kind, said, mine, self._post(number, author, status, written_at)
            )
        return html.replace(_NUMBER, str(number))

    def gone(self, number: int, author: int, written_at: datetime) -> str:
        """For who may bring it back: the place of a post that was withdrawn before anybody answered. Else nothing."""
        kind = ("gone", author == self._member, self._is_young(author, written_at))
        html = self._made.get(kind)
        if html is None:
            post = self._post(number, author, Post.Status.WITHDRAWN, written_at)
            html = ""
            if policy.can_restore_post(self._user, post):
                context = {"thread": self._thread, "number": _NUMBER, "is_own": author == self._member}
                html = self._render("_post_gone.html", context)
            self._made[kind] = html
        return html.replace(_NUMBER, str(number))

    # ------------------------------------------------------------------ what tells rows apart
    def _kind(self, number: int, author: int, status: str, written_at: datetime) -> tuple[Any, ...]:
        is_accepted = self._thread.is_answered and number == self._thread.accepted_number
        return (
            author == self._member, status, self._is_young(author, written_at), author in self._mine.kept_away_by,
            "opening" if number == 1 else "accepted" if is_accepted else "", number in self._mine.bookmarks,
        )  # fmt: skip

    def _is_young(self, author: int, written_at: datetime) -> bool:
        """Asked of one's own posts alone: it makes no difference to others."""
        return author == self._member and policy.is_within_edit_window(Post(created_at=written_at))

    def _post(self, number: int, author: int, status: str, written_at: datetime) -> Post:
        return Post(
            thread=self._thread, number=number, author_id=author, status=status, created_at=written_at
        )

    # ------------------------------------------------------------------ what is rendered
    def _row(self, kind: tuple[Any, ...], said: Mapping[str, int], mine: frozenset[str], post: Post) -> str:
        is_own, _status, _is_young, is_kept_away, role, is_bookmarked = kind[:6]
        user = self._user
        can_react = bool(self._words) and policy.can_react(user, post, is_kept_away)
        unsaid = [word for word in self._words if word not in said] if can_react else []
        buttons = {
            word: self._word(word, word in mine, can_react or word in mine) for word in (*said, *unsaid)
        }
        frame = ("frame", *kind[:6], bool(said), bool(unsaid))
        if frame not in self._made:
            may_accept = self._can_accept and role != "opening" and not post.is_hidden
            self._made[frame] = self._render(
                "_post_actions.html",
                {
                    "thread": self._thread,
                    "number": _NUMBER,
                    "said": _SAID if said else "",
                    "unsaid": _UNSAID if unsaid else "",
                    "is_own": is_own,
                    "can_reply": self._can_reply and not post.is_hidden,
                    "can_edit": user.is_authenticated and policy.can_edit_post(user, post),
                    "can_withdraw": policy.can_withdraw_post(user, post),
                    "can_bookmark": not post.is_hidden and policy.can_bookmark(user),
                    "is_bookmarked": is_bookmarked,
                    "can_restore": policy.can_restore_post(user, post),
                    "can_accept": may_accept and role != "accepted",
                    "can_unaccept": may_accept and role == "accepted",
                },
            )
        return (
            self._made[frame]
            .replace(
                _SAID, "".join(buttons[word].replace(_COUNT, str(count)) for word, count in said.items())
            )
            .replace(_UNSAID, "".join(buttons[word].replace(_COUNT, "") for word in unsaid))
        )

    def _word(self, word: str, is_mine: bool, is_button: bool) -> str:
        key = ("word", word, is_mine, is_button)
        if key not in self._made:
            self._made[key] = self._render(
                "_reaction.html",
                {
                    "thread": self._thread,
                    "number": _NUMBER,
                    "word": word,
                    "label": self._words[word],
                    "count": _COUNT,
                    "is_mine": is_mine,
                    "is_button": is_button,
                },
            )
        return self._made[key]

    def _render(self, template: str, context: dict[str, Any]) -> str:
        return render_to_string(
            f"scs_series/includes/{template}",
            context,
            request=self._request if self._user.is_authenticated else None,
        ).strip()
