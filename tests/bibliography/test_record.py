"""How a source reads: label, reference, note; every value escaped."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest

from scs_series.bibliography import Name, Record, label, note_again_html, note_html, reference_html, sort_key
from scs_series.bibliography.record import issued_text

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"


def record(**fields: Any) -> Record:
    return Record(**{"key": "k", "type": "article", "title": "A title", **fields})


def names(*families: str) -> tuple[Name, ...]:
    return tuple(Name(family=family, given="G.") for family in families)


def test_nothing_in_a_record_is_markup() -> None:
    fields = dict.fromkeys(
        (
            "title",
            "title_translated",
            "container",
            "publisher",
            "volume",
            "number",
            "pages",
            "language",
            "issued",
            "note",
        ),
        HOSTILE,
    )
    for kind in ("article", "book", "web", "other"):
        one = record(**{**fields, "type": kind}, authors=(Name(HOSTILE, HOSTILE), Name(literal=HOSTILE)))
        for html in (reference_html(one), note_html(one), note_again_html(one)):
            tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
            tags = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
            assert tags <= {"DOCUMENT_FRAGMENT", "i", "b", "span"}, html
            for element in tree.iter("span"):
                assert set(element.attrib) <= {"lang", "class"}
        assert issued_text(HOSTILE) == issued_text(HOSTILE).replace("<", "")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"authors": names("Kuo"), "issued": "2019-03"}, "Kuo 2019"),
        ({"authors": names("Chen", "Lin"), "issued": "2018"}, "Chen and Lin 2018"),
        ({"authors": names("Chen", "Lin", "Liu"), "issued": "2018"}, "Chen, Lin and Liu 2018"),
        ({"authors": names("Chen", "Lin", "Liu", "Wu"), "issued": "2018"}, "Chen and others 2018"),
        (
            {"authors": (Name(literal="最高人民法院 (Supreme People's Court)"),), "issued": "2013"},
            "Supreme People's Court 2013",
        ),
        ({"authors": (Name(literal="Xinhua (新华社)"),)}, "Xinhua (新华社)"),
        ({"authors": (Name(literal="OECD (Paris)"),)}, "OECD (Paris)"),
        ({"authors": ()}, "A title"),
        ({"title": "x" * 80}, "x" * 57 + "…"),
        ({"authors": (Name(),)}, "A title"),
    ],
)
def test_labels(fields: dict[str, Any], expected: str) -> None:
    assert label(record(**fields)) == expected


@pytest.mark.parametrize(
    ("issued", "text"),
    [
        ("2018-03-21", "21 March 2018"), ("2018-03-01", "1 March 2018"), ("2018-03", "March 2018"), ("2018", "2018"), ("", ""),
        ("2018-13", "2018"), ("2018-00", "2018"), ("2018-03-xx", "March 2018"), ("no date", "no date"),
        ("2018-²", "2018"), ("2018-03-²", "March 2018"),
    ],
)  # fmt: skip
def test_dates_as_far_as_they_are_known(issued: str, text: str) -> None:
    assert issued_text(issued) == text


def test_references_read_as_notes_do() -> None:
    article = record(
        authors=names("Kuo", "Lin"),
        container="The Journal",
        volume="12",
        number="3",
        issued="2019-03-01",
        pages="12–15",
    )
    assert reference_html(article) == (
        "Kuo, G. and G. Lin. “A title.” <i>The Journal</i> 12(3), 1 March 2019, pp. 12–15."
    )
    law = record(type="law", title="规定", title_translated="Provisions", language="zh-Hans", issued="2013")
    assert reference_html(law) == '<i><span lang="zh-Hans">规定</span></i> (Provisions). 2013.'
    assert reference_html(record(title="Why?")) == "“Why?”"
    assert reference_html(record(authors=names(*"ABCDEFG"))).startswith("A, G. and others.")
    assert reference_html(record(pages="7")).endswith("p. 7.")


def test_sort_keys_fold_case_and_accents_and_are_bounded() -> None:
    assert sort_key(record(authors=names("Žižek"), issued="2001")) == "zizek 2001 a title"
    assert len(sort_key(record(title="ﷺ" * 400))) <= 250


def test_a_long_title_is_cut_in_the_margin_alone() -> None:
    long = record(title="word " * 40, authors=names("Kuo"), issued="2019")
    assert "…" in note_html(long)
    assert "…" not in reference_html(long)


def test_a_note_names_who_what_and_when_and_again_who_and_when() -> None:
    kuo = record(authors=names("Kuo", "Lin"), issued="2019-03")
    assert note_html(kuo) == "<b>Kuo and Lin</b>, <i>A title</i>, 2019"
    assert note_again_html(kuo) == "<b>Kuo and Lin</b>, 2019"
    nobody = record(
        title="An address to nobody in particular, with some words to spare for it", issued="2019"
    )
    assert note_html(nobody).startswith("<i>An address to nobody in particular, with")
    assert note_again_html(nobody) == "<i>An address to nobody in…</i>, 2019"
    assert note_html(record(title="word " * 40)).count("<i>") == 1


def test_names_and_titles_from_right_to_left_are_isolated() -> None:
    one = record(type="book", title="كتاب", language="ar", authors=(Name(literal="محمد علي"),), issued="2019")
    assert note_html(one) == "<b><bdi>محمد علي</bdi></b>, <i><bdi>كتاب</bdi></i>, 2019"
    assert reference_html(one) == (
        '<bdi>محمد علي</bdi>. <i><span lang="ar"><bdi>كتاب</bdi></span></i>. 2019.'
    )
