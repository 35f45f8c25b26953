"""Thread, Post and PostRevision."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connections, models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from scs_series.models.members import Member, member_of
from scs_series.models.series import Part, Series, edits_all
from scs_series.models.tagging import ThreadTag

SEE_HIDDEN = "scs_series.see_hidden"


def sees_hidden(user: Any) -> bool:
    """Whether what moderators hid is shown to this user."""
    return bool(user is not None and user.is_authenticated and user.has_perm(SEE_HIDDEN))


@lru_cache(maxsize=4_096)
def _slug_of(title: str) -> str:
    """Kept, because a page asks for a thread's address up to ten times."""
    return slugify(title, allow_unicode=True)[:80].strip("-") or "thread"


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: Any, at: datetime | None = None) -> ThreadQuerySet:
        """Threads under parts the user may read at the moment (now); hidden ones for who may see hidden things."""
        threads = self if sees_hidden(user) else self.filter(hidden_at=None)
        if edits_all(user):
            return threads
        public = Q(part__status=Part.Status.PUBLISHED, part__published_at__lte=at or timezone.now()) & ~Q(
            series__visibility=Series.Visibility.PRIVATE
        )
        member = member_of(user)
        if member:
            public |= Q(series__in=Series.authors.through.objects.filter(member=member).values("series"))
        return threads.filter(public)

    def listed_to(self, user: Any, at: datetime | None = None) -> ThreadQuerySet:
        """What lists across series show: nothing that hangs in an unlisted series, save to its editors."""
        return self.visible_to(user, at).filter(series__in=Series.objects.listed_to(user))

    def for_rows(self) -> ThreadQuerySet:
        """Only what a list prints: the row rendered when the thread last changed."""
        return self.only(
            "id",
            "row_html",
            "last_post_at",
            "created_at",
            "post_count",
            "pinned_at",
            "hidden_at",
            "title",
            "last_number",
        )


