"""A readable difference between two texts: first by lines, then by words within a changed line.

Bounded whatever comes: lines are matched by patience (lines that occur once on both sides, in their longest
common order), and only small leftovers are compared exhaustively.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from scs_series.text.language import HAN, KANA

Kind = Literal["same", "removed", "added", "changed", "skipped"]
Operation = Literal["same", "del", "ins"]
Part = tuple[Operation, str]


@dataclass(frozen=True)
class DiffLine:
    """One line of a difference. ``count``: lines it stands for (more than 1 only for "skipped")."""

    kind: Kind
    parts: tuple[Part, ...]
    count: int = 1


# Unchanged lines kept on each side of a change, so that it can be read in its place.
CONTEXT = 2
# Pairs of equal things difflib may look at in one leftover; 20,000 take some 10 ms.
_MAX_PAIRS = 20_000
# All leftovers together; beyond this the rest is shown as removed and added.
_BUDGET = 1_000_000
# Below this share of common characters a line counts as replaced, not changed: word marks would be noise.
_ALIKE = 0.4
# Fewer unchanged words than this between two changes of a line are marked with them: one phrase for another can be
# read, words of both by turns cannot.
_APART = 3
# Steps put down for each pair of lines, whatever its length: some 50 microseconds.
_PER_LINE = 50

# A Han or kana character is a word of its own: such text has no spaces to divide it.
_WORD = re.compile(f"[{HAN}{KANA}]|(?:(?![{HAN}{KANA}])\\w)+|\\s+|[^\\w\\s]")

Block = tuple[int, int, int, int]  # old start, old end, new start, new end: a stretch that differs


def difference(old: str, new: str) -> tuple[DiffLine, ...]:
    """What changed between two texts, line by line, in the order of the new text; empty if both are equal.

    Kinds: "same" and the two one-sided ones have one part; "changed" has several; "skipped" has none and
    says in ``count`` how many unchanged lines it stands for. How lines end is no difference: what a browser sends
    ends them with CRLF, what is stored with LF.
    """
    old, new = _with_plain_ends(old), _with_plain_ends(new)
    if old == new:
        return ()
    before, after = old.split("\n"), new.split("\n")
    budget = _Budget(_BUDGET)
    lines: list[DiffLine] = []
    done = 0
    blocks = list(_differing(before, after, budget))
    for old_start, old_end, new_start, new_end in blocks:
        lines.extend(_unchanged(after[done:new_start], first=not lines, last=False))
        lines.extend(_replaced(before[old_start:old_end], after[new_start:new_end], budget))
        done = new_end
    lines.extend(_unchanged(after[done:], first=not lines, last=True))
    return tuple(lines)


def _with_plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class _Budget:
    """Steps left for exhaustive comparing; spending is all or nothing."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def spend(self, steps: int) -> bool:
        if steps > self.steps:
            return False
        self.steps -= steps
        return True


