"""Pandoc's citation syntax: what is one, what is none, and how each profile shows it."""

from __future__ import annotations

import re

import pytest

from scs_series.text import Citation, Profile, Reference, find_citations, render, suggest_key
from tests.text.judge import faults

KUO = Reference("kuo2019", "Kuo 2019", "<b>Kuo</b>, <i>Trust</i>, 2019", "/sources/kuo2019/")
LEE = Reference("lee", "Lee 2018", "Lee, 法释〔2013〕17号, 2018.", "/sources/lee/")
KNOWN = {"kuo2019": KUO, "lee": LEE}


def part(markdown: str, **options) -> str:
    html = render(markdown, profile=Profile.PART, references=KNOWN, **options).html
    assert faults(html, Profile.PART) == []
    return html


def post(markdown: str, **options) -> str:
    html = render(markdown, profile=Profile.POST, references=KNOWN, **options).html
    assert faults(html, Profile.POST) == []
    return html


def cited(markdown: str) -> list[tuple[str, str, str, str]]:
    return [(one.key, one.locator, one.prefix, one.suffix) for one in find_citations(markdown)]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[@key]", [("key", "", "", "")]),
        ("[-@key]", [("key", "", "", "")]),
        ("[@key, p. 12]", [("key", "p. 12", "", "")]),
        ("[@key p. 12]", [("key", "p. 12", "", "")]),
        ("[see @a, pp. 3–4; @b]", [("a", "pp. 3–4", "see", ""), ("b", "", "", "")]),
        ("[see also -@a, chap. 3, n. 2 and passim]", [("a", "chap. 3", "see also", "n. 2 and passim")]),
        ("[@a, Art. 1]", [("a", "Art. 1", "", "")]),
        ("[@a, § 5]", [("a", "§ 5", "", "")]),
        ("[@a, 第3条]", [("a", "第3条", "", "")]),
        ("[@a, xiv]", [("a", "xiv", "", "")]),
        ("[@a, 33-35, 38]", [("a", "33-35, 38", "", "")]),
        ("[@a, {ii, A–D}, rest]", [("a", "ii, A–D", "", "rest")]),
        ("[@a, my emphasis]", [("a", "", "", "my emphasis")]),
        ("[@Foo_bar.baz.]", [("Foo_bar.baz", "", "", ".")]),
        ("[@a:b/c-d+e#1]", [("a:b/c-d+e#1", "", "", "")]),
        ("[@孔2019]", [("孔2019", "", "", "")]),
        ("[@_x]", [("_x", "", "", "")]),
        ("[see\n@a]", [("a", "", "see", "")]),
        ("> - *x [@a]*", [("a", "", "", "")]),
        ("| [@a] |\n|---|\n| [@b] |", [("a", "", "", ""), ("b", "", "", "")]),
        ("# [@a]", [("a", "", "", "")]),
        ("x[^1]\n\n[^1]: [@a]", [("a", "", "", "")]),
        ("[text [@a]](/x)", [("a", "", "", "")]),
        ("![not@x](/y) [@a]", [("a", "", "", "")]),
    ],
)
def test_these_are_citations(markdown, expected):
    assert cited(markdown) == expected


@pytest.mark.parametrize(
    "markdown",
    [
        "`[@key]`",
        "    [@key]",
        "```\n[@key]\n```",
        "[@key](/url)",
        "[@key]\n\n[@key]: /url",
        "\\[@key]",
        "@key",
        "[me@example.org]",
        "[write to a@b.org; @c]",
        "[@key; nobody]",
        "[@]",
        "[@-key]",
        "[^@key]",
        "[@a @b]",
        "[`@key`]",
        "![[@key]](/x.png)",
        "<div>\n[@key]\n</div>",
        "<!-- [@key] -->",
    ],
)
def test_these_are_none(markdown):
    assert cited(markdown) == []


def test_what_is_found_is_what_is_rendered():
    text = "a [@kuo2019]\n\n    [@code]\n\n[@nope; @lee, p. 2] `[@x]`\n"
    for profile in Profile:
        assert render(text, profile=profile, references=KNOWN).citations == find_citations(
            text, profile=profile
        )
    # A block of HTML is no Markdown in a part; in a post it is a paragraph.
    assert find_citations("<div>\n[@key]\n</div>", profile=Profile.POST) == (Citation("key", "", "", "", 2),)


