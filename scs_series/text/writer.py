"""Writes the token stream of a text as HTML: headings, tables, footnotes, tasks, citations, raw HTML balanced.

What it writes goes through ``sanitise`` afterwards, which alone judges addresses; this module sees to structure.

Where a citation stands decides where its note goes (parts only; a post has one list at its end):

- in running text, a list or a footnote: the note follows its number at once;
- in a heading: the number stays there and the notes follow the heading in ``<p class="scs-notes">``, because a
  heading's text must stay short;
- in a table: the same, but the notes come before the table, which clips what floats out of it: behind it they would
  stand a table's height below their lines and push the notes of the text that follows down with them;
- in the text of a link: number and note follow the link, as links cannot nest;
- in the description of a picture: it stays plain text and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from scs_series.text import citations, naming, rawhtml, words
from scs_series.text.footnotes import letters
from scs_series.text.headings import Identifiers, heading_levels
from scs_series.text.highlight import Highlighter
from scs_series.text.marks import set_marks
from scs_series.text.markup import VOID, escape_attribute, escape_text, start_tag
from scs_series.text.notes import Notes, as_written
from scs_series.text.records import Citation, Heading, Profile, Reference, Targets
from scs_series.text.words import word

# Elements open at once; deeper emphasis and raw HTML are written flat. Chromium's parser flattens at 512.
_MAX_DEPTH = 100
# Citations written out in one text; further ones stay as typed. A long part has some hundred; without
# a bound 100 KB of "[@a]" become 6 MB of notes.
MAX_CITATIONS = 2_000

_ALIGNED = {"text-align:right": ' class="scs-n"', "text-align:center": ' class="scs-c"'}
_RAW_ALIGNED = {"right": "scs-n", "center": "scs-c"}
_EMPHASIS = {"em_open": "em", "strong_open": "strong", "s_open": "del"}


@dataclass
class _Open:
    """An element that is open. ``own``: from Markdown, not raw HTML. ``name`` empty: written flat."""

    own: bool
    name: str


class Writer:
    """One text, one writer. ``html()`` gives the unsanitised result; ``headings`` fills meanwhile."""

    def __init__(
        self,
        tokens: Sequence[Token],
        profile: Profile,
        references: Mapping[str, Reference],
        prefix: str,
        targets: Targets,
    ) -> None:
        self._tokens = tokens
        self._profile = profile
        self._references = references
        self._prefix = prefix
        self._targets = targets
        self.headings: list[Heading] = []
        self._out: list[str] = []
        self._stack: list[_Open] = []
        self._links = 0
        self._behind_link: list[tuple[Citation, ...]] = []
        self._note_keepers = 0
        self._kept_notes: list[str] = []
        # Where in the output the outermost open table begins; its notes are put there.
        self._table_at = 0
        self._notes = Notes(references, prefix)
        self._cited = 0
        self._identifiers = Identifiers(prefix)
        self._highlighter = Highlighter()
        self._level = iter(heading_levels(tokens, profile))
        self._footnote_references = {
            _footnote_number(child)
            for token in tokens
            for child in token.children or ()
            if child.type == "footnote_ref"
        }

    def html(self) -> str:
        """Write everything. To be called once."""
        for index, token in enumerate(self._tokens):
            self._block(token, index)
        while self._stack:
            self._pop()
        self._out.append(self._notes.source_list())
        return "".join(self._out)

    # Elements: Markdown's own always balance; raw ones are closed by whatever encloses them.

    def _push(self, own: bool, name: str, tag: str) -> None:
        if len(self._stack) >= _MAX_DEPTH or (name == "a" and self._links):
            # Its end tag comes for certain only if it is Markdown's own; a raw one is forgotten.
            if own:
                self._stack.append(_Open(own, ""))
            return
        self._stack.append(_Open(own, name))
        self._out.append(tag)
        self._links += name == "a"
        if name == "table":
            if not self._note_keepers:
                self._table_at = len(self._out) - 1
            self._note_keepers += 1

    def _pop(self) -> None:
        element = self._stack.pop()
        if not element.name:
            return
        if element.name != "-":
            self._out.append(f"</{element.name}>")
        if element.name == "a":
            self._links -= 1
            if not self._links:
                waiting, self._behind_link = self._behind_link, []
                for group in waiting:
                    self._citation(group)
        elif element.name == "table":
            self._out.append("</div>\n")
            self._release_notes(self._table_at)

    def _open(self, name: str, attributes: str = "") -> None:
        self._push(True, name, f"<{name}{attributes}>")

    def _close(self) -> None:
        """Close the innermost element of Markdown's own, and all raw ones left open in it."""
        while self._stack:
            own = self._stack[-1].own
            self._pop()
            if own:
                return

    def _raw(self, html: str, *, inline: bool) -> None:
        for kind, value, attributes in rawhtml.read(html):
            if kind == "text":
                self._out.append(escape_text(value))
            elif inline and value not in rawhtml.INLINE:
                continue  # it would end the paragraph: only an HTML block may hold block elements
            elif kind == "close":
                self._close_raw(value)
            elif value in VOID:
                self._out.append(start_tag(value, attributes))
            else:
                self._push(False, value, _raw_tag(value, attributes))

    def _close_raw(self, name: str) -> None:
        for depth, element in enumerate(reversed(self._stack)):
            if element.own:
                return
            if element.name == name:
                for _ in range(depth + 1):
                    self._pop()
                return

    # Blocks.

    def _block(self, token: Token, index: int) -> None:
        kind = token.type
        if kind == "inline":
            self._inline(token.children or [])
        elif kind == "paragraph_open":
            if not token.hidden:
                self._open("p")
        elif kind == "paragraph_close":
            if not token.hidden:
                self._close()
            self._out.append("\n")
        elif kind in _BLOCKS:
            _BLOCKS[kind](self, token)
        elif kind == "heading_open":
            self._heading(self._tokens[index + 1])
        elif kind.endswith("_close"):
            self._close()
            self._out.append("\n")
            if kind == "heading_close":
                self._release_notes()

    def _list(self, token: Token) -> None:
        start = token.attrs.get("start")
        self._open(token.tag, f' start="{start}"' if start is not None else "")
        self._out.append("\n")

    def _item(self, token: Token) -> None:
        if token.meta and "checked" in token.meta:
            done = token.meta["checked"]
            name = escape_attribute(word(words.TASK_DONE if done else words.TASK_OPEN))
            self._open("li", ' class="scs-task"')
            self._out.append(f'<input type="checkbox"{" checked" * done} disabled aria-label="{name}"> ')
        else:
            self._open("li")

    def _quote(self, token: Token) -> None:
        self._open("blockquote")
        self._out.append("\n")

    def _rule(self, token: Token) -> None:
        self._out.append("<hr>\n")

    def _code(self, token: Token) -> None:
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        inside = self._highlighter.highlight(token.content, language)
        # Long lines scroll; tabindex makes that possible with the keyboard.
        self._out.append(f'<pre class="scs-code" tabindex="0"><code>{inside}</code></pre>\n')

    def _html_block(self, token: Token) -> None:
        self._raw(token.content, inline=False)

    def _table(self, token: Token) -> None:
        self._push(True, "table", _table_tag())

    def _row(self, token: Token) -> None:
        self._open(token.tag)

    def _cell(self, token: Token) -> None:
        self._open(token.tag, _ALIGNED.get(str(token.attrs.get("style", "")), ""))

    def _heading(self, inline: Token) -> None:
        level = next(self._level)
        text = " ".join(_text_of(set_marks(inline.children or [], lambda _: True)).split())
        identifier = self._identifiers.new(text)
        self.headings.append(Heading(level, identifier, text))
        self._open(f"h{level}", f' id="{escape_attribute(identifier)}"')
        self._note_keepers += 1

    def _footnotes(self, token: Token) -> None:
        self._open(
            # A group and no landmark: a thread has as many of them as it has posts with footnotes.
            "section",
            f' class="scs-footnotes" role="group" aria-label="{escape_attribute(word(words.FOOTNOTES))}"',
        )
        self._open("ol")
        self._out.append("\n")

    def _footnotes_end(self, token: Token) -> None:
        self._close()
        self._close()
        self._out.append("\n")

    def _footnote(self, token: Token) -> None:
        self._open("li", f' id="{self._prefix}fn{token.meta["id"] + 1}"')

    def _footnote_anchor(self, token: Token) -> None:
        number = _footnote_number(token)
        # A reference inside a definition that a second one of the same name replaced is nowhere to be found.
        if number not in self._footnote_references:
            return
        target = f"{self._prefix}fnref{number}"
        name = escape_attribute(word(words.BACK_TO_TEXT))
        self._out.append(f' <a class="scs-fn-back" href="#{target}" aria-label="{name}">\u21a9\ufe0e</a>')

    # Inside paragraphs.

    def _inline(self, children: Sequence[Token]) -> None:
        room = MAX_CITATIONS - self._cited

        def is_shown(token: Token) -> bool:
            nonlocal room
            group = token.meta["group"]
            known = sum(one.key in self._references for one in group)
            shown = room > 0 and known == len(group)
            room -= known * (room > 0)
            return shown

        children = set_marks(children, is_shown)
        # A marker that is no element: raw tags opened in a paragraph end with it.
        self._stack.append(_Open(True, "-"))
        closers = {rawhtml.closes(token.content): index for index, token in _raw_tags(children)}
        skip_until = -1
        for index, token in enumerate(children):
            if index <= skip_until:
                continue
            if token.type == "html_inline":
                dropped = rawhtml.opens_dropped(token.content)
                if dropped and closers.get(dropped, -1) > index:
                    skip_until = closers[dropped]
                    continue
            self._phrase(token)
        self._close()

    def _phrase(self, token: Token) -> None:
        kind = token.type
        if kind == "text":
            self._out.append(escape_text(token.content))
        elif kind in _EMPHASIS:
            self._open(_EMPHASIS[kind])
        elif kind in ("em_close", "strong_close", "s_close", "link_close"):
            self._close()
        elif kind == "softbreak":
            self._out.append("\n")
        elif kind == "hardbreak":
            self._out.append("<br>\n")
        elif kind == "code_inline":
            self._out.append(f"<code>{escape_text(token.content)}</code>")
        elif kind == "link_open":
            self._open("a", _attributes(token, "href", "title"))
        elif kind == "image":
            alt = escape_attribute(_text_of(token.children or [], citations_too=True))
            self._out.append(f'<img{_attributes(token, "src")} alt="{alt}"{_attributes(token, "title")}>')
        elif kind == "html_inline":
            self._raw(token.content, inline=True)
        elif kind == "footnote_ref":
            self._footnote_reference(token)
        elif kind == citations.KIND:
            self._citation(token.meta["group"])
        elif kind == naming.KIND:
            self._out.append(naming.link(token, self._targets))

    def _footnote_reference(self, token: Token) -> None:
        number = token.meta["id"] + 1
        # Letters, for numbers are the citations'.
        shown = letters(number)
        # No link in a link; the arrow of the footnote leads back here all the same.
        if not self._links:
            name = escape_attribute(f"{word(words.FOOTNOTE)} {shown}")
            shown = f'<a href="#{self._prefix}fn{number}" aria-label="{name}">{shown}</a>'
        self._out.append(
            f'<sup class="scs-fn" id="{self._prefix}fnref{_footnote_number(token)}">{shown}</sup>'
        )

    # Citations.

    def _citation(self, group: tuple[Citation, ...]) -> None:
        if self._links:
            self._behind_link.append(group)
            return
        known: list[Citation] = []
        if self._cited < MAX_CITATIONS:
            known = [one for one in group if one.key in self._references]
            self._cited += len(known)
        if known and self._out:
            # A group with an unknown key among others is left in its place by set_marks.
            self._out[-1] = self._out[-1].rstrip(" \n")
        if known and self._profile is Profile.PART:
            number, note = self._notes.note(known)
            self._out.append(number)
            (self._kept_notes if self._note_keepers else self._out).append(note)
        elif known:
            self._out.append(self._notes.numbers(known))
        for one in group:
            if one not in known:
                self._out.append(f"{' ' * bool(known)}<code>[{escape_text(as_written(one))}]</code>")

    def _release_notes(self, at: int | None = None) -> None:
        """At the end of a heading or table: put down the notes cited in it, here or at a place before."""
        self._note_keepers -= 1
        if self._kept_notes and not self._note_keepers:
            notes = f'<p class="scs-notes">{"".join(self._kept_notes)}</p>\n'
            self._out.insert(len(self._out) if at is None else at, notes)
            self._kept_notes = []


