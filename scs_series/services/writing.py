"""How text becomes HTML here: the one renderer, fed with the sources of a series and the host's limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from scs_series import bibliography, text
from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Series, Source, Thread
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.mentions import targets_of
from scs_series.services.records import record_of
from scs_series.text import Profile, Read, Reference, Rendered, Targets


@dataclass(frozen=True)
class Written:
    """A checked text, what it renders to, and the sources it cites by key."""

    body: str
    rendered: Rendered
    sources: Mapping[str, Source]


def write_part(body: str, *, series: Series) -> Written:
    """Check and render the text of a part. Raises InvalidInput (field ``body``)."""
    return _write(
        body, series=series, profile=Profile.PART, doc_id="", max_length=app_settings.PART_MAX_LENGTH
    )


def refuse_empty(body: str) -> None:
    """Raises InvalidInput (field ``body``) for the text of a post that says nothing."""
    if not any(c.isprintable() and not c.isspace() for c in body):  # zero-width characters alone say nothing
        raise InvalidInput(_("Write something first: the text is empty."), code="empty", field="body")


def write_post(body: str, *, series: Series, doc_id: str, thread: Thread | None = None) -> Written:
    """Check and render the text of a post, whose ``thread`` may not be there yet.

    Raises InvalidInput (field ``body``), for empty text and too many mentions too.
    """
    refuse_empty(body)
    return _write(
        body,
        series=series,
        profile=Profile.POST,
        doc_id=doc_id,
        max_length=app_settings.POST_MAX_LENGTH,
        thread=thread,
    )


def _write(
    body: str,
    *,
    series: Series,
    profile: Profile,
    doc_id: str,
    max_length: int,
    thread: Thread | None = None,
) -> Written:
    try:
        body = text.check_text(body, max_length=max_length)
        read = text.read(body, profile=profile)
        sources = _sources_named(series, {citation.key for citation in read.citations})
        _refuse_unknown(read.citations, sources, series)
        rendered = _render(
            read,
            references=_references(sources, series, profile),
            targets=targets_of(read.names, thread=thread),
            doc_id=doc_id,
        )
    except text.TextError as error:
        raise InvalidInput(str(error), code=error.code, field="body") from error
    return Written(body, rendered, sources)


def render_again(
    body: str, *, series: Series, profile: Profile, doc_id: str, thread: Thread | None = None
) -> Rendered:
    """Render stored text anew, for which no check is asked: it was accepted when it was written."""
    read = text.read(body, profile=profile)
    sources = _sources_named(series, {citation.key for citation in read.citations})
    return _render(
        read,
        references=_references(sources, series, profile),
        targets=targets_of(read.names, thread=thread, by_limit=False),
        doc_id=doc_id,
    )


def preview(body: str, *, series: Series | None, profile: Profile, thread: Thread | None = None) -> str:
    """What a text will look like, as safe HTML: the same as when it is posted. Unknown keys stay visible.

    Raises InvalidInput (field ``body``) for text that could not be posted.
    """
    max_length = app_settings.PART_MAX_LENGTH if profile is Profile.PART else app_settings.POST_MAX_LENGTH
    try:
        read = text.read(text.check_text(body, max_length=max_length), profile=profile)
        sources = _sources_named(series, {citation.key for citation in read.citations}) if series else {}
        return _render(
            read,
            references=_references(sources, series, profile) if series else {},
            targets=targets_of(read.names, thread=thread) if series else Targets(),
            doc_id="preview",
        ).html
    except text.TextError as error:
        raise InvalidInput(str(error), code=error.code, field="body") from error


def preview_for(
    *, by: Any, body: str, series: Series | None, as_part: bool = False, thread: Thread | None = None
) -> str:
    """The preview that somebody asks for while they type. As a part's text only for who edits the series.

    Raises NotAllowed, RateLimited, InvalidInput (field ``body``).
    """
    if not policy.can_preview(by):
        raise NotAllowed
    count_or_refuse("preview", by.pk, app_settings.PREVIEW_RATE)
    is_part = as_part and series is not None and policy.can_edit_series(by, series)
    return preview(body, series=series, profile=Profile.PART if is_part else Profile.POST, thread=thread)


def markdownify(content: str) -> str:
    """For MARKDOWNX_MARKDOWNIFY_FUNCTION: a post's rendering, without knowing the series."""
    return preview(content, series=None, profile=Profile.POST)


def _render(read: Read, **options: Any) -> Rendered:
    """The one renderer. Its own words ("Note", "Sources") are stored with the text: in the site's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return text.render(read, profile=read.profile, image_prefixes=image_prefixes(), **options)


def _references(sources: Mapping[str, Source], series: Series, profile: Profile) -> dict[str, Reference]:
    """The sources as the renderer wants them: short in a part's margin, whole under a post."""
    return {
        key: Reference(
            key=key,
            label=source.label,
            html=bibliography.note_html(record_of(source))
            if profile is Profile.PART
            else source.reference_html,
            url=_page_of(source, series),
            again_html=bibliography.note_again_html(record_of(source)) if profile is Profile.PART else "",
        )
        for key, source in sources.items()
    }


def _page_of(source: Source, series: Series) -> str:
    try:
        return reverse("scs_series:source-detail", args=[series.slug, source.key])
    except NoReverseMatch:  # a host that mounts only the API
        return ""


def image_prefixes() -> tuple[str, ...]:
    """Where images in texts may come from: the host's own media and static files, and what it adds."""
    own = (settings.MEDIA_URL, settings.STATIC_URL, *app_settings.IMAGE_PREFIXES)
    return tuple(prefix for prefix in own if prefix and prefix != "/")


def _sources_named(series: Series, keys: set[str]) -> dict[str, Source]:
    if not keys:
        return {}
    return {source.key: source for source in Source.objects.filter(series=series, key__in=keys)}


def _refuse_unknown(citations: Iterable[text.Citation], known: Mapping[str, Source], series: Series) -> None:
    unknown = next((citation for citation in citations if citation.key not in known), None)
    if unknown is None:
        return
    every_key = Source.objects.filter(series=series).order_by("id").values_list("key", flat=True)[:5_000]
    nearest = text.suggest_key(unknown.key, every_key)
    message = _("Line %(line)d: no source has the key %(key)s.") % {
        "line": unknown.line,
        "key": unknown.key[:100],
    }
    if nearest:
        message += " " + _("Did you mean [@%(key)s]?") % {"key": nearest}
    raise InvalidInput(message, code="unknown_source", field="body", key=unknown.key, suggestion=nearest)
