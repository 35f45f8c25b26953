"""The only place that answers "may this user do this to that?".

Pages, admin, API and services ask ``policy.can_verb_noun(user, object)``. A host replaces the class by
``SCS_SERIES["POLICY"]``, usually with a subclass of Policy that overrides one method. Whether a user may *see*
a thing is not asked here: that is the ``visible_to`` method of its QuerySet.

``user`` is the host's user or AnonymousUser; every method returns a bool and may be asked about anybody.
"""

from __future__ import annotations

import functools
from typing import Any, cast

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from scs_series.conf import app_settings
from scs_series.models import Member, Part, Post, Series, Source, Thread, member_of
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
        return member is not None and series.authors.filter(pk=member.pk).exists()

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

    def can_edit_post(self, user: Any, post: Post) -> bool:
        """One's own, while it and its thread are open and shown; and who edits any post."""
        if not self.is_member(user):
            return False
        if user.has_perm("scs_series.edit_any_post"):
            return True
        if post.is_hidden or post.thread.locked_at or post.thread.hidden_at:
            return False
        return self._is_own(user, post.author_id)

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

    def can_save_draft(self, user: Any) -> bool:
        """Of an answer or a thread, wherever they may read: it may be locked for a while, and the text is theirs."""
        return self.is_member(user)

    def can_upload(self, user: Any) -> bool:
        return self.is_member(user)

    def can_edit_member(self, user: Any, member: Member) -> bool:
        return self._is_own(user, member.pk) or (
            self.is_member(user) and user.has_perm("scs_series.change_member")
        )

    # ------------------------------------------------------------------
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
