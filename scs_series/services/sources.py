"""Sources of a series and what they are linked to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from scs_series import bibliography
from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag
from scs_series.policies import policy
from scs_series.services import versions
from scs_series.services.members import member_for
from scs_series.services.records import RECORD_FIELDS, record_of
from scs_series.services.rendering import references_list
from scs_series.services.transactions import atomic_write
from scs_series.services.validation import validate
from scs_series.services.writing import Written
from scs_series.signals import source_added, source_changed


def _check(source: Source) -> None:
    if not isinstance(source.authors, list) or not all(
        isinstance(value, dict) and bibliography.Name.from_csl(value).short for value in source.authors
    ):
        raise InvalidInput(
            _('Give authors as a list, such as [{"family": "Daum", "given": "Jeremy"}].'),
            code="bad_authors",
            field="authors",
        )
    source.doi = (
        source.doi.lower().removeprefix("https://doi.org/").removeprefix("http://dx.doi.org/").strip()
    )
    validate(
        source, exclude=["series", "added_by", "tags"], validate_unique=False, validate_constraints=False
    )
    record = record_of(source)
    source.label = bibliography.label(record)[:200]
    source.sort_key = bibliography.sort_key(record)
    source.reference_html = bibliography.reference_html(record)


def _already(by: Member, submission_key: str | None) -> Source | None:
    if not submission_key:
        return None
    return Source.objects.filter(added_by=by, submission_key=submission_key).first()


def add_source(
    *, source: Source, by: Any, tags: Iterable[Tag] | None = None, submission_key: str | None = None
) -> Source:
    """Put an unsaved source into its series. Sent twice with one ``submission_key`` it is added once.

    Raises NotAllowed; InvalidInput naming the field, with code ``source_exists`` where the key is taken.
    """
    if not policy.can_add_source(by, source.series):
        raise NotAllowed
    member = member_for(by)
    _check(source)
    source.added_by = member
    source.submission_key = submission_key
    try:
        return _add(source, member, tags)
    except IntegrityError:
        already = _already(member, submission_key)
        if already:
            return already
        if Source.objects.filter(series=source.series, key=source.key).exists():
            raise InvalidInput(
                _("This series has a source with the key %(key)s already.") % {"key": source.key},
                code="source_exists",
                field="key",
            ) from None
        raise


@atomic_write
def _add(source: Source, member: Member, tags: Iterable[Tag] | None) -> Source:
    from scs_series.services.tagging import set_source_tags

    source.save(force_insert=True)
    if tags is not None:
        set_source_tags(source, list(tags))
    Series.objects.filter(pk=source.series_id).update(
        source_count=F("source_count") + 1, version=F("version") + 1
    )
    Member.objects.filter(pk=member.pk).update(source_count=F("source_count") + 1)
    transaction.on_commit(lambda: source_added.send(Source, source=source, by=member))
    return source


@atomic_write
def update_source(*, source: Source, by: Any, tags: Iterable[Tag] | None = None) -> Source:
    """Save a changed record and render again every part and post that cites it. Raises as add_source."""
    from scs_series.services.maintenance import render_citing
    from scs_series.services.tagging import set_source_tags

    if not policy.can_edit_source(by, source):
        raise NotAllowed
    member = member_for(by)
    _check(source)
    _refuse_new_key_of_cited(source)
    try:
        with transaction.atomic():
            source.save(update_fields=_WRITTEN)
    except IntegrityError:
        raise InvalidInput(
            _("This series has a source with the key %(key)s already.") % {"key": source.key},
            code="source_exists",
            field="key",
        ) from None
    if tags is not None:
        set_source_tags(source, list(tags))
    render_citing(source)
    versions.raise_tags_of_sources([source.pk])
    Source.objects.filter(pk=source.pk).update(version=F("version") + 1)
    versions.raise_series(source.series_id)
    transaction.on_commit(lambda: source_changed.send(Source, source=source, by=member))
    return source


#: What an editor's save writes: never the counts and version, which others may have raised meanwhile.
_WRITTEN = (*RECORD_FIELDS, "authors", "label", "sort_key", "reference_html", "updated_at")


def _refuse_new_key_of_cited(source: Source) -> None:
    """Texts name a source by its key: while one does, another key would leave it without its source."""
    cited = SourceLink.objects.filter(source=source, origin=SourceLink.Origin.CITATION)
    if Source.objects.filter(pk=source.pk).exclude(key=source.key).exists() and cited.exists():
        raise InvalidInput(
            _("Texts cite this source by its key: it keeps it. Change the texts first."),
            code="key_in_use",
            field="key",
        )


@atomic_write
def link_source(*, source: Source, part: Part, by: Any, note: str = "") -> SourceLink:
    """Add a source to a part as further reading; where it is linked already, that link is given back.

    Raises NotAllowed, InvalidInput where the two belong to different series.
    """
    if not policy.can_link_source(by, part):
        raise NotAllowed
    if source.series_id != part.series_id:
        raise InvalidInput(_("This source belongs to another series."), code="other_series", field="source")
    Part.objects.select_for_update().get(pk=part.pk)  # its count is taken anew below
    link, made = SourceLink.objects.get_or_create(
        source=source, part=part, defaults={"note": note[:300], "added_by": member_for(by)}
    )
    if made:
        _after_links(part, {source.pk})
    return link


@atomic_write
def unlink_source(*, link: SourceLink, by: Any) -> None:
    """Take further reading away again. A citation goes by editing the text that makes it (InvalidInput)."""
    if link.part is None or link.origin != SourceLink.Origin.READING:
        raise InvalidInput(_("A citation goes when the text that makes it changes."), code="is_citation")
    if not policy.can_link_source(by, link.part):
        raise NotAllowed
    Part.objects.select_for_update().get(pk=link.part.pk)
    link.delete()
    _after_links(link.part, {link.source_id})


def store_references(part: Part) -> bool:
    """Render the list of what a part cites and recommends, as it stands at the part's end; say if it differs."""
    links = (
        SourceLink.objects.filter(part=part)
        .select_related("source")
        .order_by(Case(When(origin=SourceLink.Origin.CITATION, then=0), default=1), "position", "pk")
    )
    html = references_list(list(links), part.series)
    if html == part.references_html:
        return False
    part.references_html = html
    Part.objects.filter(pk=part.pk).update(references_html=html)
    return True


