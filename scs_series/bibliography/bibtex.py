"""BibTeX (with biblatex's fields) to records. Needs bibtexparser: the extra ``citations``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from scs_series.bibliography.record import Name, Record

_TYPES = {
    "article": "article",
    "book": "book",
    "collection": "book",
    "incollection": "chapter",
    "inbook": "chapter",
    "inproceedings": "paper",
    "report": "report",
    "techreport": "report",
    "legislation": "law",
    "jurisdiction": "law",
    "online": "web",
    "electronic": "web",
    "misc": "policy",
    "dataset": "data",
}
_LANGUAGES = {
    "chinese": "zh-Hans",
    "english": "en",
    "german": "de",
    "french": "fr",
    "italian": "it",
    "spanish": "es",
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

#: Commands that say how their argument looks, and those that say it until their group ends: the words stay.
_LOOKS = re.compile(
    r"\\(?:emph|text(?:it|bf|sc|sl|tt|rm|sf|up|md|normal|superscript|subscript)|mkbib(?!quote)[a-z]+|underline|mbox)\*?\s*(?=\{)"
    r"|\\(?:em|it|bf|sc|sl|sf|tt|rm|(?:it|sl|sc|up)shape|(?:bf|md)series|normalfont)(?![A-Za-z])\s*"
)
_QUOTED = re.compile(r"\\(?:enquote|mkbibquote)\*?\s*\{([^{}]*)\}")
#: An accent and its letter: ``\"u``, ``\'{e}``, ``\c{c}``, ``\v c``, ``\'\i``.
_ACCENTED = re.compile(r"""\\(?:([`'^"~=.])|([cvuHkrd])(?=[\s{]))\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))""")
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_SIGNS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł",
    "L": "Ł", "i": "i", "j": "j", "dots": "…", "ldots": "…", "textellipsis": "…", "textendash": "–",
    "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“",
    "textquotedblright": "”",
}  # fmt: skip
_SIGN = re.compile(rf"\\({'|'.join(sorted(_SIGNS, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}}|\s+)?")


@dataclass(frozen=True)
class BibtexFile:
    """The good entries of a file, and what was wrong with the others."""

    records: tuple[Record, ...]
    problems: tuple[str, ...]


def read_bibtex(text: str) -> BibtexFile:
    """Parse a .bib file. Broken entries are reported and do not take the good ones with them."""
    # Optional: only whoever imports BibTeX needs it.
    from bibtexparser.entrypoint import parse_string

    library = parse_string(text)
    records: list[Record] = []
    problems = [f"line {(block.start_line or 0) + 1}: {block.error}" for block in library.failed_blocks]
    for entry in library.entries:
        fields = {f.key.lower(): _plain(str(f.value)) for f in entry.fields}
        if not fields.get("title"):
            problems.append(f"line {(entry.start_line or 0) + 1}: {entry.key} has no title")
            continue
        raw_authors = str(next((f.value for f in entry.fields if f.key.lower() in ("author", "editor")), ""))
        records.append(_record(entry.key, entry.entry_type.lower(), fields, _names(raw_authors)))
    return BibtexFile(tuple(records), tuple(problems))


def _record(key: str, entry_type: str, fields: dict[str, str], authors: tuple[Name, ...]) -> Record:
    container = fields.get("journal") or fields.get("journaltitle") or fields.get("booktitle") or ""
    organization = fields.get("organization", "")
    record_type = _TYPES.get(entry_type, "other")
    if record_type == "web" and "media-coverage" in fields.get("keywords", ""):
        record_type = "press"
    return Record(
        key=key,
        type=record_type,
        title=fields["title"],
        title_translated=fields.get("titleaddon", ""),
        authors=authors,
        container=container or organization,
        publisher=fields.get("publisher") or fields.get("institution") or "",
        volume=fields.get("volume", ""),
        number=fields.get("number", ""),
        pages=fields.get("pages", "").replace("--", "–"),
        issued=_issued(fields),
        language=_LANGUAGES.get(fields.get("langid", "").lower(), ""),
        url=fields.get("url", ""),
        doi=fields.get("doi", "").lower(),
        note=fields.get("note") or fields.get("addendum") or "",
        keywords=tuple(k.strip() for k in re.split("[,;]", fields.get("keywords", "")) if k.strip()),
    )


def _issued(fields: dict[str, str]) -> str:
    date = fields.get("date", "")
    match = re.match(r"^\d{4}(-\d{2}(-\d{2})?)?", date)
    if match:
        return match[0]
    year = re.match(r"^\d{4}$", fields.get("year", ""))
    if not year:
        return ""
    month = fields.get("month", "").lower()[:3]
    return f"{year[0]}-{_MONTHS.index(month) + 1:02}" if month in _MONTHS else year[0]


def _plain(value: str) -> str:
    """A field's value without BibTeX's braces and TeX's marks; letters, dashes and quotes as characters."""
    value = re.sub(r"\s+", " ", value.strip())
    value = _SIGN.sub(lambda match: _SIGNS[match[1]], _ACCENTED.sub(_letter, _LOOKS.sub("", value)))
    value = _QUOTED.sub(r"“\1”", value)
    value = (
        value.replace("\\&", "&")
        .replace("\\%", "%")
        .replace("\\_", "_")
        .replace("\\$", "$")
        .replace("~", " ")
    )
    value = value.replace("---", "—").replace(" -- ", " – ")
    value = re.sub(r"``(.*?)''", r"“\1”", value)
    value = re.sub(r"`([^`']*)'", r"‘\1’", value)
    value = re.sub(r"(?<=\w)'(?=\w|\s|$)", "’", value)
    return value.replace("{", "").replace("}", "").strip()


def _letter(match: re.Match[str]) -> str:
    sign, name, braced, bare = match.groups()
    return unicodedata.normalize("NFC", (braced or bare) + _ACCENTS[sign or name])


def _names(value: str) -> tuple[Name, ...]:
    """``Family, Given and {A Body}`` as names; braces around a whole name make it a body."""
    return tuple(_one_name(raw) for raw in _split_on_and(value) if raw.strip())


def _split_on_and(value: str) -> Iterable[str]:
    depth, start = 0, 0
    for match in re.finditer(r"[{}]|\s+and\s+", value):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif depth <= 0:
            yield value[start : match.start()]
            start = match.end()
    yield value[start:]


def _one_name(raw: str) -> Name:
    raw = raw.strip()
    if raw.startswith("{") and raw.endswith("}"):
        return Name(literal=_plain(raw))
    plain = _plain(raw)
    family, comma, given = plain.partition(",")
    if comma:
        return Name(family=family.strip(), given=given.strip())
    given, _space, family = plain.rpartition(" ")
    return Name(family=family, given=given) if given else Name(literal=plain)
