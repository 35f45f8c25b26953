"""Colours code when it is written: Pygments' tokens as a dozen short classes, never a style."""

from __future__ import annotations

import re
import time
from functools import cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType

from scs_series.text.markup import escape_text

# The first ancestor that is listed wins, so the order does not matter.
CLASSES: dict[_TokenType, str] = {
    Token.Comment: "scs-k-c",  # comment
    Token.Keyword: "scs-k-k",  # keyword
    Token.Operator.Word: "scs-k-k",
    Token.Literal.String: "scs-k-s",  # string
    Token.Literal.Number: "scs-k-m",  # number
    Token.Name.Function: "scs-k-f",  # function, class, decorator: what is being defined
    Token.Name.Class: "scs-k-f",
    Token.Name.Decorator: "scs-k-f",
    Token.Name.Tag: "scs-k-t",  # tag
    Token.Name.Attribute: "scs-k-a",  # attribute, property
    Token.Name.Builtin: "scs-k-b",  # built-in name
    Token.Name.Constant: "scs-k-b",
    Token.Name.Variable: "scs-k-v",  # variable
    Token.Generic.Inserted: "scs-k-i",  # added line of a patch
    Token.Generic.Deleted: "scs-k-d",  # removed line of a patch
    Token.Generic.Heading: "scs-k-h",  # heading, hunk
    Token.Generic.Subheading: "scs-k-h",
    Token.Generic.Prompt: "scs-k-c",
}

# Languages people write about, by every name they are called. A list of our own: looking up an unknown name
# makes Pygments search the installed packages, and its 500 lexers are not all safe on hostile input.
_LANGUAGES = {
    "bash": "bash sh shell zsh",
    "c": "c h",
    "cpp": "cpp c++ cc hpp",
    "csharp": "csharp c# cs",
    "css": "css",
    "diff": "diff patch",
    "docker": "dockerfile docker",
    "go": "go golang",
    "html": "html",
    "http": "http",
    "java": "java",
    "javascript": "javascript js jsx mjs",
    "json": "json jsonc",
    "kotlin": "kotlin kt",
    "lua": "lua",
    "make": "makefile make",
    "nginx": "nginx",
    "pycon": "pycon",
    "python": "python py python3",
    "r": "r",
    "ruby": "ruby rb",
    "rust": "rust rs",
    "scss": "scss",
    "sql": "sql sqlite postgresql",
    "swift": "swift",
    "toml": "toml",
    "typescript": "typescript ts tsx",
    "xml": "xml svg",
    "yaml": "yaml yml",
}
_BY_ALIAS = {alias: name for name, aliases in _LANGUAGES.items() for alias in aliases.split()}

# Characters coloured in one block; a longer listing stays plain.
MAX_BLOCK = 10_000
# Seconds of this thread's own time for all code of a text. Pygments' lexers go through plain code at 1 MB/s but
# need n² steps for some (19,000 line feeds as C: 13 s), so a look at the clock between two tokens ends those.
MAX_SECONDS = 0.3
_NAME = re.compile(r"[A-Za-z0-9+#-]{1,20}")


class Highlighter:
    """Colours the code of one text within one allowance of time."""

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._left = seconds

    def highlight(self, code: str, language: str) -> str:
        """HTML for the inside of ``<code>``: escaped text with ``<span class="scs-k-…">`` where a class applies.

        Plain escaped text if the language is unknown, the code longer than MAX_BLOCK, or the time used up.
        """
        name = _BY_ALIAS.get(language.lower()) if _NAME.fullmatch(language) else None
        if name is None or len(code) > MAX_BLOCK or self._left <= 0:
            return escape_text(code)
        started = time.thread_time()
        coloured = _coloured(code, name, started + self._left)
        self._left -= time.thread_time() - started
        return coloured if coloured is not None else escape_text(code)


def _coloured(code: str, name: str, deadline: float) -> str | None:
    out: list[str] = []
    current = ""
    pending: list[str] = []
    for number, (kind, text) in enumerate(_lexer(name).get_tokens(code)):
        if number % 16 == 0 and time.thread_time() > deadline:
            return None
        css = _class_of(kind)
        if css != current:
            out.append(_wrapped("".join(pending), current))
            current, pending = css, []
        pending.append(text)
    out.append(_wrapped("".join(pending), current))
    html = "".join(out)
    # The lexer ends the last line if the code did not.
    return html if code.endswith("\n") else html.removesuffix("\n")


@cache
def _lexer(name: str) -> Lexer:
    # Not stripped: the code comes out exactly as it went in. Some lexers are n² on a last line without its end.
    return get_lexer_by_name(name, stripnl=False, ensurenl=True)


@cache
def _class_of(kind: _TokenType) -> str:
    while kind is not Token:
        if kind in CLASSES:
            return CLASSES[kind]
        kind = kind.parent
    return ""


def _wrapped(text: str, css: str) -> str:
    if not text:
        return ""
    return (
        f'<span class="{css}">{escape_text(text)}</span>' if css and not text.isspace() else escape_text(text)
    )