def _after_links(part: Part, source_ids: set[int]) -> None:
    recount_sources(source_ids)
    versions.raise_tags_of_sources(source_ids)
    store_references(part)
    Part.objects.filter(pk=part.pk).update(source_count=SourceLink.objects.filter(part=part).count())
    versions.raise_part(part.pk, part.series_id)


def sync_part_citations(part: Part, written: Written) -> bool:
    """Make the part's citation links what its text cites; further reading stays. Within a transaction.

    True if a source's record changed since the text was rendered: its editor could not know of this text yet.
    """
    before = {link.source_id: link for link in SourceLink.objects.filter(part=part)}
    wanted = _wanted(written)
    gone = [
        link.pk for source_id, link in before.items()
        if link.origin == SourceLink.Origin.CITATION and source_id not in wanted
    ]  # fmt: skip
    # What somebody had added by hand before the text cited it is further reading again.
    SourceLink.objects.filter(pk__in=gone, added_by__isnull=False).update(
        origin=SourceLink.Origin.READING, locators="", mentions=0, position=0
    )
    SourceLink.objects.filter(pk__in=gone, added_by=None).delete()
    SourceLink.objects.bulk_create(
        SourceLink(part=part, source_id=source_id, origin=SourceLink.Origin.CITATION, **place)
        for source_id, place in wanted.items()
        if source_id not in before
    )
    kept = [before[source_id] for source_id in wanted if source_id in before]
    for link in kept:
        link.origin = SourceLink.Origin.CITATION
        for name, value in wanted[link.source_id].items():
            setattr(link, name, value)
    SourceLink.objects.bulk_update(kept, ["origin", "locators", "mentions", "position"])
    locked = recount_sources(set(before) | set(wanted))
    versions.raise_tags_of_sources(set(before) | set(wanted))
    part.source_count = SourceLink.objects.filter(part=part).count()
    Part.objects.filter(pk=part.pk).update(source_count=part.source_count)
    return _is_outdated(written, locked)


def sync_post_citations(post: Post, written: Written, *, is_new: bool) -> bool:
    """The same for a post; a new post that cites nothing costs no query."""
    wanted = _wanted(written)
    before: set[int] = set()
    if not is_new:
        before = set(SourceLink.objects.filter(post=post).values_list("source_id", flat=True))
        SourceLink.objects.filter(post=post).delete()
    if not wanted and not before:
        return False
    SourceLink.objects.bulk_create(
        SourceLink(post=post, source_id=source_id, origin=SourceLink.Origin.CITATION, **place)
        for source_id, place in wanted.items()
    )
    return _is_outdated(written, recount_sources(before | set(wanted)))


def _is_outdated(written: Written, updated: Mapping[int, datetime]) -> bool:
    return any(updated.get(source.pk) != source.updated_at for source in written.sources.values())


def _wanted(written: Written) -> Mapping[int, dict[str, Any]]:
    wanted: dict[int, dict[str, Any]] = {}
    for position, citation in enumerate(written.rendered.citations, start=1):
        source = written.sources.get(citation.key)
        if source is None:
            continue
        place = wanted.setdefault(source.pk, {"position": position, "mentions": 0, "locators": ""})
        place["mentions"] += 1
        if citation.locator and citation.locator not in place["locators"].split("; "):
            place["locators"] = "; ".join(filter(None, [place["locators"], citation.locator]))[:500]
    return wanted


def recount_sources(source_ids: Iterable[int]) -> dict[int, datetime]:
    """Set how often these sources are cited, from their links; what is hidden does not count.

    They are held to the end of the transaction; given back is when the record of each was last edited.
    """
    parts = (
        SourceLink.objects.filter(source=OuterRef("pk"), part__isnull=False)
        .order_by().values("source").annotate(n=Count("pk")).values("n")
    )  # fmt: skip
    posts = (
        SourceLink.objects.filter(
            source=OuterRef("pk"), post__status=Post.Status.PUBLISHED, post__thread__hidden_at=None
        ).order_by().values("source").annotate(n=Count("pk")).values("n")
    )  # fmt: skip
    # Locked first, so that the counting below sees what others who held these rows have committed.
    rows = Source.objects.select_for_update().filter(pk__in=list(source_ids)).order_by("pk")
    updated = dict(rows.values_list("pk", "updated_at"))
    Source.objects.filter(pk__in=updated).update(
        part_count=Coalesce(Subquery(parts), 0),
        post_count=Coalesce(Subquery(posts), 0),
        version=F("version") + 1,
    )
    return updated


def source_from_record(record: bibliography.Record, *, series: Series) -> Source:
    """An unsaved source with a record's fields."""
    fields = {name: getattr(record, name) for name in RECORD_FIELDS}
    fields["title"] = record.title[:500]
    return Source(series=series, authors=[name.as_csl() for name in record.authors], **fields)


def tag_limit() -> int:
    """How many tags a source may carry: twice a thread's, for records come with their keywords."""
    return 2 * int(app_settings.TAGS_PER_THREAD)