def test_lines_are_counted_in_the_markdown():
    text = "# H\n\none [@a]\ntwo [@b] [@c]\n\n> - x\n>   [@d]\n\n| a |\n|---|\n| [@e] |\n\nx[^1]\n\n[^1]: y\n    [@f]\n"
    assert [(one.key, one.line) for one in find_citations(text)] == [
        *(("a", 3), ("b", 4), ("c", 4), ("d", 7), ("e", 11), ("f", 16))
    ]
    assert [one.line for one in find_citations("a\r\n\r\n[@b]")] == [3]


def test_in_a_part_the_note_follows_its_number():
    assert part("A claim. [see @kuo2019, p. 12; @lee, Art. 1 and more] Next.") == (
        '<p>A claim.<a class="scs-ref" id="r1" href="#n1" aria-label="Note 1">1</a>'
        '<span class="scs-note" id="n1" role="note"><span class="scs-note-n">1</span>'
        'see <a href="/sources/kuo2019/"><b>Kuo</b>, <i>Trust</i>, 2019</a>, '
        '<span class="scs-locator">p. 12</span>; '
        '<a href="/sources/lee/">Lee, <span class="scs-nobr" lang="zh-Hans">法释〔2013〕17号</span>, 2018</a>, '
        '<span class="scs-locator">Art. 1</span> and more '
        '<a class="scs-note-x" href="#r1">Close</a></span> Next.</p>\n'
    )


def test_a_reference_with_links_of_its_own_gets_the_source_beside_it():
    linked = Reference("k", "K 2020", 'K, <a href="https://doi.org/10.1/x">doi</a>', "/sources/k/")
    html = render("a [@k, p. 1]", profile=Profile.PART, references={"k": linked}).html
    assert faults(html, Profile.PART) == []
    assert (
        '<a href="https://doi.org/10.1/x" rel="noopener">doi</a>, <span class="scs-locator">p. 1</span>'
        in html
    )
    assert '</span> <a href="/sources/k/">K 2020</a> <a class="scs-note-x"' in html


def test_every_group_in_a_part_has_a_note_of_its_own_and_ids_carry_the_document():
    html = part("[@lee] and [@lee]", doc_id="x7")
    for identifier in ("x7-r1", "x7-n1", "x7-r2", "x7-n2"):
        assert html.count(f'id="{identifier}"') == 1
        assert html.count(f'href="#{identifier}"') == 1


def test_notes_of_a_heading_follow_it_and_those_of_a_table_stand_before_it():
    heading = part("# A [@lee] b")
    assert heading.startswith(
        '<h2 id="a-b">A<a class="scs-ref" id="r1" href="#n1" aria-label="Note 1">1</a> b</h2>'
    )
    assert '</h2>\n<p class="scs-notes"><span class="scs-note" id="n1"' in heading
    table = part("| [@lee] |\n|---|\n| [@kuo2019] |\n\nafter [@lee]")
    notes, inside, after = re.split('<div class="scs-scroll"[^>]*>|</table></div>', table)
    assert notes.startswith('<p class="scs-notes"><span class="scs-note" id="n1"')
    assert notes.index('id="n1"') < notes.index('id="n2"') < notes.index("</p>\n")
    assert "scs-note" not in inside
    assert inside.count("scs-ref") == 2
    assert 'id="n3"' in after
    nested = part("> - | a |\n>   |---|\n>   | b [@lee]. |")
    assert re.search(r'<li><p class="scs-notes">.*</p>\n<div class="scs-scroll"', nested)
    assert '<td>b.<a class="scs-ref"' in nested


def test_a_citation_in_a_link_stands_behind_it():
    html = part("[text [@lee] more](/x) end")
    assert html.startswith('<p><a href="/x">text more</a><a class="scs-ref" id="r1"')
    assert post("[text [@lee]](/x)").startswith('<p><a href="/x">text</a><a class="scs-ref" href="#s1"')
    raw = part('<a href="/x">text [@lee]</a>')
    assert raw.startswith('<p><a href="/x">text</a><a class="scs-ref"')


def test_a_citation_in_a_description_stays_text():
    assert part("![see [@lee]](/a.png)").startswith('<p><img src="/a.png" alt="see [@lee]"')


