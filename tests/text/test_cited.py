"""The sentence at each place where a part cites a source, and the id that leads there."""

from __future__ import annotations

import pytest

from scs_series.text import Cited, Profile, Reference, cited_in, render

REFERENCES = {
    key: Reference(key, key, f"<b>{key}</b>, <i>T</i>, 2019", f"/sources/{key}/", f"<b>{key}</b>, 2019")
    for key in ("kuo", "lee")
}


def cited(markdown: str, key: str = "kuo", **options: int) -> tuple[Cited, ...]:
    html = render(markdown, profile=Profile.PART, references=REFERENCES).html
    return cited_in(html, f"/sources/{key}/", **options)


@pytest.mark.parametrize(
    ("markdown", "sentence"),
    [
        ("One thing. A claim [@kuo]. Another.", "A claim."),
        ("One thing. A claim. [@kuo] Another.", "A claim."),
        ("A claim [@lee], and *this* one [@kuo; @lee, p. 3], goes on. Another.", "A claim, and this one, goes on."),
        ("Order No. 12 of Mr. Li came first [@kuo]", "Order No. 12 of Mr. Li came first"),
        ("He said “so it is.” It [@kuo] was.", "It was."),
        ("前面一句。信用体系 [@kuo]。后面", "信用体系。"),
        ("## A heading [@kuo]\n\nText.", "A heading"),
        ("Before.\n\n- one\n- two [@kuo]\n- three", "two"),
        ("| a | b |\n|---|---|\n| City | 2010 [@kuo] |\n| Other | 2011 |", "City · 2010"),
        ("> Quoted words [@kuo].\n\nOwn words.", "Quoted words."),
        ("A < b & c [@kuo].", "A < b & c."),
        ("A claim.[^1]\n\n[^1]: In a footnote [@kuo].", "In a footnote."),
    ],
)  # fmt: skip
def test_the_sentence_is_told(markdown: str, sentence: str) -> None:
    assert [one.sentence for one in cited(markdown)] == [sentence]


def test_places_come_in_order_once_each_and_the_first_with_their_sentences() -> None:
    text = "First [@kuo]. Second [@lee]. Third [@kuo, p. 1; @kuo, p. 2]. Fourth [@kuo]."
    assert cited(text, sentences=2) == (
        Cited("1", "r1", "First."),
        Cited("3", "r3", "Third."),
        Cited("4", "r4", ""),
    )
    html = render(text, profile=Profile.PART, references=REFERENCES).html
    for place in cited(text):
        assert f'id="{place.id}"' in html


def test_a_link_in_the_text_is_no_citation_and_another_source_none_either() -> None:
    assert cited("Words [@lee], and [the source](/sources/kuo/) by name.") == ()
    assert cited_in("", "/sources/kuo/") == ()
    assert cited_in('<a href="/sources/kuo/">', "/sources/kuo/") == ()
    assert cited_in('<span class="scs-note" id="n1"><a href="/sources/kuo/">', "/sources/kuo/") == ()


@pytest.mark.parametrize("word", ["word ", "信"])
def test_a_long_sentence_is_told_by_its_end_and_costs_no_more(word: str) -> None:
    [one] = cited(f"{word * 20_000}the end [@kuo].", limit=100)
    assert len(one.sentence) <= 101
    assert one.sentence.startswith("…")
    assert one.sentence.endswith("the end.")
