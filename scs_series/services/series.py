"""Series and parts: saving a text as a revision, publishing by time, order by number."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from scs_series.exceptions import InvalidInput, NotAllowed, StaleEdit
from scs_series.models import Member, Part, PartRevision, Series
from scs_series.policies import policy
from scs_series.services import outbox, versions
from scs_series.services.maintenance import render_citing_in, render_part_again, render_rows_of
from scs_series.services.members import member_for
from scs_series.services.sources import store_references, sync_part_citations
from scs_series.services.transactions import atomic_write
from scs_series.services.uploads import clean_image
from scs_series.services.validation import validate
from scs_series.services.writing import Written, write_part
from scs_series.signals import part_published, part_revised, part_unpublished

#: Fields of a part whose change shows on other pages: neighbours, threads, tags, the series.
_NAMES = ("number", "title", "slug", "standfirst", "status", "published_at")
#: What stands beside parts in the addresses of a series, so that no part can be called this.
RESERVED_SLUGS = frozenset({"sources", "feed", "history", "threads", "search", "edit", "new"})
#: A part that was published longer ago than this, by an import, is no news.
_NEWS = timedelta(days=1)
#: Well above any number a part has: where parts wait while their neighbours move.
_OUT_OF_THE_WAY = 10_000


#: What an editor's save of a series writes: never its counts and version, which others may have raised meanwhile.
_WRITTEN = ("title", "slug", "subtitle", "summary", "language", "cover", "visibility", "updated_at")


@atomic_write
def save_series(*, series: Series, by: Any) -> Series:
    """Save a series made or changed by an editor; every page within it is raised. Raises NotAllowed."""
    if not (policy.can_edit_series(by, series) if series.pk else policy.can_add_series(by)):
        raise NotAllowed
    series.slug = series.slug or slugify(series.title, allow_unicode=True)[:100]
    _clean_cover(series)
    validate(series, exclude=["authors"])
    before = Series.objects.select_for_update().filter(pk=series.pk).first()
    if before is None:
        series.save()
        series.authors.add(member_for(by))
    else:
        series.save(update_fields=_WRITTEN)
        if before.slug != series.slug:
            render_citing_in(series)
    versions.raise_all_of(series)
    return series


def _clean_cover(series: Series) -> None:
    """A cover that was just sent is encoded anew, as pictures in texts are. Raises InvalidInput (field ``cover``)."""
    cover: Any = series.cover
    if not cover or cover._committed:
        return
    try:
        content, suffix = clean_image(cover.file)
    except InvalidInput as error:
        error.field = "cover"
        raise
    series.cover = ContentFile(content, name=f"{secrets.token_urlsafe(12)}.{suffix}")


def save_part(
    *, part: Part, by: Any, expected_revision: int | None = None, reason: str = "", at: datetime | None = None
) -> Part:
    """Save a part, new or changed; a changed title, standfirst or text becomes a revision.

    ``at`` is for imports (default: now).
    ``expected_revision`` is the revision the editor saw; where another was saved since, StaleEdit carries both
    texts. Citations in the text become source links. Raises NotAllowed, InvalidInput naming the field.
    """
    if not (policy.can_edit_part(by, part) if part.pk else policy.can_add_part(by, part.series)):
        raise NotAllowed
    part.slug = part.slug or slugify(part.title, allow_unicode=True)[:100] or f"part-{part.number}"
    if part.slug in RESERVED_SLUGS:
        raise InvalidInput(
            _("“%(slug)s” is an address of the series itself: choose another.") % {"slug": part.slug},
            code="slug_reserved",
            field="slug",
        )
    written = write_part(part.body, series=part.series)
    part.body = written.body
    validate(part, exclude=["series"])
    if part.number >= _OUT_OF_THE_WAY:
        raise InvalidInput(
            _("Give a number below %(most)d.") % {"most": _OUT_OF_THE_WAY}, code="bad_number", field="number"
        )
    return _save_part(part, member_for(by), written, expected_revision, reason.strip()[:300], at)


@atomic_write
def _save_part(
    part: Part,
    member: Member,
    written: Written,
    expected_revision: int | None,
    reason: str,
    at: datetime | None,
) -> Part:
    before = Part.objects.select_for_update().filter(pk=part.pk).first() if part.pk else None
    if before and expected_revision is not None and before.revision_number != expected_revision:
        raise StaleEdit(current=before.body, yours=part.body, current_revision=before.revision_number)
    rewritten = before is None or any(
        getattr(before, name) != getattr(part, name) for name in ("title", "standfirst", "body")
    )
    part.body_html = written.rendered.html
    part.toc = [{"level": h.level, "id": h.id, "text": h.text} for h in written.rendered.headings]
    part.word_count = written.rendered.word_count
    # Saving a text publishes nothing: that is an act of its own, with a right of its own.
    part.status = before.status if before else Part.Status.DRAFT
    part.published_at = before.published_at if before else None
    if before:
        part.revision_number, part.version = before.revision_number, before.version
        for name in ("thread_count", "post_count", "source_count", "last_activity_at"):
            setattr(part, name, getattr(before, name))
    if rewritten:
        part.revision_number += 1
        part.revised_at = at or timezone.now()
    try:
        with transaction.atomic():
            part.save()
    except IntegrityError:
        raise InvalidInput(
            _("Another part of this series has this number or slug."), code="part_exists", field="number"
        ) from None
    if rewritten:
        revision = PartRevision.objects.create(
            part=part, number=part.revision_number, title=part.title, standfirst=part.standfirst, body=part.body,
            editor=member, reason=reason, created_at=part.revised_at,
        )  # fmt: skip
        transaction.on_commit(lambda: part_revised.send(Part, part=part, revision=revision, by=member))
    if sync_part_citations(part, written):
        render_part_again(part)
    else:
        store_references(part)
    if before is None or any(getattr(before, name) != getattr(part, name) for name in _NAMES):
        versions.raise_around_part(part)
        if before is not None and before.number != part.number:
            render_rows_of(part)
    else:
        versions.raise_part(part.pk, part.series_id)
    part.refresh_from_db(fields=["version", "source_count"])
    return part


@atomic_write
def publish_part(*, part: Part, by: Any, at: datetime | None = None) -> bool:
    """Make a part public now, or schedule it for ``at``. True if that changed anything; raises NotAllowed.

    A part that is public already stays as it is; a scheduled one takes the new time.
    """
    if not policy.can_publish_part(by, part):
        raise NotAllowed
    now = Part.objects.select_for_update().get(pk=part.pk)
    if now.is_public and at is None:
        return False
    part.status, part.published_at = Part.Status.PUBLISHED, at or timezone.now()
    part.save(update_fields=["status", "published_at"])
    versions.raise_around_part(part)
    member = member_for(by)
    if part.published_at > timezone.now() - _NEWS:
        outbox.renote(
            "part_published", key=str(part.pk), due_at=part.published_at, part=part.pk, by=member.pk
        )
    transaction.on_commit(lambda: part_published.send(Part, part=part, by=member))
    return True


@atomic_write
def unpublish_part(*, part: Part, by: Any) -> bool:
    """Make a part a draft again; its threads are kept and seen by its editors alone. True if that changed anything."""
    if not policy.can_publish_part(by, part):
        raise NotAllowed
    if Part.objects.select_for_update().get(pk=part.pk).status == Part.Status.DRAFT:
        return False
    part.status = Part.Status.DRAFT
    part.save(update_fields=["status"])
    outbox.take_back("part_published", key=str(part.pk))
    versions.raise_around_part(part)
    member = member_for(by)
    transaction.on_commit(lambda: part_unpublished.send(Part, part=part, by=member))
    return True


@atomic_write
def move_part(*, part: Part, to: int, by: Any) -> None:
    """Give a part another number; the parts between make room, so that numbers stay 1, 2, 3 … as they were.

    Two passes: unique numbers hold at every moment, for SQLite checks them row by row. Raises NotAllowed,
    InvalidInput (field ``number``).
    """
    if not policy.can_edit_part(by, part):
        raise NotAllowed
    parts = list(Part.objects.select_for_update().filter(series=part.series_id).order_by("number"))
    if not 1 <= to <= max((other.number for other in parts), default=1):
        raise InvalidInput(
            _("There is no place with this number in the series."), code="bad_number", field="number"
        )
    old = next(other.number for other in parts if other.pk == part.pk)
    if old == to:
        return
    shift = -1 if to > old else 1
    low, high = min(old, to), max(old, to)
    moves = {
        other.pk: other.number + shift
        for other in parts
        if low <= other.number <= high and other.pk != part.pk
    }
    moves[part.pk] = to
    Part.objects.filter(pk__in=moves).update(number=F("number") + _OUT_OF_THE_WAY)
    for pk, number in moves.items():
        Part.objects.filter(pk=pk).update(number=number)
    part.number = to
    for other in parts:
        if other.pk in moves:
            other.number = moves[other.pk]
            versions.raise_around_part(other)
            render_rows_of(other)
