"""What holds for every text, found by trying many."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

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
from scs_series.text.markup import VOID
from tests.text.judge import faults

PIECES = [
    *(
        "a",
        "b c",
        " ",
        "\n",
        "\n\n",
        "    ",
        "\t",
        "*",
        "**",
        "_",
        "`",
        "```\n",
        "~~",
        "> ",
        "- ",
        "1. ",
        "# ",
        "## ",
    ),
    *(
        "[",
        "]",
        "(",
        ")",
        "![",
        "](/x)",
        "](https://e.org/a.png)",
        "[^1]",
        "[^1]: ",
        "[@a]",
        "[see @b, p. 3; @c]",
        "@a",
    ),
    *(
        "|",
        "\n|-|\n",
        "| a | b |\n|--|-:|\n| ",
        "- [ ] ",
        "- [x] ",
        "<b>",
        "</b>",
        "<div>",
        "</div>",
        "<table>",
        "<td>",
        " [@a].",
        "*[@b]*, ",
        "”",
        "نص ",
        "<p dir=rtl>",
    ),
    *(
        "<p>",
        "</p>",
        "<a href='/y'>",
        "</a>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<pre>",
        "<details>",
        "<summary>",
    ),
    *(
        "<img src=/a.png alt='q\"'>",
        "<input>",
        "<span lang=fr>",
        "<style>",
        "<svg>",
        "<ruby>",
        "<li>",
        "<br>",
        "<",
        ">",
    ),
    *(
        "&",
        "&amp;",
        "&#0;",
        "\\",
        "信",
        "《征信》",
        "国发〔2014〕21号",
        "かな",
        "한",
        "\xa0",
        "é",
        "http://e.org",
        "a@b.c",
        "\u2028",
    ),
]
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=200))
SOURCES = {
    "a": Reference("a", "A 2020", "<i>A</i>, 2020.", "/s/a/"),
    "b": Reference("b", "B <b>", '<p><a href="https://e.org">B</a>', "/s/b/"),
}


class Balance(HTMLParser):
    """Raises if a tag is not closed by its own end tag in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@settings(max_examples=400, deadline=None)
@given(texts, st.sampled_from(Profile))
def test_whatever_is_accepted_renders_balanced_harmless_and_for_good(text, profile):
    try:
        text = check_text(text)
    except TextError:
        return
    rendered = render(text, profile=profile, references=SOURCES, doc_id="d")
    balance = Balance()
    balance.feed(rendered.html)
    balance.close()
    assert balance.open == []
    assert faults(rendered.html, profile) == []
    assert sanitise(rendered.html, profile=profile) == rendered.html
    assert rendered.citations == find_citations(text, profile=profile)
    ids = rendered.html.split(' id="')[1:]
    names = [piece.split('"')[0] for piece in ids]
    assert len(names) == len(set(names))
    for heading in rendered.headings:
        assert heading.id in names
    for target in rendered.html.split('href="#')[1:]:
        assert target.split('"')[0] in names
    assert len(rendered.excerpt) <= 200


@settings(max_examples=400, deadline=None)
@given(texts, st.sampled_from(Profile))
def test_sanitising_anything_twice_is_sanitising_it_once(html, profile):
    once = sanitise(html, profile=profile)
    assert faults(once, profile) == []
    assert sanitise(once, profile=profile) == once
    plain_text(html)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_any_string_at_all_is_accepted_or_refused_and_rendered(text):
    try:
        accepted = check_text(text)
    except TextError as error:
        accepted = error.message
    accepted.encode()
    render(text, profile=Profile.POST).html.encode()
