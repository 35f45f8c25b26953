"""A difference is readable, complete and bounded."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scs_series.text import DiffLine, difference


def sides(lines: tuple[DiffLine, ...]) -> tuple[list[str], list[str]]:
    """The lines of both texts that a difference shows, rebuilt from its parts."""
    old, new = [], []
    for line in lines:
        if line.kind in ("same", "changed", "removed"):
            old.append("".join(text for operation, text in line.parts if operation != "ins"))
        if line.kind in ("same", "changed", "added"):
            new.append("".join(text for operation, text in line.parts if operation != "del"))
    return old, new


def test_equal_texts_have_no_difference():
    assert difference("a\nb", "a\nb") == ()
    assert difference("", "") == ()


def test_a_changed_word_is_marked_in_its_line():
    lines = difference(
        "One.\n\nThe list has 55 measures in all.\n", "One.\n\nThe list has 44 measures in all.\n"
    )
    assert lines == (
        DiffLine("same", (("same", "One."),)),
        DiffLine("same", (("same", ""),)),
        DiffLine(
            "changed",
            (("same", "The list has "), ("del", "55"), ("ins", "44"), ("same", " measures in all.")),
        ),
        DiffLine("same", (("same", ""),)),
    )


def test_han_text_is_compared_by_character():
    lines = difference("失信被执行人名单制度", "失信执行人名单的制度")
    assert lines == (
        DiffLine(
            "changed",
            (("same", "失信"), ("del", "被"), ("same", "执行人名单"), ("ins", "的"), ("same", "制度")),
        ),
    )


def test_a_line_with_little_in_common_is_removed_and_added():
    assert difference("apples and pears", "quite another thing") == (
        DiffLine("removed", (("del", "apples and pears"),)),
        DiffLine("added", (("ins", "quite another thing"),)),
    )


def test_an_inserted_paragraph_leaves_its_neighbours_alone():
    lines = difference("a b c\n\nd e f", "a b c\n\nnew one\n\nd e f")
    assert [line.kind for line in lines if any(text for _, text in line.parts)] == ["same", "added", "same"]


def test_long_unchanged_stretches_are_skipped_with_their_number():
    old = "\n".join(f"line {number}" for number in range(100))
    new = old.replace("line 50", "line fifty")
    lines = difference(old, new)
    assert [(line.kind, line.count) for line in lines] == [
        ("skipped", 48),
        ("same", 1),
        ("same", 1),
        ("changed", 1),
        ("same", 1),
        ("same", 1),
        ("skipped", 47),
    ]


def test_changes_with_next_to_nothing_between_them_are_one():
    lines = difference(
        "The passengers were refused tickets for planes in 2018 by the railways.",
        "The passengers were kept from boarding planes in 2018 by the railways.",
    )
    assert lines[0].parts == (
        ("same", "The passengers were "),
        ("del", "refused tickets for"),
        ("ins", "kept from boarding"),
        ("same", " planes in 2018 by the railways."),
    )
    apart = difference("one two three four five x", "eins two three four fünf x")
    assert [operation for operation, _ in apart[0].parts] == ["del", "ins", "same", "del", "ins", "same"]
    near = difference("a b one two three x y z", "a b eins two drei x y z")
    assert near[0].parts == (
        ("same", "a b "), ("del", "one two three"), ("ins", "eins two drei"), ("same", " x y z"),
    )  # fmt: skip


def test_how_lines_end_is_no_difference():
    assert difference("a\nb\n", "a\r\nb\r\n") == ()
    assert [line.kind for line in difference("a b c\nd\n", "a b x\r\nd\r\n")] == ["changed", "same", "same"]


words = st.lists(st.sampled_from(["a", "b", "list", "信", "。", " ", "\n", "\n\n"]), max_size=60).map("".join)


@settings(max_examples=300, deadline=None)
@given(words, words)
def test_both_texts_can_be_read_off_a_difference(old, new):
    lines = difference(old, new)
    if not lines:
        assert old == new
        return
    shown_old, shown_new = sides(lines)
    skipped = sum(line.count for line in lines if line.kind == "skipped")

    def ink(shown: list[str]) -> list[str]:
        return [line for line in shown if line.strip()]

    if not skipped:
        assert ink(shown_old) == ink(old.split("\n"))
        assert ink(shown_new) == ink(new.split("\n"))
    for line in lines:
        assert (line.count == 1 and line.parts) or line.kind == "skipped"


def _hostile() -> dict[str, tuple[str, str]]:
    shuffled = random.Random(7)  # noqa: S311 (the same disorder every time)
    numbers = [str(number) for number in range(18_000)]
    other = numbers[:]
    shuffled.shuffle(other)
    two = ["".join(shuffled.choice("ab") + shuffled.choice("\n ") for _ in range(50_000)) for _ in range(2)]
    return {
        "nothing in common": ("a\n" * 50_000, "b\n" * 50_000),
        "one letter on every line": ("a\n" * 50_000, "a\n" * 40_000 + "b\n" * 10_000),
        "two letters at random": (two[0], two[1]),
        "shuffled lines": ("\n".join(numbers), "\n".join(other)),
        "reversed lines": ("\n".join(numbers), "\n".join(reversed(numbers))),
        "shuffled words in one line": (" ".join(numbers), " ".join(other)),
        "one word": ("a" * 100_000, "b" * 100_000),
        "spaced letters": ("a " * 50_000, "b a " * 25_000),
        "marks": ("." * 100_000, ".," * 50_000),
        "han": ("信" * 100_000, "信用" * 50_000),
        "interleaved": ("a\nb\n" * 25_000, "b\na\na\n" * 16_000),
        "many changed lines": ("one two three x\n" * 6_000, "one two three y\n" * 6_000),
    }


@pytest.mark.parametrize("name", _hostile())
def test_hostile_pairs_are_compared_in_bounded_time(name):
    old, new = _hostile()[name]
    started = time.thread_time()
    lines = difference(old, new)
    spent = time.thread_time() - started
    assert spent < 4, f"{spent:.1f} s"
    assert lines