def test_in_a_post_sources_are_numbered_once_and_listed_at_the_end():
    html = post("One [@lee, p. 1], two [see @kuo2019; @lee, p. 9], again [@lee, p. 1].", doc_id="post-3")
    text, listing = html.split('<ol class="scs-refs" aria-label="Sources">')
    assert text == (
        '<p>One,<a class="scs-ref" href="#post-3-s1" aria-label="1, source: Lee 2018">1</a> two,'
        '<a class="scs-ref" href="#post-3-s2" aria-label="2, source: Kuo 2019">2</a>\u202f'
        '<a class="scs-ref" href="#post-3-s1" aria-label="1, source: Lee 2018">1</a> again.'
        '<a class="scs-ref" href="#post-3-s1" aria-label="1, source: Lee 2018">1</a></p>\n'
    )
    assert listing == (
        '\n<li id="post-3-s1">Lee, <span class="scs-nobr" lang="zh-Hans">法释〔2013〕17号</span>, 2018, '
        '<span class="scs-locator">p. 1; p. 9</span>. '
        '<a href="/sources/lee/" aria-label="Where cited: Lee 2018">Where cited</a></li>\n'
        '<li id="post-3-s2"><b>Kuo</b>, <i>Trust</i>, 2019, <span class="scs-locator">see</span>. '
        '<a href="/sources/kuo2019/" aria-label="Where cited: Kuo 2019">Where cited</a></li>\n</ol>\n'
    )


@pytest.mark.parametrize(
    ("reference", "place", "said"),
    [
        ("Lee, 2018.", "p. 12", "Lee, 2018, p. 12."),
        ("Lee, 2018", "p. 12", "Lee, 2018, p. 12."),
        ("Lee, 2018.", "pp. 12 ff.", "Lee, 2018, pp. 12 ff."),
        ("“A title.”", "p. 12", "“A title,” p. 12."),
        ("Lee. Is it so?", "p. 12", "Lee. Is it so? p. 12."),
        ("Lee, 2018.", "", "Lee, 2018."),
    ],
)
def test_the_place_in_a_source_ends_the_sentence_that_names_it(reference: str, place: str, said: str) -> None:
    one = Reference("k", "K", reference, "/sources/k/")
    markdown = f"a [@k, {{{place}}}]" if place else "a [@k]"
    html = render(markdown, profile=Profile.POST, references={"k": one}).html
    listed = re.search(r'<li id="s1">(.*?) <a href', html)
    assert listed
    assert re.sub("</?span[^>]*>", "", listed[1]) == said


def test_a_source_named_before_is_named_shortly_unless_that_names_two():
    def noted(**again: str) -> list[str]:
        known = {key: Reference(key, key, f"<i>{key}</i>, long", "", text) for key, text in again.items()}
        html = render("[@a] [@b] [see @a, p. 2] [@b]", profile=Profile.PART, references=known).html
        return [
            re.sub("</?span[^>]*>", "", one)
            for one in re.findall(r'<span class="scs-note-n">\d</span>(.*?) <a class="scs-note-x"', html)
        ]

    full, locator = ["<i>a</i>, long", "<i>b</i>, long"], ", p. 2"
    assert noted(a="<b>A</b>, 1", b="<b>B</b>, 1") == [*full, "see <b>A</b>, 1" + locator, "<b>B</b>, 1"]
    assert noted(a="<b>A</b>, 1", b="<b>A</b>, 1") == [*full, f"see {full[0]}{locator}", full[1]]
    assert noted(a="", b="") == [*full, f"see {full[0]}{locator}", full[1]]


