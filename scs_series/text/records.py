"""The plain data that goes into and comes out of this package."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Profile(enum.Enum):
    """What kind of text it is: decides heading levels, raw HTML, link relations and the shape of citations."""

    POST = "post"
    PART = "part"


@dataclass(frozen=True)
class Reference:
    """What a renderer must know about one source.

    ``label`` is plain text ("Kuo 2019"), ``html`` the formatted reference (phrasing content; it is sanitised
    again here), ``url`` the site-relative address of the source's own page. ``again_html``: how a note names a
    source that a note before it has named; empty: as the first time.
    """

    key: str
    label: str
    html: str
    url: str
    again_html: str = ""


@dataclass(frozen=True)
class Citation:
    """One place in a text that names a source. ``line`` counts from 1 in the Markdown."""

    key: str
    locator: str
    prefix: str
    suffix: str
    line: int


@dataclass(frozen=True)
class Names:
    """What a post names, as it is written: members, those of them outside of quotes, and tags. Each once."""

    members: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Targets:
    """Where names lead: addresses of members and tags by the name as written, and of the posts of one thread.

    ``thread`` is the thread's address, ``last_number`` its last post's; a number beyond it leads nowhere.
    """

    members: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""
    last_number: int = 0

    def post(self, number: int) -> str:
        """The address of a post of the thread, or nothing."""
        return f"{self.thread}?post={number}" if self.thread and number <= self.last_number else ""


@dataclass(frozen=True)
class Heading:
    """A heading as it came out: its level in the page (2–6), its id in the page, its text without markup."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """Everything one pass over a text yields. ``html`` is sanitised and may be marked safe."""

    html: str
    headings: tuple[Heading, ...]
    citations: tuple[Citation, ...]
    word_count: int
    excerpt: str


class TextError(ValueError):
    """A text that cannot be accepted. ``code``: "nul", "too_long" or "too_deep"; ``message``: for people."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)
