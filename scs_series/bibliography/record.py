"""One source as plain data, and how it reads: as a label ("Kuo 2019"), a reference, a sort key."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from scs_series.text.language import isolate, mark_languages

#: Types whose title stands alone and is set in italics; the others stand in quotation marks within a container.
_STANDALONE = {"book", "report", "law", "policy", "data"}


@dataclass(frozen=True)
class Name:
    """A person (family, given) or a body (literal), as in CSL-JSON."""

    family: str = ""
    given: str = ""
    literal: str = ""

    @classmethod
    def from_csl(cls, value: dict[str, Any]) -> Name:
        return cls(*(str(value.get(part, "")).strip() for part in ("family", "given", "literal")))

    def as_csl(self) -> dict[str, str]:
        """Only what is filled in."""
        pairs = (("family", self.family), ("given", self.given), ("literal", self.literal))
        return {key: value for key, value in pairs if value}

    @property
    def short(self) -> str:
        return self.family or self.literal or self.given

    @property
    def inverted(self) -> str:
        """Family name first, as the first author of a reference."""
        return f"{self.family}, {self.given}" if self.family and self.given else self.short

    @property
    def straight(self) -> str:
        return f"{self.given} {self.family}".strip() or self.literal


@dataclass(frozen=True)
class Record:
    """What is known of a source; field names as on the Source model. ``issued``: YYYY[-MM[-DD]]."""

    key: str
    type: str
    title: str
    title_translated: str = ""
    authors: Sequence[Name] = ()
    container: str = ""
    publisher: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    issued: str = ""
    language: str = ""
    url: str = ""
    doi: str = ""
    archive_url: str = ""
    note: str = ""
    keywords: Sequence[str] = field(default=())

    @property
    def year(self) -> str:
        return self.issued[:4]


def label(record: Record) -> str:
    """Short name for margins and lists: "Kuo 2019", "Chen, Lin and Liu 2018", "Chen and others 2018".

    The English half of a bilingual body name such as ``最高人民法院 (Supreme People's Court)`` is used alone.
    """
    names = [_plain_body(name.short) for name in record.authors if name.short]
    if not names:
        who = record.title if len(record.title) <= 60 else record.title[:57].rstrip() + "…"
    elif len(names) == 1:
        who = names[0]
    elif len(names) <= 3:
        who = _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
    else:
        who = _("%(first)s and others") % {"first": names[0]}
    return f"{who} {record.year}".strip()


def sort_key(record: Record) -> str:
    """Author, year, title, folded so that every database sorts it alike; at most 250 characters."""
    who = _plain_body(record.authors[0].short) if record.authors else record.title
    return folded(f"{who} {record.year} {record.title_translated or record.title}")[:250]


def folded(text: str) -> str:
    """Without case and accents, as sort keys are."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def reference_html(record: Record) -> str:
    """The reference as phrasing HTML, every value escaped and every run of Chinese marked as such.

    Author, title (italic, or quoted within its container), its translation, number, container, date: close to
    Chicago notes. Citation styles proper are CSL's business and replace this function.
    """
    parts: list[str] = []
    names = [name for name in record.authors if name.short]
    if names:
        parts.append(_sentence(_isolated(_name_list(names))))
    parts.append(_title_html(record))
    published = _published_html(record)
    if published:
        parts.append(_sentence(published))
    return mark_languages(" ".join(parts))


#: A margin holds about five short lines: a longer title is cut, and stands whole at the end of the part.
_NOTE_TITLE = 72
#: A title that stands for a missing author where the source was named before.
_AGAIN_TITLE = 28


def note_html(record: Record) -> str:
    """The source as a margin note names it: who, a short title, when. The whole reference stands at the end."""
    who = _who(record)
    return _joined(
        f"<b>{_isolated(who)}</b>" if who else "", _short_title(record, _NOTE_TITLE), escape(record.year)
    )


def note_again_html(record: Record) -> str:
    """The source as a note names it that an earlier one has named already: who and when."""
    who = _who(record)
    return _joined(
        f"<b>{_isolated(who)}</b>" if who else _short_title(record, _AGAIN_TITLE), escape(record.year)
    )


def _who(record: Record) -> str:
    """The label without its year; empty where the title stands for the author."""
    return (
        label(record).removesuffix(record.year).strip() if any(name.short for name in record.authors) else ""
    )


def _short_title(record: Record, length: int) -> str:
    title = record.title_translated or record.title
    if len(title) > length:
        title = title[:length].rsplit(" ", 1)[0].rstrip(" ,:;(") + "…"
    return f"<i>{_isolated(title)}</i>"


def _joined(*pieces: str) -> str:
    return ", ".join(piece for piece in pieces if piece)


def _isolated(text: str) -> str:
    return isolate(escape(text))


def _title_html(record: Record) -> str:
    title = _isolated(record.title)
    if record.language and not record.language.startswith("en"):
        title = f'<span lang="{escape(record.language)}">{title}</span>'
    translated = f" ({_isolated(record.title_translated)})" if record.title_translated else ""
    if record.type in _STANDALONE:
        return _sentence(f"<i>{title}</i>{translated}")
    title = title.replace("“", "‘").replace("”", "’")  # quotation marks within ours
    return f"“{title if title.endswith(('?', '!')) or translated else title + '.'}”{_sentence(translated) if translated else ''}"


def _published_html(record: Record) -> str:
    container = f"<i>{_isolated(record.container)}</i>" if record.container else ""
    if record.volume:
        container += f" {escape(record.volume)}" + (f"({escape(record.number)})" if record.number else "")
    elif record.number:
        number = f'<span class="scs-nobr">{escape(record.number)}</span>'
        container = f"{container}, {number}" if container else number
    fields = [container, _isolated(record.publisher), issued_text(record.issued)]
    if record.pages:
        sign = _("pp.") if any(c in record.pages for c in "-–,") else _("p.")
        fields.append(f"{sign} {escape(record.pages)}")
    return ", ".join(text for text in fields if text)


def issued_text(issued: str) -> str:
    """``2018-03-21`` as "21 March 2018"; a month or year alone as far as it is known; "" for none."""
    months = (
        _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"),
        _("August"), _("September"), _("October"), _("November"), _("December"),
    )  # fmt: skip
    pieces = issued.split("-")
    if len(pieces) > 1 and pieces[1].isdecimal() and 1 <= int(pieces[1]) <= 12:
        month = months[int(pieces[1]) - 1]
        day = f"{int(pieces[2])} " if len(pieces) > 2 and pieces[2].isdecimal() else ""
        return f"{day}{month} {pieces[0]}"
    return escape(pieces[0])


def _name_list(names: Sequence[Name]) -> str:
    first = names[0].inverted
    others = [name.straight for name in names[1:]]
    if not others:
        return first
    if len(others) > 5:
        return _("%(first)s and others") % {"first": first}
    return _("%(first)s and %(last)s") % {"first": ", ".join([first, *others[:-1]]), "last": others[-1]}


def _plain_body(name: str) -> str:
    """The bracketed half of a bilingual body name, where the half before it is in another script."""
    head, bracket, tail = name.partition("(")
    if bracket and tail.endswith(")") and not _is_latin(head) and _is_latin(tail):
        return tail[:-1].strip()
    return name


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(c, "").startswith("LATIN") for c in text if c.isalpha())


def _sentence(html: str) -> str:
    return html if html.removesuffix("</bdi>").endswith((".", "?", "!", "؟", "”")) else html + "."
