"""Tags: what makes two spellings one, and setting a thing's tags in a fixed number of queries."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Post, Source, SourceTag, Tag, Thread, ThreadTag
from scs_series.policies import policy
from scs_series.prepared import Prepared
from scs_series.services import versions
from scs_series.services.transactions import atomic_write
from scs_series.services.validation import validate

#: Joiners that carry meaning inside words (Persian) and emoji; every other format character is dropped.
_JOINERS = "\u200c\u200d"
#: Signs that a slug would lose and that tell names apart: C, C++ and C#.
_SIGNS = {"+": " plus ", "#": " sharp ", "&": " and ", "@": " at ", "%": " percent ", "/": " "}


def clean_name(raw: str) -> str:
    """A tag as typed, made fit to show: NFKC, no invisible characters, single spaces, no leading ``#``.

    Raises InvalidInput (field ``tags``) for what is empty then, or too long.
    """
    name = unicodedata.normalize("NFKC", raw)
    name = "".join(
        " " if c.isspace() else c
        for c in name
        if c in _JOINERS or c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    name = " ".join(name.split()).strip(_JOINERS).lstrip("#").strip()
    if not any(c not in _JOINERS for c in name):
        raise InvalidInput(
            _("A tag is empty: give it at least one visible character."), code="tag_empty", field="tags"
        )
    if len(name) > app_settings.TAG_MAX_LENGTH:
        raise InvalidInput(
            _("The tag “%(tag)s…” is too long: use at most %(max)d characters.")
            % {"tag": name[:30], "max": app_settings.TAG_MAX_LENGTH},
            code="tag_too_long",
            field="tags",
        )
    return name


def key_of(name: str) -> str:
    """What makes two spellings one tag: compatibility forms and case folded, invisible characters gone."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")[:200]


def split_names(typed: str) -> list[str]:
    """The words of a form's field: commas, Chinese commas and new lines part them; empty ones do not count."""
    for comma in "\uff0c\uff1b\u3001;\n":  # the fullwidth comma and semicolon, and the enumeration comma
        typed = typed.replace(comma, ",")
    return [name.strip() for name in typed.split(",") if name.strip()]


def clean_names(names: Iterable[str], *, limit: int | None = None) -> dict[str, str]:
    """Names as typed, made fit to show, each by its key, without doubles. Asks no database.

    ``limit`` defaults to TAGS_PER_THREAD. Raises InvalidInput (field ``tags``) for bad names or too many.
    """
    limit = app_settings.TAGS_PER_THREAD if limit is None else limit
    wanted: dict[str, str] = {}
    for raw in names:
        name = clean_name(raw)
        wanted.setdefault(key_of(name), name)
        # Said as soon as it is known: a thousand tags are not looked at one by one.
        if len(wanted) > limit:
            raise InvalidInput(
                ngettext("Use at most one tag.", "Use at most %(limit)d tags.", limit) % {"limit": limit},
                code="too_many_tags",
                field="tags",
            )
    return wanted


def tags_named(names: Iterable[str], *, by: Any, limit: int | None = None) -> list[Tag]:
    """The tags of these names, in the order given, without doubles; new ones come into being.

    ``limit`` defaults to TAGS_PER_THREAD. Raises InvalidInput (field ``tags``) for bad names or too many, and
    where ``by`` may not bring new tags into being and one is not known.
    """
    wanted = clean_names(names, limit=limit)
    if not wanted:
        return []
    found = {tag.key: tag for tag in Tag.objects.filter(key__in=wanted)}
    missing = {key: name for key, name in wanted.items() if key not in found}
    if missing:
        if not policy.can_create_tag(by):
            raise InvalidInput(
                _("There is no tag “%(tag)s” yet, and new ones are made by moderators. Choose a known one.")
                % {"tag": next(iter(missing.values()))},
                code="unknown_tag",
                field="tags",
            )
        found |= _make(missing)
    return [found[key] for key in wanted]


def _make(missing: dict[str, str]) -> dict[str, Tag]:
    slugs = {key: slug_of(name) for key, name in missing.items()}
    taken = set(Tag.objects.filter(slug__in=slugs.values()).values_list("slug", flat=True))
    tags = []
    for key, name in missing.items():
        slug = slugs[key]
        if slug in taken:
            slug = f"{slug[:90]}-{_mark(key)}"
        taken.add(slug)
        tags.append(Tag(name=name, key=key, slug=slug))
    Tag.objects.bulk_create(tags, ignore_conflicts=True)  # somebody may make the same one now
    made = {tag.key: tag for tag in Tag.objects.filter(key__in=missing)}
    lost = {key: name for key, name in missing.items() if key not in made}
    # Somebody took the slug for another name ("C sharp" and "C#") in between: it is seen now, and avoided.
    return made | _make(lost) if lost else made


def slug_of(name: str) -> str:
    """The address of a tag: its name with telling signs in words; a mark of its own where nothing is left."""
    for sign, word in _SIGNS.items():
        name = name.replace(sign, word)
    return slugify(name, allow_unicode=True)[:90].strip("-_") or f"tag-{_mark(key_of(name))}"


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def set_thread_tags(thread: Thread, tags: Sequence[Tag]) -> bool:
    """Give a thread exactly these tags; say whether anything changed. Counts and tag versions follow.

    The caller has asked the policy and holds a transaction; the thread's own version is the caller's to raise.
    """
    now = set(ThreadTag.objects.filter(content_object=thread).values_list("tag_id", flat=True))
    wanted = {tag.pk for tag in tags}
    if now == wanted:
        return False
    ThreadTag.objects.filter(content_object=thread, tag__in=now - wanted).delete()
    ThreadTag.objects.bulk_create(
        ThreadTag(tag_id=tag_id, content_object=thread, last_activity_at=thread.last_post_at)
        for tag_id in sorted(wanted - now)
    )
    recount_tags(now ^ wanted)
    Tag.objects.filter(pk__in=now | wanted).update(version=F("version") + 1)
    return True