class Thread(models.Model):  # type: ignore[django-manager-missing]  # taggit carries no types
    """A discussion under one part."""

    class Kind(models.TextChoices):
        DISCUSSION = "discussion", _("Discussion")
        QUESTION = "question", _("Question")
        CORRECTION = "correction", _("Correction")
        SOURCE = "source", _("Source")

    class Resolution(models.TextChoices):
        """Where a correction or a proposed source stands; of a question, whether an answer is accepted.

        Means nothing in discussions.
        """

        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="threads", editable=False)
    part = models.ForeignKey(Part, verbose_name=_("part"), on_delete=models.PROTECT, related_name="threads")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.DISCUSSION)
    title = models.CharField(_("title"), max_length=200)
    author = models.ForeignKey(
        Member, verbose_name=_("author"), on_delete=models.PROTECT, related_name="threads"
    )
    tags = TaggableManager(through=ThreadTag, blank=True)

    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True, editable=False)
    pinned_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    locked_at = models.DateTimeField(_("locked"), null=True, blank=True, editable=False)
    locked_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    locked_reason = models.CharField(_("why locked"), max_length=300, blank=True, editable=False)
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True, editable=False)
    hidden_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    hidden_reason = models.CharField(_("why hidden"), max_length=300, blank=True, editable=False)

    resolution = models.CharField(
        _("resolution"), max_length=10, choices=Resolution, default=Resolution.OPEN, editable=False
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    resolved_reason = models.CharField(_("why resolved so"), max_length=300, blank=True, editable=False)
    # The post's number and not its key: pages walk posts by number, and need no look-up to know whether they hold it.
    accepted_number = models.PositiveIntegerField(_("accepted answer"), null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    row_html = models.TextField(editable=False, blank=True)
    revision_number = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    last_number = models.PositiveIntegerField(default=0, editable=False)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)
    last_post_at = models.DateTimeField(_("last post"), default=timezone.now, editable=False)
    created_at = models.DateTimeField(_("started"), default=timezone.now, editable=False)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        ordering = ("-last_post_at", "-id")
        permissions = (
            ("pin_thread", _("Can pin and unpin threads")),
            ("lock_thread", _("Can lock and unlock threads")),
            ("hide_thread", _("Can hide and unhide threads")),
            ("edit_any_thread", _("Can edit title, kind and tags of any thread")),
            ("resolve_thread", _("Can accept answers, and accept or decline corrections and sources")),
            ("see_hidden", _("Can see hidden threads and posts")),
        )
        indexes = (
            models.Index(fields=("part", "-last_post_at", "-id"), name="scs_thread_active"),
            models.Index(fields=("part", "-created_at", "-id"), name="scs_thread_new"),
            models.Index(fields=("part", "-post_count", "-id"), name="scs_thread_answered"),
            models.Index(
                fields=("part", "-pinned_at"), name="scs_thread_pinned", condition=Q(pinned_at__isnull=False)
            ),
            models.Index(fields=("series", "-last_post_at", "-id"), name="scs_thread_series_active"),
            models.Index(fields=("-last_post_at", "-id"), name="scs_thread_all_active"),
            models.Index(fields=("author", "-created_at", "-id"), name="scs_thread_by_author"),
        )
        constraints = (
            models.CheckConstraint(name="scs_thread_has_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="scs_thread_resolved_has_time",
                condition=Q(resolution="open") | Q(resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="scs_thread_counts", condition=Q(post_count__lte=models.F("last_number"))
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("scs_series:thread-detail", args=[self.pk, self.slug])

    @property
    def slug(self) -> str:
        """For the address only: the number finds the thread, so a new title breaks no link."""
        return _slug_of(self.title)

    @property
    def has_resolution(self) -> bool:
        """Whether somebody has to take or leave what the thread proposes."""
        return self.kind in (self.Kind.CORRECTION, self.Kind.SOURCE)

    @property
    def is_answered(self) -> bool:
        """Whether a question has an accepted answer that can be read."""
        return self.kind == self.Kind.QUESTION and self.resolution == self.Resolution.ACCEPTED

    @property
    def is_decided(self) -> bool:
        """Whether a correction or a source was accepted or declined."""
        return self.has_resolution and self.resolution != self.Resolution.OPEN

    @property
    def answer_count(self) -> int:
        return max(0, self.post_count - 1)


class PostQuerySet(models.QuerySet["Post"]):
    def published(self) -> PostQuerySet:
        return self.filter(status=Post.Status.PUBLISHED)

    def visible_to(self, user: Any) -> PostQuerySet:
        """Posts of visible threads. A hidden post stays in its place as a stub; its text is not in the stub."""
        return self.filter(thread__in=Thread.objects.visible_to(user))

    def branch_of(self, thread: int, number: int, most: int) -> tuple[list[int], list[int]] | None:
        """Numbers of the posts above one, nearest first, and of those that answer it, directly or through others.

        None where the thread has no such post.

        At most ``most`` of each, by one query: whatever is cut off below is furthest down. A post answers what was
        there before, so both run out.
        """
        connection = connections[self.db]
        table = connection.ops.quote_name(Post._meta.db_table)
        # PostgreSQL expects many rows of a recursion, and would read the whole table anew for each of its rounds: behind
        # this fence it looks up by index, as others do anyway.
        fenced = (
            f"CROSS JOIN LATERAL (SELECT id, number FROM {table} WHERE answers_id = down.id LIMIT {most}) p"  # noqa: S608  (a table of ours, and a number)
        )
        plain = f"JOIN {table} p ON p.answers_id = down.id"
        below = fenced if connection.vendor == "postgresql" else plain
        columns = {"table": table, "below": below, "most": most, "rows": most + 1}
        with connection.cursor() as cursor:
            cursor.execute(_BRANCH % columns, [thread, number])
            rows = cursor.fetchall()
        if not rows:
            return None
        above = sorted((number for way, number in rows if way == "above"), reverse=True)
        return above[1:], sorted(found for way, found in rows if way == "below" and found != number)


#: The ORM has no recursive queries. %(most)d and the table's name are ours; thread and number are parameters. Both ways
#: begin with the post itself.
_BRANCH = """
WITH RECURSIVE
  up (id, answers_id, number, depth) AS (
    SELECT id, answers_id, number, 0 FROM %(table)s WHERE thread_id = %%s AND number = %%s
    UNION ALL
    SELECT p.id, p.answers_id, p.number, up.depth + 1 FROM %(table)s p JOIN up ON p.id = up.answers_id
    WHERE up.depth < %(most)d
  ),
  down (id, number) AS (
    SELECT id, number FROM up WHERE depth = 0
    UNION ALL
    SELECT p.id, p.number FROM down %(below)s
  )
SELECT 'above', number FROM up
UNION ALL
SELECT 'below', number FROM (SELECT number FROM down LIMIT %(rows)d) AS found
"""


class Post(models.Model):
    """One message in a thread, numbered 1, 2, 3 … within it.

    ``fragment`` is the whole rendered post as every reader sees it; pages put fragments side by side. What
    differs by reader is put in at a marker (see services.rendering).
    """

    class Status(models.TextChoices):
        PUBLISHED = "published", _("published")
        HIDDEN = "hidden", _("hidden")
        WITHDRAWN = "withdrawn", _("withdrawn by its author")

    # Its index is that of the numbers. One of the thread alone draws PostgreSQL, which does not know that a number is in
    # a thread once, to read all of a long thread for a few numbers of it.
    thread = models.ForeignKey(
        Thread, verbose_name=_("thread"), on_delete=models.PROTECT, related_name="posts", db_index=False
    )
    number = models.PositiveIntegerField(_("number"), editable=False)
    author = models.ForeignKey(
        Member, verbose_name=_("author"), on_delete=models.PROTECT, related_name="posts"
    )
    answers = models.ForeignKey(
        "self",
        verbose_name=_("answers"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="answered_by",
    )
    answer_numbers = models.JSONField(
        _("answered by"), default=list, blank=True, editable=False
    )  # numbers of the posts that answer this one, in order: a page of posts shows them without a look-up
    body = models.TextField(_("text"))
    body_html = models.TextField(editable=False, blank=True)
    fragment = models.TextField(editable=False, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PUBLISHED, editable=False
    )
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True, editable=False)
    hidden_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    hidden_reason = models.CharField(_("why hidden"), max_length=300, blank=True, editable=False)
    reaction_counts = models.JSONField(
        _("reactions"), default=dict, blank=True, editable=False
    )  # how many members said which word; words that nobody says are not in it
    revision_number = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    edited_by = models.ForeignKey(
        Member, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    edit_reason = models.CharField(_("why edited"), max_length=300, blank=True, editable=False)
    submission_key = models.CharField(max_length=64, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ("thread", "number")
        permissions = (
            ("hide_post", _("Can hide and unhide posts")),
            ("edit_any_post", _("Can edit any post")),
        )
        indexes = (
            models.Index(fields=("author", "-created_at", "-id"), name="scs_post_by_author"),
            models.Index(fields=("-created_at", "-id"), name="scs_post_by_time"),
            models.Index(fields=("thread", "created_at", "number"), name="scs_post_in_thread_by_time"),
        )
        constraints = (
            models.UniqueConstraint(fields=("thread", "number"), name="scs_post_number_once"),
            models.UniqueConstraint(
                fields=("author", "submission_key"),
                condition=Q(submission_key__isnull=False),
                name="scs_post_submitted_once",
            ),
            models.CheckConstraint(name="scs_post_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(name="scs_post_has_text", condition=~Q(body="")),
            models.CheckConstraint(
                name="scs_post_hidden_has_time", condition=Q(status="published") | Q(hidden_at__isnull=False)
            ),
            models.CheckConstraint(name="scs_post_answers_other", condition=~Q(answers=models.F("id"))),
        )

    def __str__(self) -> str:
        return _("no. %(number)d in “%(thread)s”") % {"number": self.number, "thread": self.thread}

    def get_absolute_url(self) -> str:
        return f"{self.thread.get_absolute_url()}?post={self.number}"

    @property
    def is_hidden(self) -> bool:
        """Its text is not shown: a moderator hid it, or its author withdrew it."""
        return self.status != self.Status.PUBLISHED

    @property
    def is_withdrawn(self) -> bool:
        return self.status == self.Status.WITHDRAWN

    @property
    def has_place(self) -> bool:
        """Whether it stands in its thread, if only as a stub. One that was withdrawn before anybody answered does not."""
        return not self.is_withdrawn or self.number == 1 or bool(self.answer_numbers)


class Reaction(models.Model):
    """A member's one-word answer to a post. ``word`` is a key of SCS_SERIES["REACTIONS"]."""

    post = models.ForeignKey(Post, verbose_name=_("post"), on_delete=models.CASCADE, related_name="reactions")
    member = models.ForeignKey(
        Member, verbose_name=_("member"), on_delete=models.CASCADE, related_name="reactions"
    )
    word = models.CharField(_("word"), max_length=20)
    created_at = models.DateTimeField(_("said"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = (models.UniqueConstraint(fields=("post", "member", "word"), name="scs_reaction_once"),)

    def __str__(self) -> str:
        return f"{self.word}: {self.member}"


class PostRevision(models.Model):
    """A state of a post that a later one replaced: the text, who wrote it, when, why; never changed.

    The state in force stands in the post itself, so that writing a post, by far the most frequent write, saves
    its text once. A post's history is its revisions and then the post.
    """

    post = models.ForeignKey(Post, verbose_name=_("post"), on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    body = models.TextField(_("text"))
    editor = models.ForeignKey(
        Member, verbose_name=_("editor"), on_delete=models.PROTECT, related_name="post_revisions"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("post revision")
        verbose_name_plural = _("post revisions")
        ordering = ("post", "-number")
        constraints = (models.UniqueConstraint(fields=("post", "number"), name="scs_postrevision_once"),)

    def __str__(self) -> str:
        return _("revision %(number)d of %(post)s") % {"number": self.number, "post": self.post}
