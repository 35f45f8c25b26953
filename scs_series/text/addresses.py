"""Which addresses a text may carry: what leaves the site, and which images may be fetched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

# Browsers drop tabs and line ends anywhere in an address and trim C0 controls and blanks at its ends
# (https://url.spec.whatwg.org/#url-parsing), so an address is judged without them.
_DROPPED = re.compile(r"[\t\n\r]")
_ENDS = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_INVISIBLE = re.compile(r"[\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_DOT_SEGMENT = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)

SCHEMES = frozenset({"http", "https", "mailto"})


def as_browser_reads(address: str) -> str:
    """The address as a browser takes it: controls gone, backslashes as slashes before any query."""
    address = _DROPPED.sub("", address).strip(_ENDS)
    path, mark, rest = re.match(r"([^?#]*)(.?)(.*)", address, re.DOTALL).groups()  # type: ignore[union-attr]
    return path.replace("\\", "/") + mark + rest


def is_allowed_link(address: str) -> bool:
    """Whether a link may go there: http, https, mailto, or no scheme at all (relative, fragment).

    Stricter than browsers: invisible characters and percent signs do not hide a script's scheme either, since
    not everything that reads our HTML parses addresses by the book.
    """
    plain = address
    for _ in range(3):
        scheme = _SCHEME.match(_INVISIBLE.sub("", plain))
        if scheme is not None and scheme.group()[:-1].lower() not in SCHEMES:
            return False
        plain = unquote(plain)
    return True


def leaves_the_site(address: str) -> bool:
    """Whether the address names a host: absolute http(s) or ``//host``."""
    read = as_browser_reads(address)
    return read.startswith("//") or re.match(r"https?:", read, re.IGNORECASE) is not None


def is_own_image(address: str, prefixes: Sequence[str]) -> bool:
    """Whether an image may be fetched: its address starts with one of ``prefixes`` and stays below it.

    ``//host`` never counts, nor does a path with ``.`` or ``..`` in it, which could climb out of the prefix.
    A prefix without a slash at its end is taken as a folder all the same: "/media" does not admit "/mediax".
    """
    read = as_browser_reads(address)
    # No address of ours has a backslash, a tab or a blank at its end: what does is an attempt.
    if read.startswith("//") or read != address:
        return False
    path = re.split(r"[?#]", read, maxsplit=1)[0]
    if any(_DOT_SEGMENT.fullmatch(segment) for segment in path.split("/")):
        return False
    return any(prefix and read.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)