def _unchanged(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[DiffLine]:
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(lines) <= head + tail + 1:
        head, tail = len(lines), 0
    for line in lines[:head]:
        yield DiffLine("same", (("same", line),))
    hidden = len(lines) - head - tail
    if hidden:
        yield DiffLine("skipped", (), hidden)
    for line in lines[len(lines) - tail :] if tail else ():
        yield DiffLine("same", (("same", line),))


def _replaced(before: Sequence[str], after: Sequence[str], budget: _Budget) -> Iterator[DiffLine]:
    """Lines that differ: pairs in order that are alike are marked by words, the others removed and added."""
    # Blank lines between paragraphs would put the pairs out of step.
    old_lines = [line for line in before if line.strip()]
    new_lines = [line for line in after if line.strip()]
    if not old_lines and not new_lines:
        old_lines, new_lines = list(before), list(after)
    paired = min(len(old_lines), len(new_lines))
    for old, new in zip(old_lines, new_lines, strict=False):
        parts = _word_parts(old, new, budget)
        if old == new:
            yield DiffLine("same", (("same", new),))
        elif parts:
            yield DiffLine("changed", parts)
        else:
            yield DiffLine("removed", (("del", old),))
            yield DiffLine("added", (("ins", new),))
    for old in old_lines[paired:]:
        yield DiffLine("removed", (("del", old),))
    for new in new_lines[paired:]:
        yield DiffLine("added", (("ins", new),))


def _word_parts(old: str, new: str, budget: _Budget) -> tuple[Part, ...]:
    """Words kept, deleted and inserted; empty if the lines have too little in common to be one line."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if set(before).isdisjoint(after) or not budget.spend(_PER_LINE + len(before) + len(after)):
        return ()
    parts: list[Part] = []
    common = done = 0
    blocks = list(_differing(before, after, budget))
    for _, _, new_start, new_end in [*blocks, (0, 0, len(after), len(after))]:
        common += len("".join(after[done:new_start]).strip())
        done = new_end
    if common < _ALIKE * max(len(old), len(new)):
        return ()
    done = 0
    for old_start, old_end, new_start, new_end in _joined(blocks, after):
        _add(parts, "same", "".join(after[done:new_start]))
        _add(parts, "del", "".join(before[old_start:old_end]))
        _add(parts, "ins", "".join(after[new_start:new_end]))
        done = new_end
    _add(parts, "same", "".join(after[done:]))
    return tuple(parts)


def _joined(blocks: Sequence[Block], after: Sequence[str]) -> Iterator[Block]:
    """The changes of a line, those with next to nothing between them made one."""
    last: Block | None = None
    for block in blocks:
        if last is not None and sum(item[0].isalnum() for item in after[last[3] : block[2]]) < _APART:
            last = (last[0], block[1], last[2], block[3])
            continue
        if last is not None:
            yield last
        last = block
    if last is not None:
        yield last


def _add(parts: list[Part], operation: Operation, text: str) -> None:
    if text:
        parts.append((operation, text))


def _differing(before: Sequence[str], after: Sequence[str], budget: _Budget) -> Iterator[Block]:
    """The stretches that differ, in order. Everything between them is equal on both sides."""
    waiting: list[Block] = [(0, len(before), 0, len(after))]
    while waiting:
        a, a_end, b, b_end = waiting.pop()
        while a < a_end and b < b_end and before[a] == after[b]:
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and before[a_end - 1] == after[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
        if a == a_end and b == b_end:
            continue
        if a == a_end or b == b_end:
            yield a, a_end, b, b_end
            continue
        anchors = _anchors(before, after, (a, a_end, b, b_end)) if budget.spend(a_end - a + b_end - b) else []
        if anchors:
            gaps: list[Block] = []
            for a_next, b_next in [*anchors, (a_end, b_end)]:
                gaps.append((a, a_next, b, b_next))
                a, b = a_next + 1, b_next + 1
            waiting.extend(reversed(gaps))
        else:
            yield from _exhaustive(before, after, (a, a_end, b, b_end), budget)


def _anchors(before: Sequence[str], after: Sequence[str], block: Block) -> list[tuple[int, int]]:
    """Items that occur exactly once on each side, as far as they stand in the same order."""
    a, a_end, b, b_end = block
    old_places = _single_places(before, a, a_end)
    new_places = _single_places(after, b, b_end)
    pairs = [(old_places[item], place) for item, place in new_places.items() if item in old_places]
    # Longest increasing run of old places, pairs being in new order (patience sorting).
    tops: list[int] = []
    piles: list[int] = []
    previous: list[int] = []
    for index, (place, _) in enumerate(pairs):
        pile = bisect_left(tops, place)
        previous.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            piles.append(index)
        else:
            tops[pile], piles[pile] = place, index
    chain: list[tuple[int, int]] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _single_places(items: Sequence[str], start: int, end: int) -> dict[str, int]:
    places: dict[str, int] = {}
    repeated: set[str] = set()
    for place in range(start, end):
        item = items[place]
        if item in places:
            repeated.add(item)
        # Blank space is no landmark, however rare.
        elif not item.isspace():
            places[item] = place
    return {item: place for item, place in places.items() if item not in repeated}


def _exhaustive(
    before: Sequence[str], after: Sequence[str], block: Block, budget: _Budget
) -> Iterator[Block]:
    """difflib on a stretch without landmarks, if it is small enough; else the whole stretch differs."""
    a, a_end, b, b_end = block
    pairs = (a_end - a) * (b_end - b)
    if pairs > _MAX_PAIRS or not budget.spend(pairs):
        yield block
        return
    matcher = SequenceMatcher(None, before[a:a_end], after[b:b_end], autojunk=False)
    for operation, i, i_end, j, j_end in matcher.get_opcodes():
        if operation != "equal":
            yield a + i, a + i_end, b + j, b + j_end
