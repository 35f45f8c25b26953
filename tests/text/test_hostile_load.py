"""No text makes rendering hang, recurse to death or swell without bound."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from scs_series.text import (
    Profile,
    Reference,
    TextError,
    check_text,
    find_citations,
    plain_text,
    render,
    sanitise,
)

# The longest post (conf.py); enough to tell n² from n. The shapes below are larger still.
LENGTH = 30_000
# Seconds of this thread's own time: a guard against what hangs, no measure of speed. The worst of these takes about 2
# on the machine it was tried on; what is n² takes minutes.
LIMIT = 20.0


def filled(piece: str) -> str:
    return (piece * (LENGTH // len(piece) + 1))[:LENGTH]


REPEATED = [
    *(
        "[",
        "]",
        "![",
        "[a](",
        "](",
        "[[a]",
        "[a][b]",
        "[](",
        "(",
        "*",
        "_",
        "~",
        "~~",
        "*a **b ",
        "_a*",
        "a**b",
        "*a*",
    ),
    *(
        "`",
        "`a``b",
        "<",
        "<a ",
        '<a href="',
        "<!--",
        "<?",
        "<![CDATA[",
        "<b>",
        "<b><i>",
        "</b>",
        "<div>\n\n",
        "<script>",
    ),
    *(
        "> ",
        ">",
        "- ",
        "1. ",
        "* a\n",
        "- a\n",
        "1. a\n",
        "-\t",
        "#",
        "# a\n",
        "a\n---\n",
        "***\n",
        "    a\n",
        "```\n",
    ),
    *(
        "|",
        "|a",
        "a|b\n-|-\n",
        "&",
        "&#x",
        "\\",
        "\n",
        "\t",
        "x ",
        "a",
        "[^",
        "[^a]",
        "[^a]: ",
        "[^a]: x\n\n",
    ),
    *(
        "[@",
        "[@a]",
        "[@a; ",
        "[@a, p. 1; see @b] ",
        "[@a, i",
        "@a",
        "a@b.c ",
        "a@",
        "a.a",
        "www.",
        "http://a.b ",
        "http://",
    ),
    *(
        "信",
        "《",
        "信,,,,,",
        "信〔2016〕1号",
        '\xa0&"<',
        "e\u0301",
        "- [ ] a\n",
        "<table>\n\n",
        "<details>\n\na\n\n",
    ),
]
SHAPED = {
    "footnote references to one note": "[^a]: x\n\n" + filled("[^"),
    "references to one link": "[a]: /b\n\n" + filled("[a"),
    "deep list": "\n".join("  " * level + "- a" for level in range(440)),
    "deep quotes": "\n".join(">" * level + " a" for level in range(440)),
    "ten thousand quotes": "> " * 10_000 + "a",
    "ten thousand lists": "- " * 10_000 + "a",
    "deep emphasis": "*a **b " * 7_000 + "b** a*" * 7_000,
    "growing backticks": " ".join("`" * length for length in range(440)),
    "wide table": "|" + "a|" * 5_000 + "\n|" + "-|" * 5_000 + "\n" + "|a\n" * 20_000,
    "long table": "|a|b|\n|-|-|\n" + "|a|b|\n" * 16_000,
    "many footnotes": "".join(f"[^{n}] " for n in range(5_000))
    + "\n\n"
    + "\n\n".join(f"[^{n}]: x" for n in range(5_000)),
    "raw tags opened and others closed": "<div>\n" * 9_000 + "\n\n" + "</p>\n" * 9_000,
    "raw tags barred by a quote": "<p>\n\n> " + "<i>" * 9_000 + "</p>" * 9_000,
    "link destinations": "[a](<b" * 15_000,
    "nested images": "![" * 16_000 + "](/a)" * 12_000,
    "locators": ("[@a, " + "1," * 480 + "] ") * 100,
    "long key": filled("[@" + "a." * 450 + "]"),
    "brackets after an address": "http://a" + filled(")"),
    "combining marks": "a" + "\u0300\u0316" * 50_000,
    "C made of line feeds": "```c\n" + "\n" * 9_900 + "```\n" + "```c\n" + "//" * 4_900 + "\n```\n",
    "css of quotes": "```css\n" + "'\\" * 4_900 + "\n```\n",
}
CASES = {**{repr(piece): filled(piece) for piece in REPEATED}, **SHAPED}
SOURCES = {key: Reference(key, key, f"<i>{key}</i>", f"/s/{key}") for key in "ab"}


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("name", CASES)
def test_anything_is_rendered_in_bounded_time_and_space(name, profile):
    started = time.thread_time()
    rendered = render(CASES[name], profile=profile, references=SOURCES)
    spent = time.thread_time() - started
    assert spent < LIMIT, f"{spent:.1f} s"
    # 16,000 rows of a table, or 50,000 headings with their ids, come near it.
    assert len(rendered.html) < 1_500_000


@pytest.mark.parametrize("name", CASES)
def test_checking_and_finding_citations_are_bounded_too(name):
    started = time.thread_time()
    with suppress(TextError):
        check_text(CASES[name], max_length=200_000)
    find_citations(CASES[name])
    spent = time.thread_time() - started
    assert spent < LIMIT, f"{spent:.1f} s"


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 30_000,
        "<div>" * 10_000,
        "".join(f"<b title={number}>" for number in range(2_000)) + "<p>x" * 2_000,
        "<table><tr><td>" * 6_000,
        "<" * LENGTH,
        '<a href="' * 10_000,
        "</p>" * 20_000,
        "&" * LENGTH,
    ],
    ids=range(8),
)
def test_sanitising_and_reading_hostile_html_are_bounded(html):
    started = time.thread_time()
    plain_text(sanitise(html, profile=Profile.PART))
    spent = time.thread_time() - started
    assert spent < LIMIT, f"{spent:.1f} s"