def set_source_tags(source: Source, tags: Sequence[Tag]) -> bool:
    """The same for a source."""
    now = set(SourceTag.objects.filter(content_object=source).values_list("tag_id", flat=True))
    wanted = {tag.pk for tag in tags}
    if now == wanted:
        return False
    SourceTag.objects.filter(content_object=source, tag__in=now - wanted).delete()
    SourceTag.objects.bulk_create(
        SourceTag(tag_id=tag_id, content_object=source) for tag_id in sorted(wanted - now)
    )
    recount_tags(now ^ wanted)
    Tag.objects.filter(pk__in=now | wanted).update(version=F("version") + 1)
    return True


def recount_tags(tag_ids: Iterable[int]) -> None:
    """Set the stored counts of these tags from what carries them (hidden threads do not count)."""
    threads = (
        ThreadTag.objects.filter(tag=OuterRef("pk"), content_object__hidden_at=None)
        .order_by().values("tag").annotate(n=Count("pk")).values("n")
    )  # fmt: skip
    sources = (
        SourceTag.objects.filter(tag=OuterRef("pk"))
        .order_by()
        .values("tag")
        .annotate(n=Count("pk"))
        .values("n")
    )
    # Locked first, so that the counting below sees what others who held these rows have committed.
    locked = list(
        Tag.objects.select_for_update()
        .filter(pk__in=list(tag_ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Tag.objects.filter(pk__in=locked).update(
        thread_count=Coalesce(Subquery(threads), 0), source_count=Coalesce(Subquery(sources), 0)
    )


@atomic_write
def save_tag(*, tag: Tag, by: Any) -> Tag:
    """Save a tag made or changed by a curator: its key follows its name; its pages and threads are raised.

    Raises NotAllowed, InvalidInput (field ``name``) for a name that another tag has.
    """
    from scs_series.services.maintenance import posts_naming_tag, render_posts

    if not (policy.can_edit_tag(by) if tag.pk else policy.can_add_tag(by)):
        raise NotAllowed
    try:
        tag.name = clean_name(tag.name)
    except InvalidInput as error:
        error.field = "name"
        raise
    tag.key = key_of(tag.name)
    if Tag.objects.filter(key=tag.key).exclude(pk=tag.pk).exists():
        raise InvalidInput(_("There is a tag of this name already."), code="tag_exists", field="name")
    tag.slug = tag.slug or slug_of(tag.name)
    if Tag.objects.filter(slug=tag.slug).exclude(pk=tag.pk).exists():
        tag.slug = f"{tag.slug[:90]}-{_mark(tag.key)}"
    validate(tag, exclude=[], validate_unique=False, validate_constraints=False)
    if tag.pk:
        before = Tag.objects.get(pk=tag.pk)
        renamed = (before.slug, before.key) != (tag.slug, tag.key)
        naming = posts_naming_tag(before.slug) if renamed else Post.objects.none()
        tag.save(
            update_fields=["name", "slug", "key", "description"]
        )  # counts and version are not the editor's
        versions.raise_around_tag(tag)
        for _changed in render_posts(naming):
            pass
    else:
        tag.save()
    return tag


@atomic_write
def remove_tag(*, tag: Tag, by: Any) -> None:
    """Remove a tag that nothing carries; posts that name it say so in plain text again.

    Raises NotAllowed, InvalidInput (``tag_in_use``).
    """
    from scs_series.services.maintenance import posts_naming_tag, render_posts

    if not policy.can_edit_tag(by):
        raise NotAllowed
    naming = posts_naming_tag(tag.slug)
    if ThreadTag.objects.filter(tag=tag).exists() or SourceTag.objects.filter(tag=tag).exists():
        raise InvalidInput(_("This tag is in use: threads or sources would lose it."), code="tag_in_use")
    tag.delete()
    for _changed in render_posts(naming):
        pass


#: How many of a tag's newest threads tell what it is related to, so that it costs the same for every tag.
_SAMPLE = 60


def _under(tag: Any, at: Any) -> QuerySet[ThreadTag]:
    rows: QuerySet[ThreadTag] = ThreadTag.objects.filter(
        tag=tag, content_object__in=Thread.objects.listed_to(None, at)
    )
    return rows


# Compiled once: a tag's page is built anew after each post under it, and this was half of it.
_since: Prepared[Any] = Prepared(
    lambda tag, at: (
        _under(tag, at)
        .order_by("-last_activity_at")
        .values_list("last_activity_at", flat=True)[_SAMPLE - 1 : _SAMPLE]
    )
)
_beside: Prepared[Tag] = Prepared(
    lambda tag, since, at: (
        Tag.objects.filter(
            thread_items__content_object__in=_under(tag, at)
            .filter(last_activity_at__gte=since)
            .values("content_object")
        )
        .exclude(pk=tag)
        .only("name", "slug")
        .annotate(together=Count("thread_items"))
        .order_by("-together", "name")[:8]
    )
)


def related_tags(tag: Tag, *, since: datetime | None = None) -> list[Tag]:
    """Tags that stand beside this one on its latest threads that everybody may see listed, most often first.

    ``since``: the latest are those active since then; without it, the newest sixty.
    """
    now = timezone.now()
    if since is None:
        since = _since.first(tag=tag.pk, at=now) or datetime(1970, 1, 1, tzinfo=UTC)
    return _beside(tag=tag.pk, since=since, at=now)
