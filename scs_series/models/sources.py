"""Source and SourceLink."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from scs_series.models.members import Member
from scs_series.models.series import Part, Series, is_language
from scs_series.models.tagging import SourceTag

#: What Pandoc accepts as a citation key, less what an address cannot hold ("/", "?", "#", "%").
KEY_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_:.$&+<>~-]*$"


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: Any) -> SourceQuerySet:
        """Sources of every series the user may open."""
        return self.filter(series__in=Series.objects.visible_to(user))


class Source(models.Model):  # type: ignore[django-manager-missing]  # taggit carries no types
    """A thing that can be cited, known within its series by its citation key."""

    class Type(models.TextChoices):
        ARTICLE = "article", _("article")
        BOOK = "book", _("book")
        CHAPTER = "chapter", _("chapter")
        PAPER = "paper", _("conference paper")
        REPORT = "report", _("report")
        LAW = "law", _("law")
        POLICY = "policy", _("policy document")
        PRESS = "press", _("press")
        WEB = "web", _("web page")
        DATA = "data", _("data set")
        OTHER = "other", _("other")

    series = models.ForeignKey(
        Series, verbose_name=_("series"), on_delete=models.PROTECT, related_name="sources"
    )
    key = models.CharField(
        _("citation key"),
        max_length=100,
        validators=[
            RegexValidator(
                KEY_PATTERN, _("Letters, digits and _:.$&+<>~- only, starting with a letter or digit.")
            )
        ],
        help_text=_("Cited in texts as [@key]."),
    )
    type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.WEB)
    title = models.CharField(_("title"), max_length=500)
    title_translated = models.CharField(_("title in translation"), max_length=500, blank=True)
    authors = models.JSONField(
        _("authors"),
        default=list,
        blank=True,
        help_text=_('As in CSL-JSON: [{"family": "Daum", "given": "Jeremy"}, {"literal": "Xinhua"}].'),
    )
    container = models.CharField(
        _("published in"), max_length=300, blank=True, help_text=_("Journal, newspaper or site.")
    )
    publisher = models.CharField(_("publisher"), max_length=300, blank=True)
    volume = models.CharField(_("volume"), max_length=50, blank=True)
    number = models.CharField(_("number"), max_length=100, blank=True)
    pages = models.CharField(_("pages"), max_length=50, blank=True)
    issued = models.CharField(
        _("issued"),
        max_length=10,
        blank=True,
        validators=[
            RegexValidator(
                r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\Z",
                _("Give a year, a year and month, or a date: 2018, 2018-03, 2018-03-21."),
            )
        ],
    )
    language = models.CharField(
        _("language"),
        max_length=35,
        blank=True,
        validators=[is_language],
        help_text=_("BCP 47, such as en or zh-Hans."),
    )
    url = models.URLField(_("address"), max_length=1_000, blank=True)
    doi = models.CharField(_("DOI"), max_length=200, blank=True)
    archive_url = models.URLField(_("archived copy"), max_length=1_000, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2_000)
    tags = TaggableManager(through=SourceTag, blank=True)

    label = models.CharField(max_length=200, editable=False, blank=True)
    sort_key = models.CharField(max_length=250, editable=False, blank=True)
    reference_html = models.TextField(editable=False, blank=True)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    part_count = models.PositiveIntegerField(_("cited in parts"), default=0, editable=False)
    post_count = models.PositiveIntegerField(_("cited in posts"), default=0, editable=False)
    submission_key = models.CharField(max_length=64, null=True, blank=True, editable=False)
    added_by = models.ForeignKey(
        Member,
        verbose_name=_("added by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sources",
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("series", "sort_key", "id")
        indexes = (
            models.Index(fields=("series", "sort_key", "id"), name="scs_source_sorted"),
            models.Index(fields=("series", "-part_count", "id"), name="scs_source_by_use"),
        )
        constraints = (
            models.UniqueConstraint(fields=("series", "key"), name="scs_source_key_once"),
            models.UniqueConstraint(
                fields=("added_by", "submission_key"),
                condition=Q(submission_key__isnull=False),
                name="scs_source_submitted_once",
            ),
            models.CheckConstraint(name="scs_source_has_key_and_title", condition=~Q(key="") & ~Q(title="")),
        )

    def __str__(self) -> str:
        return f"{self.label or self.title} [{self.key}]"

    def get_absolute_url(self) -> str:
        return reverse("scs_series:source-detail", args=[self.series.slug, self.key])


class SourceLinkQuerySet(models.QuerySet["SourceLink"]):
    def visible_to(self, user: Any) -> SourceLinkQuerySet:
        """Links from parts and posts that the user may see; a hidden post does not cite."""
        from scs_series.models.discussion import Post  # models of one floor: a late import breaks the circle

        return self.filter(
            Q(part__in=Part.objects.visible_to(user)) | Q(post__in=Post.objects.visible_to(user).published())
        )


class SourceLink(models.Model):
    """What ties a source to a part or to a post: one of the two, never both and never none."""

    class Origin(models.TextChoices):
        CITATION = "citation", _("cited in the text")
        READING = "reading", _("further reading")

    source = models.ForeignKey(
        Source, verbose_name=_("source"), on_delete=models.PROTECT, related_name="links"
    )
    part = models.ForeignKey(
        Part,
        verbose_name=_("part"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="source_links",
    )
    post = models.ForeignKey(
        "scs_series.Post",
        verbose_name=_("post"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="source_links",
    )
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.READING)
    locators = models.CharField(_("places in the source"), max_length=500, blank=True)
    mentions = models.PositiveIntegerField(_("times cited"), default=0, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    added_by = models.ForeignKey(
        Member, verbose_name=_("added by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    objects = SourceLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("source link")
        verbose_name_plural = _("source links")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="scs_sourcelink_one_target",
                condition=Q(part__isnull=False, post__isnull=True) | Q(part__isnull=True, post__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("part", "source"), condition=Q(part__isnull=False), name="scs_sourcelink_part_once"
            ),
            models.UniqueConstraint(
                fields=("post", "source"), condition=Q(post__isnull=False), name="scs_sourcelink_post_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.source.key} → {self.part or self.post}"