_BLOCKS: dict[str, Callable[[Writer, Token], None]] = {
    "bullet_list_open": Writer._list,
    "ordered_list_open": Writer._list,
    "list_item_open": Writer._item,
    "blockquote_open": Writer._quote,
    "hr": Writer._rule,
    "fence": Writer._code,
    "code_block": Writer._code,
    "html_block": Writer._html_block,
    "table_open": Writer._table,
    "thead_open": Writer._row,
    "tbody_open": Writer._row,
    "tr_open": Writer._row,
    "th_open": Writer._cell,
    "td_open": Writer._cell,
    "footnote_block_open": Writer._footnotes,
    "footnote_block_close": Writer._footnotes_end,
    "footnote_open": Writer._footnote,
    "footnote_anchor": Writer._footnote_anchor,
}


def _raw_tags(children: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    return ((index, token) for index, token in enumerate(children) if token.type == "html_inline")


def _text_of(children: Sequence[Token], *, citations_too: bool = False) -> str:
    """Inline content as plain text: what a heading or a picture's description says."""
    out: list[str] = []
    waiting = list(reversed(children))
    while waiting:
        token = waiting.pop()
        if token.type in ("text", "code_inline", naming.KIND):
            out.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            out.append(" ")
        elif token.type == citations.KIND and citations_too:
            out.append(token.content)
        elif token.type == "image":
            waiting.extend(reversed(token.children or []))
    return "".join(out)


def _attributes(token: Token, *names: str) -> str:
    return "".join(
        f' {name}="{escape_attribute(str(token.attrs[name]))}"' for name in names if name in token.attrs
    )


def _table_tag() -> str:
    name = escape_attribute(word(words.TABLE))
    return f'<div class="scs-scroll" tabindex="0" role="group" aria-label="{name}"><table class="scs-table">'


def _raw_tag(name: str, attributes: dict[str, str]) -> str:
    if name == "table":
        return _table_tag()
    aligned = _RAW_ALIGNED.get(attributes.pop("align", "").lower())
    return start_tag(name, {**attributes, "class": aligned} if aligned else attributes)


def _footnote_number(token: Token) -> str:
    repeated = token.meta.get("subId", 0)
    return f"{token.meta['id'] + 1}-{repeated + 1}" if repeated > 0 else str(token.meta["id"] + 1)