def drawn(html: str) -> str:
    """A paragraph as a reader sees it: marks as ¹, ² and ^a, emphasis as written, no notes."""
    html = re.sub(r'<span class="scs-note".*?Close</a></span>', "", html)
    html = re.sub(r'<section class="scs-footnotes".*', "", html, flags=re.DOTALL)
    html = re.sub(r'<ol class="scs-refs".*', "", html, flags=re.DOTALL)
    html = re.sub(r'<sup class="scs-fn".*?<a [^>]*>(.)</a></sup>', r"^\1", html)
    html = re.sub(r'<a class="scs-ref"[^>]*>(\d)</a>', lambda m: "⁰¹²³⁴"[int(m.group(1))], html)
    html = re.sub("</?em>", "*", re.sub("</?strong>", "**", re.sub(r"</?(?:p|span)[^>]*>", "", html)))
    return html.strip().replace("\u202f", "+")


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("A thousand [@lee]. Next", "A thousand.¹ Next"),
        ("A thousand [@lee].", "A thousand.¹"),
        ("A thousand [@lee].\nNext", "A thousand.¹\nNext"),
        ("A thousand\n[@lee]. Next", "A thousand.¹ Next"),
        ("A thousand [@lee] Next", "A thousand¹ Next"),
        ("one [@lee], two [@kuo2019]; three [@lee]: four", "one,¹ two;² three:³ four"),
        ("Why [@lee]? So [@lee]! And [@lee]… well", "Why?¹ So!² And…³ well"),
        ("“He said [@lee].” Next", "“He said.”¹ Next"),
        ("(He said [@lee].) Next", "(He said.)¹ Next"),
        ('"He said [@lee]", they', '"He said",¹ they'),
        ("*He said [@lee].* Next", "*He said.*¹ Next".replace(".*¹", ".¹*")),
        ("*He said [@lee]*. Next", "*He said*.¹ Next"),
        ("***He** said **now [@lee]***, no", "*__He__ said __now__*,¹ no".replace("__", "**")),
        ("*He said [@lee]* next", "*He said¹* next"),
        ("Two [@lee] [@kuo2019]. Next", "Two.¹+² Next"),
        ("Two [@lee][@kuo2019] next", "Two¹+² next"),
        ("Both [@lee].[^n]\n\n[^n]: x", "Both.¹^a"),
        ("Both [@lee][^n]. Next\n\n[^n]: x", "Both.¹+^a Next"),
        ("Both[^n] [@lee]. Next\n\n[^n]: x", "Both.^a+¹ Next"),
        ("Only a footnote[^n]. Next\n\n[^n]: x", "Only a footnote^a. Next"),
        ("[a *link* [@lee]](/x). Next", '<a href="/x">a *link*</a>.¹ Next'),
        ("征信制度 [@lee]。下文", "征信制度。¹下文"),
        ("他说：「信用[@lee]」，又", "他说：「信用」，¹又"),
        ("نص عربي [@lee]، ثم", "نص عربي،¹ ثم"),
        # Where there is nothing to close, or where it would read as a slip, all stays in its place.
        ("[@lee]. Next", "¹. Next"),
        ("([@lee]) Next", "(¹) Next"),
        ("*[@lee]*. Next", "*¹*. Next"),
        ("What? [@lee]. Next", "What?¹. Next"),
        ("as in [@lee]’s book", "as in¹’s book"),
        ("about [@lee].5", "about¹.5"),
        ("a  \n[@lee]. b", "a<br>¹. b"),
        ("known [@lee] and [@nobody]. b", "known¹ and <code>[@nobody]</code>. b"),
    ],
)
def test_closing_punctuation_comes_before_the_mark(markdown, seen):
    assert drawn(part(markdown)) == seen
    if "kuo" not in markdown and markdown.count("@lee") == 1:
        assert drawn(post(markdown)) == seen
    rendered = render(markdown, profile=Profile.PART, references=KNOWN)
    assert rendered.citations == find_citations(markdown)
    assert "\u202f" not in rendered.excerpt


def test_in_the_plain_words_nothing_is_lost_but_the_space_before_a_mark():
    rendered = render(
        "One [@lee] [@kuo2019]. Two (three [@lee]), *four [@lee]*!", profile=Profile.PART, references=KNOWN
    )
    assert rendered.excerpt == "One. Two (three), four!"
    heading = render("# One [@lee]: two [@lee].", profile=Profile.PART, references=KNOWN).headings[0]
    assert (heading.text, heading.id) == ("One: two.", "one-two")


def test_an_unknown_key_stays_visible():
    for show in (part, post):
        assert show("a [see @nope, p. 3 x] b") == "<p>a <code>[see @nope, p. 3 x]</code> b</p>\n"
    mixed = part("[@nope; @lee]")
    assert "<code>[@nope]</code>" in mixed
    assert mixed.count("scs-note-n") == 1


def test_notes_stay_out_of_the_plain_words():
    rendered = render("A claim [@lee] holds.", profile=Profile.PART, references=KNOWN)
    assert rendered.excerpt == "A claim holds."
    assert rendered.word_count == 3


def test_a_flood_of_citations_is_cut_off_visibly():
    html = part("[@lee] " * 3_000)
    assert html.count("scs-note-n") == 2_000
    assert html.count("<code>[@lee]</code>") == 1_000


def test_the_nearest_key_is_suggested():
    known = ["kuo2019", "kostka2019", "creemers2018"]
    assert suggest_key("kou2019", known) == "kuo2019"
    assert suggest_key("Kuo2019", known) == "kuo2019"
    assert suggest_key("CREEMERS2018", known) == "creemers2018"
    assert suggest_key("zzz", known) is None
    assert suggest_key("x", []) is None
