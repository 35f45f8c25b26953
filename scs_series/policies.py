"""The only place that answers "may this user do this to that?".

Pages, admin, API and services ask ``policy.can_verb_noun(user, object)``. A host replaces the class by
``SCS_SERIES["POLICY"]``, usually with a subclass of Policy that overrides one method. Whether a user may *see*
a thing is not asked here: that is the ``visible_to`` method of its QuerySet.

``user`` is the host's user or AnonymousUser; every method returns a bool and may be asked about anybody.
"""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.signals import setting_changed
from django.utils import timezone
from django.utils.module_loading import import_string

from scs_series.conf import app_settings
from scs_series.models import Block, Member, Notification, Part, Post, Series, Source, Thread, member_of
from scs_series.models.series import EDIT_ALL


class Policy:
    """The rules as they come with the app."""

    # ------------------------------------------------------------------ who somebody is
    def is_member(self, user: Any) -> bool:
        """Signed in with an account in use: may take part."""
        return bool(user.is_authenticated and user.is_active)

    def can_edit_series(self, user: Any, series: Series) -> bool:
        """Authors of the series, and who holds ``edit_all_series``: sees drafts, edits parts and sources."""
        if not self.is_member(user):
            return False
        if user.has_perm(EDIT_ALL):
            return True
        member = member_of(user)
        return member is not None and member.is_author_of(series)

    # ------------------------------------------------------------------ series and parts
    def can_add_series(self, user: Any) -> bool:
        return self.is_member(user) and user.has_perm("scs_series.add_series")

    def can_add_part(self, user: Any, series: Series) -> bool:
        return self.can_edit_series(user, series)

    def can_edit_part(self, user: Any, part: Part) -> bool:
        return self.can_edit_series(user, part.series)

    def can_publish_part(self, user: Any, part: Part) -> bool:
        return self.can_edit_part(user, part) and user.has_perm("scs_series.publish_part")

    # ------------------------------------------------------------------ discussion
    def can_start_thread(self, user: Any, part: Part) -> bool:
        """Members, under what is public; editors under drafts too."""
        return self.is_member(user) and (part.is_public or self.can_edit_part(user, part))

    def can_reply(self, user: Any, thread: Thread) -> bool:
        """Members, where the part can be read, unless the thread is locked or hidden; who locks may answer locked."""
        if not self.is_member(user):
            return False
        if not (thread.part.is_public or self.can_edit_part(user, thread.part)):
            return False
        if thread.locked_at and not self.can_lock_thread(user, thread):
            return False
        return not thread.hidden_at or self.can_hide_thread(user, thread)

    def can_edit_thread(self, user: Any, thread: Thread) -> bool:
        """Title, kind and tags: its author while it is open, and who edits any thread."""
        if not self.is_member(user):
            return False
        if user.has_perm("scs_series.edit_any_thread"):
            return True
        return self._is_own(user, thread.author_id) and not thread.locked_at and not thread.hidden_at

    def can_edit_post(self, user: Any, post: Post, at: datetime | None = None) -> bool:
        """One's own, for a while, as long as it and its thread are open and shown; and who edits any post.

        ``at``: when it was edited, of what is imported: it was in time where that happened.
        """
        if not self.is_member(user):
            return False
        if user.has_perm("scs_series.edit_any_post"):
            return True
        return not post.is_hidden and self._has_in_hand(user, post, at)

    def can_withdraw_post(self, user: Any, post: Post) -> bool:
        """One's own, as long as one may edit it. What others wrote moderators hide."""
        return not post.is_hidden and self._has_in_hand(user, post)

    def can_restore_post(self, user: Any, post: Post) -> bool:
        """What was withdrawn: its author, as long as they could edit it; and who hides posts."""
        return post.is_withdrawn and (self._has_in_hand(user, post) or self.can_hide_post(user, post))

    def is_within_edit_window(self, post: Post, at: datetime | None = None) -> bool:
        """Whether a post is so young that its author may still change it. What is imported (``at``) always was."""
        window = app_settings.EDIT_WINDOW
        return (
            window is None or at is not None or timezone.now() - post.created_at <= timedelta(seconds=window)
        )

    def can_react(self, user: Any, post: Post, is_kept_away: bool | None = None) -> bool:
        """Say one's word on what another wrote: who may answer there, unless the other keeps them away.

        A reaction is an answer in one word: a lock, which ends the talk, ends it too. ``is_kept_away``: what
        ``is_kept_away`` says, for who has asked for a whole page of posts already.
        """
        if post.is_hidden or self._is_own(user, post.author_id) or not self.can_reply(user, post.thread):
            return False
        return not (self.is_kept_away(user, post.author_id) if is_kept_away is None else is_kept_away)

    def is_kept_away(self, user: Any, member_id: int) -> bool:
        """Whether a member blocked this user."""
        member = member_of(user)
        if member is None:
            return False
        return Block.objects.blocking().filter(member=member_id, other=member).exists()

    def can_accept_answer(self, user: Any, thread: Thread) -> bool:
        """Of a question: who asked it, while it is open; the editors of its series; and who resolves any thread."""
        if self._is_own(user, thread.author_id) and not (thread.locked_at or thread.hidden_at):
            return True
        return self.can_resolve_thread(user, thread)

    def can_resolve_thread(self, user: Any, thread: Thread) -> bool:
        """Take or leave what it proposes: the editors of its series, and who resolves any thread."""
        if not self.is_member(user):
            return False
        if user.has_perm("scs_series.resolve_thread"):
            return True
        return not thread.hidden_at and self.can_edit_series(user, thread.series)

    def can_see_hidden_post(self, user: Any, post: Post) -> bool:
        """The text behind a stub: its author, and who holds ``see_hidden``."""
        return self._is_own(user, post.author_id) or (
            self.is_member(user) and user.has_perm("scs_series.see_hidden")
        )

    def can_pin_thread(self, user: Any, thread: Thread) -> bool:
        return self.is_member(user) and user.has_perm("scs_series.pin_thread")

    def can_lock_thread(self, user: Any, thread: Thread) -> bool:
        return self.is_member(user) and user.has_perm("scs_series.lock_thread")

    def can_hide_thread(self, user: Any, thread: Thread) -> bool:
        return self.is_member(user) and user.has_perm("scs_series.hide_thread")

    def can_hide_post(self, user: Any, post: Post) -> bool:
        return self.is_member(user) and user.has_perm("scs_series.hide_post")

    # ------------------------------------------------------------------ sources and tags
    def can_add_source(self, user: Any, series: Series) -> bool:
        if app_settings.MEMBERS_ADD_SOURCES and self.is_member(user):
            return True
        return self.can_edit_series(user, series) or (
            self.is_member(user) and user.has_perm("scs_series.add_source")
        )

    def can_edit_source(self, user: Any, source: Source) -> bool:
        return self.can_edit_series(user, source.series) or (
            self.is_member(user) and user.has_perm("scs_series.change_source")
        )

    def can_link_source(self, user: Any, part: Part) -> bool:
        """Further reading under a part is the editors' choice."""
        return self.can_edit_part(user, part)

    def can_create_tag(self, user: Any) -> bool:
        """Bring a new tag into being by using it."""
        return self.is_member(user) and (
            app_settings.MEMBERS_CREATE_TAGS or user.has_perm("scs_series.add_tag")
        )

    def can_add_tag(self, user: Any) -> bool:
        """Make a tag on its own, with a description."""
        return self.is_member(user) and user.has_perm("scs_series.add_tag")

    def can_edit_tag(self, user: Any) -> bool:
        return self.is_member(user) and user.has_perm("scs_series.change_tag")

    # ------------------------------------------------------------------ writing
    def can_preview(self, user: Any) -> bool:
        return self.is_member(user)

    def can_complete(self, user: Any) -> bool:
        """Be offered names, tags and keys while they type."""
        return self.is_member(user)

    def can_save_draft(self, user: Any) -> bool:
        """Of an answer or a thread, wherever they may read: it may be locked for a while, and the text is theirs."""
        return self.is_member(user)

    def can_upload(self, user: Any) -> bool:
        return self.is_member(user)

    def can_edit_member(self, user: Any, member: Member) -> bool:
        """Their names and what they say of themselves; nobody gives an erased member a name again."""
        if member.erased_at is not None:
            return False
        return self._is_own(user, member.pk) or (
            self.is_member(user) and user.has_perm("scs_series.change_member")
        )

    # ------------------------------------------------------------------ being told
    def can_have_notifications(self, user: Any) -> bool:
        """See and mark one's own."""
        return self.is_member(user)

    def can_read_notification(self, user: Any, notification: Notification) -> bool:
        """Nobody sees, or marks as read, what another was told."""
        return self._is_own(user, notification.member_id)

    def can_resend(self, user: Any) -> bool:
        """Have items of the outbox sent again, or given up."""
        return self.is_member(user) and user.has_perm("scs_series.resend_outboxitem")

    # ------------------------------------------------------------------ a member's own
    def can_subscribe(self, user: Any) -> bool:
        """Watch, follow or mute what they may see."""
        return self.is_member(user)

    def can_bookmark(self, user: Any) -> bool:
        return self.is_member(user)

    def can_block_member(self, user: Any, member: Member) -> bool:
        """Mute or block anybody but oneself."""
        return self.is_member(user) and not self._is_own(user, member.pk)

    def can_answer_though_blocked(self, user: Any) -> bool:
        """Whoever moderates answers everybody: what has to be said is not kept away by a block."""
        return self.is_member(user) and user.has_perm("scs_series.hide_post")

    def can_edit_preferences(self, user: Any, member: Member) -> bool:
        """How somebody is told, and of what, is nobody else's, not even a curator's."""
        return self._is_own(user, member.pk)

    def can_download_data(self, user: Any, member: Member) -> bool:
        """Drafts, bookmarks and blocks are in it: nobody else's."""
        return self._is_own(user, member.pk)

    def can_erase_member(self, user: Any, member: Member) -> bool:
        """Themselves, and who may delete members, on their request. It is not undone."""
        if member.erased_at is not None:
            return False
        return self._is_own(user, member.pk) or (
            self.is_member(user) and user.has_perm("scs_series.delete_member")
        )

    # ------------------------------------------------------------------
    def _has_in_hand(self, user: Any, post: Post, at: datetime | None = None) -> bool:
        """A post of one's own in an open thread, not too long ago."""
        if post.thread.locked_at or post.thread.hidden_at or not self._is_own(user, post.author_id):
            return False
        return self.is_within_edit_window(post, at)

    def _is_own(self, user: Any, member_id: int | None) -> bool:
        member = member_of(user)
        return bool(member and self.is_member(user) and member.pk == member_id)


@functools.cache
def _in_force() -> Policy:
    chosen: Policy = import_string(app_settings.POLICY)()
    return chosen


class _ConfiguredPolicy:
    """Stands for the policy in force and looks it up when asked, so that tests and hosts can change it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_in_force(), name)


#: The policy in force: an instance of the class that SCS_SERIES["POLICY"] names.
policy = cast(Policy, _ConfiguredPolicy())


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "SCS_SERIES":
        _in_force.cache_clear()


setting_changed.connect(_forget, dispatch_uid="scs_series.policies.forget")
