"""Series, Part and PartRevision."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.conf import app_settings
from scs_series.models.members import Member, member_of

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

#: Written into lang attributes: what is well-formed by BCP 47 in outline, whether or not a registry knows it.
is_language = RegexValidator(
    r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z", _("Give a language tag, such as en, zh-Hans or pt-BR.")
)

#: Whoever holds it edits every series; authors edit their own without it.
EDIT_ALL = "scs_series.edit_all_series"


def edits_all(user: Any) -> bool:
    return bool(user is not None and user.is_authenticated and user.has_perm(EDIT_ALL))


class SeriesQuerySet(models.QuerySet["Series"]):
    def listed(self) -> SeriesQuerySet:
        """Series that pages and lists may name to anybody."""
        return self.filter(visibility=Series.Visibility.PUBLIC)

    def edited_by(self, user: Any) -> SeriesQuerySet:
        """Series whose drafts the user sees and whose parts they may edit."""
        if edits_all(user):
            return self
        member = member_of(user)
        return self.filter(authors=member) if member else self.none()

    def visible_to(self, user: Any) -> SeriesQuerySet:
        """What the user may open by its address: public and unlisted series, and private ones they edit."""
        if edits_all(user):
            return self
        rule = ~Q(visibility=Series.Visibility.PRIVATE)
        member = member_of(user)
        if member:
            rule |= Q(pk__in=Series.authors.through.objects.filter(member=member).values("series"))
        return self.filter(rule)

    def listed_to(self, user: Any) -> SeriesQuerySet:
        """What a list shows the user: public series, and every series they edit."""
        if edits_all(user):
            return self
        rule = Q(visibility=Series.Visibility.PUBLIC)
        member = member_of(user)
        if member:
            rule |= Q(pk__in=Series.authors.through.objects.filter(member=member).values("series"))
        return self.filter(rule)


class Series(models.Model):
    """An ordered set of parts."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("public")
        UNLISTED = "unlisted", _("unlisted: whoever has the address")
        PRIVATE = "private", _("private: its authors and editors")

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, unique=True, allow_unicode=True)
    subtitle = models.CharField(
        _("subtitle"),
        max_length=200,
        blank=True,
        help_text=_("A line beside the title, such as its original name."),
    )
    summary = models.TextField(_("summary"), blank=True, max_length=2_000)
    language = models.CharField(
        _("language"),
        max_length=35,
        default="en",
        validators=[is_language],
        help_text=_("BCP 47, such as en or zh-Hans."),
    )
    cover = models.ImageField(_("cover"), upload_to="scs_series/covers/", blank=True)
    authors = models.ManyToManyField(Member, verbose_name=_("authors"), related_name="series", blank=True)
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility, default=Visibility.PUBLIC
    )

    version = models.PositiveBigIntegerField(default=1, editable=False)
    thread_count = models.PositiveIntegerField(_("threads"), default=0, editable=False)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)
    source_count = models.PositiveIntegerField(_("sources"), default=0, editable=False)
    last_activity_at = models.DateTimeField(_("last activity"), default=timezone.now, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SeriesQuerySet.as_manager()

    if TYPE_CHECKING:
        parts: RelatedManager[Part]

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ("-last_activity_at", "-id")
        permissions = (("edit_all_series", _("Can edit every series and see every draft")),)
        indexes = (models.Index(fields=("-last_activity_at", "-id"), name="scs_series_activity"),)
        constraints = (models.CheckConstraint(name="scs_series_has_title", condition=~Q(title="")),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("scs_series:series-detail", args=[self.slug])


class PartQuerySet(models.QuerySet["Part"]):
    def published(self, at: datetime | None = None) -> PartQuerySet:
        """Parts that are public at the given moment (now): a scheduled part is in by its time, with no job run."""
        return self.filter(status=Part.Status.PUBLISHED, published_at__lte=at or timezone.now())

    def visible_to(self, user: Any, at: datetime | None = None) -> PartQuerySet:
        """Public parts of series the user may open; drafts and scheduled parts for who edits the series."""
        if edits_all(user):
            return self
        rule = Q(status=Part.Status.PUBLISHED, published_at__lte=at or timezone.now()) & ~Q(
            series__visibility=Series.Visibility.PRIVATE
        )
        member = member_of(user)
        if member:
            rule |= Q(series__in=Series.authors.through.objects.filter(member=member).values("series"))
        return self.filter(rule)

    def for_list(self) -> PartQuerySet:
        """Without the long texts: what a table of contents needs."""
        return self.defer("body", "body_html", "references_html", "toc")

    def publication_mark(self) -> datetime | None:
        """The last moment at which any part went public.

        Every page key holds it: when a scheduled part goes public by its time, this changes and no cached page
        that was made before is found any more, though nothing was written at that moment.
        """
        return self.published().order_by("-published_at").values_list("published_at", flat=True).first()


class Part(models.Model):
    """One numbered chapter: its Markdown, and the HTML rendered from it when it was saved."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    series = models.ForeignKey(
        Series, verbose_name=_("series"), on_delete=models.PROTECT, related_name="parts"
    )
    number = models.PositiveSmallIntegerField(_("number"), validators=[MinValueValidator(1)])
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, allow_unicode=True)
    standfirst = models.TextField(_("standfirst"), blank=True, max_length=1_000)
    body = models.TextField(_("text"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(
        _("published"),
        null=True,
        blank=True,
        help_text=_("A time to come schedules the part: it goes public by itself."),
    )

    body_html = models.TextField(editable=False, blank=True)
    references_html = models.TextField(editable=False, blank=True)
    toc = models.JSONField(editable=False, default=list)
    word_count = models.PositiveIntegerField(_("words"), default=0, editable=False)
    revision_number = models.PositiveIntegerField(_("revision"), default=0, editable=False)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    thread_count = models.PositiveIntegerField(_("threads"), default=0, editable=False)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)
    source_count = models.PositiveIntegerField(_("sources"), default=0, editable=False)
    last_activity_at = models.DateTimeField(_("last activity"), default=timezone.now, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    revised_at = models.DateTimeField(_("revised"), default=timezone.now, editable=False)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ("series", "number")
        permissions = (("publish_part", _("Can publish and unpublish parts")),)
        indexes = (models.Index(fields=("status", "published_at"), name="scs_part_publication"),)
        constraints = (
            models.UniqueConstraint(fields=("series", "number"), name="scs_part_number_once"),
            models.UniqueConstraint(fields=("series", "slug"), name="scs_part_slug_once"),
            models.CheckConstraint(name="scs_part_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="scs_part_published_has_time",
                condition=Q(status="draft") | Q(published_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("scs_series:part-detail", args=[self.series.slug, self.slug])

    @property
    def is_public(self) -> bool:
        return (
            self.status == self.Status.PUBLISHED and (self.published_at or timezone.now()) <= timezone.now()
        )

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.PUBLISHED and not self.is_public

    @property
    def minutes(self) -> int:
        """Reading time, rounded up, at the host's WORDS_PER_MINUTE."""
        return max(1, math.ceil(self.word_count / int(app_settings.WORDS_PER_MINUTE)))


class PartRevision(models.Model):
    """One saved state of a part's text: who, when, why; never changed afterwards."""

    part = models.ForeignKey(Part, verbose_name=_("part"), on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    standfirst = models.TextField(_("standfirst"), blank=True)
    body = models.TextField(_("text"), blank=True)
    editor = models.ForeignKey(
        Member, verbose_name=_("editor"), null=True, on_delete=models.PROTECT, related_name="part_revisions"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("saved"), default=timezone.now)

    class Meta:
        verbose_name = _("part revision")
        verbose_name_plural = _("part revisions")
        ordering = ("part", "-number")
        constraints = (models.UniqueConstraint(fields=("part", "number"), name="scs_partrevision_once"),)

    def __str__(self) -> str:
        return _("revision %(number)d of %(part)s") % {"number": self.number, "part": self.part}
