"""Headings, tables, tasks, footnotes, code, words, languages: what comes out of a text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.utils import translation

from scs_series.text import (
    Heading,
    Profile,
    Reference,
    TextError,
    check_text,
    plain_text,
    render,
    sanitise,
    words,
)
from scs_series.text.footnotes import letters
from scs_series.text.language import direction_of, is_rtl_language, isolate
from scs_series.text.plain import excerpt
from tests.text.judge import faults


def part(markdown: str, **options) -> str:
    html = render(markdown, profile=Profile.PART, **options).html
    assert faults(html, Profile.PART) == []
    assert sanitise(html, profile=Profile.PART) == html
    return html


def levels(markdown: str, profile: Profile) -> list[int]:
    return [heading.level for heading in render(markdown, profile=profile).headings]


@pytest.mark.parametrize(
    ("markdown", "in_part", "in_post"),
    [
        ("# a\n## b\n### c", [2, 3, 4], [4, 5, 6]),
        ("## a\n### b\n## c", [2, 3, 2], [4, 5, 4]),
        ("# a\n#### b", [2, 3], [4, 5]),
        ("# a\n## b\n### c\n#### d\n##### e\n###### f", [2, 3, 4, 5, 6, 6], [4, 5, 6, 6, 6, 6]),
        ("### a\n# b", [2, 2], [4, 4]),
    ],
)
def test_headings_start_where_the_page_needs_them_and_skip_no_level(markdown, in_part, in_post):
    assert levels(markdown, Profile.PART) == in_part
    assert levels(markdown, Profile.POST) == in_post


def test_headings_have_ids_that_collide_with_nothing():
    text = "# The *List* of `x`\n# The list of x\n# N1\n# 失信被执行人\n# main\n# !!!\n# h x\n# fn2\n# Ünïcode_y\n"
    rendered = render(text, profile=Profile.PART)
    ids = [heading.id for heading in rendered.headings]
    assert ids == [
        *("the-list-of-x", "the-list-of-x-2", "h-n1", "失信被执行人", "h-main", "section", "h-h-x", "h-fn2"),
        "ünïcode_y",
    ]
    for identifier in ids:
        assert f'id="{identifier}"' in rendered.html
    assert rendered.headings[0] == Heading(2, "the-list-of-x", "The List of x")
    assert [h.id for h in render("# A\n# A", profile=Profile.POST, doc_id="p-7").headings] == [
        "p-7-a",
        "p-7-a-2",
    ]
    # "a-2" written by the author first.
    assert [h.id for h in render("# A 2\n# A\n# A", profile=Profile.PART).headings] == ["a-2", "a", "a-3"]


def test_a_doc_id_that_could_break_out_of_an_id_is_refused():
    with pytest.raises(ValueError, match="doc_id"):
        render("x", profile=Profile.POST, doc_id='a"b')


def test_tables_scroll_and_align_by_class():
    html = part("| a | b | c |\n|:--|--:|:-:|\n| 1 | 2 | 3 |")
    assert (
        '<div class="scs-scroll" tabindex="0" role="group" aria-label="Table"><table class="scs-table">'
        in html
    )
    assert "<td>1</td>" in html
    assert '<td class="scs-n">2</td>' in html
    assert '<td class="scs-c">3</td>' in html
    assert '<th class="scs-n">b</th>' in html
    assert html.rstrip().endswith("</table></div>")
    raw = part('<table><caption>C</caption><tr><td align="right" colspan="2" style="x">1</td></tr></table>')
    assert '<table class="scs-table"><caption>C</caption>' in raw
    assert '<td colspan="2" class="scs-n">1</td>' in raw


def test_tasks_are_disabled_boxes_with_a_name():
    html = part("- [ ] open\n- [x] done")
    assert (
        '<li class="scs-task"><input type="checkbox" disabled="" aria-label="Incomplete task"> open' in html
    )
    assert '<input type="checkbox" checked="" disabled="" aria-label="Completed task"> done' in html
    assert "disabled" in sanitise("<input type=text name=a value=b>", profile=Profile.POST)
    assert "text" not in sanitise("<input type=text name=a value=b>", profile=Profile.POST)


def test_footnotes_point_both_ways():
    html = part("One[^a] two[^b] again[^a].\n\n[^a]: First *note*.\n[^b]:\n    > Quote\n", doc_id="d")
    for link in ("d-fn1", "d-fn2", "d-fnref1", "d-fnref1-2", "d-fnref2"):
        assert html.count(f'id="{link}"') == 1, link
    assert html.count('href="#d-fn1"') == 2
    assert '<section class="scs-footnotes" role="group" aria-label="Footnotes">' in html
    assert 'aria-label="Footnote a">a</a></sup>' in html
    nested = part("x[^a]\n\n[^a]: > y\n\n    [^b]: z\n")
    assert nested.count("<blockquote>") == nested.count("</blockquote>") == 1
    linked = part("[x[^a]](/y)\n\n[^a]: z")
    assert '<a href="/y">x<sup class="scs-fn" id="fnref1">a</sup></a>' in linked
    assert 'href="#fnref1"' in linked
    assert "fnref" not in part("[^1]: [^1]\n[^1]: x")


def test_footnotes_are_named_by_letters():
    assert [letters(number) for number in (1, 2, 26, 27, 52, 53, 702, 703)] == [
        *("a", "b", "z", "aa", "az", "ba", "zz", "aaa")
    ]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("نص عربي.", '<p dir="rtl">نص عربي.</p>'),
        ("زهو משפט", '<p dir="rtl">زهو משפט</p>'),
        ("2014: نص", '<p dir="rtl">2014: نص</p>'),
        ("MIT نص", "<p>MIT نص</p>"),
        ("a *b*", "<p>a <em>b</em></p>"),
        ("a\n\nنص", '<p dir="ltr">a</p>\n<p dir="rtl">نص</p>'),
        ("# عنوان", '<h2 id="عنوان" dir="rtl">عنوان</h2>'),
        (
            "> اقتباس\n>\n> more",
            '<blockquote dir="rtl">\n<p>اقتباس</p>\n<p dir="ltr">more</p>\n</blockquote>',
        ),
        ("- واحد\n- two", '<ul dir="rtl">\n<li>واحد\n</li>\n<li>two\n</li>\n</ul>'),
        ("`نص` a", "<p>`نص` a</p>".replace("`نص`", "<code>نص</code>")),
        ('<p dir="ltr">نص</p>', '<p dir="ltr">نص</p>'),
        ("![نص](/a.png) a", None),
    ],
)
def test_blocks_of_text_from_right_to_left_say_so(markdown, html):
    rendered = part(markdown).strip()
    if html is None:
        assert "dir=" not in rendered
    else:
        assert rendered == html
    post = render(markdown, profile=Profile.POST).html
    assert faults(post, Profile.POST) == []
    assert sanitise(post, profile=Profile.POST) == post


def test_a_table_from_right_to_left_turns_and_notes_do_not_count():
    table = part("| اسم | year |\n|---|--:|\n| محمد | 2014 |")
    assert '<table class="scs-table" dir="rtl">' in table
    assert '<th class="scs-n" dir="ltr">year</th>' in table
    known = {"k": Reference("k", "كتاب", "<i><bdi>كتاب</bdi></i>", "/k/")}
    assert "dir=" not in part("a [@k] b", references=known)


def test_the_direction_of_a_language_and_of_a_line():
    assert [is_rtl_language(code) for code in ("ar", "fa-IR", "he", "UR", "en", "zh-Hans", "arn", "")] == [
        *(True, True, True, True, False, False, False, False)
    ]
    assert [direction_of(text) for text in ("نص", "1. نص", "a نص", "信", "12 …", "")] == [
        *("rtl", "rtl", "ltr", "ltr", "", "")
    ]
    assert isolate("a &amp; b") == "a &amp; b"
    assert isolate("a نص") == "<bdi>a نص</bdi>"


def test_line_feeds_at_the_start_of_preformatted_text_stay():
    once = sanitise("<pre>\n\nx</pre>", profile=Profile.PART)
    assert once == "<pre>\n\nx</pre>"
    assert sanitise(once, profile=Profile.PART) == once
    assert part("```\n\n\nx\n```").endswith("<code>\n\nx\n</code></pre>\n")


def test_references_to_footnotes_are_bounded():
    html = part("[^a]: x\n\n" + "[^a]" * 2_500)
    assert html.count('<sup class="scs-fn"') == 2_000
    assert html.count("[^a]") == 500


def test_code_is_coloured_by_class_only():
    html = part('```python\ndef f(x): return "<b>"  # c\n```')
    assert '<pre class="scs-code" tabindex="0"><code><span class="scs-k-k">def</span>' in html
    assert '<span class="scs-k-s">"&lt;b&gt;"</span>' in html
    assert "style" not in html
    for language in ("nosuchlanguage", "", "python" * 50, '"><x'):
        assert part(f"```{language}\na < b\n```").endswith("<code>a &lt; b\n</code></pre>\n")
    assert "scs-k-" not in part("```python\n" + "x = 1\n" * 2_000 + "```")
    assert plain_text(part("```python\n\n  x = 1\n\n```")) == "  x = 1"


def test_code_that_costs_too_much_stays_plain(monkeypatch):
    monkeypatch.setattr("scs_series.text.highlight.time.thread_time", iter(range(1_000)).__next__)
    html = part("```python\n" + "x = 1\n" * 200 + "```")
    assert "scs-k-" not in html
    assert html.count("x = 1") == 200


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a 失信被执行人名单 b", 'a <span lang="zh-Hans">失信被执行人名单</span> b'),
        ("《征信业管理条例》,", '<span lang="zh-Hans">《征信业管理条例》</span>,'),
        ("说“失信”的人。", '<span lang="zh-Hans">说“失信”的人。</span>'),
        ("“失信”", '“<span lang="zh-Hans">失信</span>”'),
        ("ひらがな漢字", '<span lang="ja">ひらがな漢字</span>'),
        ("대한민국 x", '<span lang="ko">대한민국</span> x'),
        (
            "发改财金〔2016〕141号",
            '<span class="scs-nobr" lang="zh-Hans">发改财金〔2016〕141号</span>',
        ),
        (
            "见,国发〔2014〕21号文件",
            '<span lang="zh-Hans">见,<span class="scs-nobr">国发〔2014〕21号</span>文件</span>',
        ),
        ("`信` 信", '<code>信</code> <span lang="zh-Hans">信</span>'),
        ('<span lang="zh-Hant">信用 <b>體系</b></span>', '<span lang="zh-Hant">信用 <b>體系</b></span>'),
        ("信*用*", '<span lang="zh-Hans">信</span><em><span lang="zh-Hans">用</span></em>'),
        ('[x](/信 "信")', '<a href="/%E4%BF%A1" title="信">x</a>'),
        ("㐀𠀀", '<span lang="zh-Hans">㐀𠀀</span>'),
    ],
)
def test_runs_of_han_script_carry_their_language(markdown, html):
    assert part(markdown) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://e.org/a.", ["https://e.org/a"]),
        ("(www.e.org/a_(b))", ["http://www.e.org/a_(b)"]),
        ("me@e.org", ["mailto:me@e.org"]),
        ("见https://e.org/a，其中", ["https://e.org/a"]),
        ("ftp://e.org README.md node.js e.g.it xmpp:a@b", []),
        ("`https://e.org`", []),
        ("[https://e.org](/x)", ["/x"]),
        ("http://a.b&amp; c", ["http://a.b"]),
        ("@name a@b", []),
    ],
)
def test_bare_addresses_become_links(text, links):
    html = part(text)
    assert [piece.split('"')[0] for piece in html.split('href="')[1:]] == links


def test_raw_html_is_text_in_a_post_and_a_safe_subset_in_a_part():
    text = '<abbr title="x">a</abbr> <sub>b</sub> <blink>c</blink>'
    assert part(text) == '<p><abbr title="x">a</abbr> <sub>b</sub> c</p>\n'
    assert render(text, profile=Profile.POST).html.startswith('<p>&lt;abbr title="x"&gt;a&lt;/abbr&gt;')
    details = part("<details open><summary>S</summary>\n\n*x*\n\n</details>\n\nafter")
    assert '<details open=""><summary>S</summary>' in details
    assert details.index("</details>") < details.index("after")


def test_words_and_excerpt():
    rendered = render("# Title\n\nOne two-three 信用 four's 3.5.\n\n```\ncode\n```", profile=Profile.PART)
    assert rendered.excerpt == "One two-three 信用 four's 3.5."
    assert rendered.word_count == 1 + 1 + 1 + 2 + 1 + 1 + 1
    long = render("word " * 100, profile=Profile.POST).excerpt
    assert len(long) <= 200
    assert long.endswith("word…")
    assert len(render("信" * 300, profile=Profile.POST).excerpt) == 200
    assert render("# Only a title", profile=Profile.POST).excerpt == "Only a title"
    assert render("", profile=Profile.POST).excerpt == ""


@pytest.mark.parametrize("end", [".", "...", ",", " –", " (", "。", "，", "?"])
def test_an_excerpt_ends_in_one_ellipsis_and_nothing_before_it(end: str) -> None:
    cut = excerpt(f"<p>Some words{end} {'x' * 40}</p>", limit=20)
    assert cut == ("Some words?…" if end == "?" else "Some words…")


def test_plain_text_keeps_blocks_lines_and_cells_apart():
    html = part(
        "# H\n\na *b*  \nc &amp; d\n\n- x\n- y\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n  k\n\n  l\n```"
    )
    assert plain_text(html) == "H\n\na b\nc & d\n\nx\n\ny\n\na\tb\n\n1\t2\n\n  k\n\n  l"
    assert plain_text("") == ""
    assert plain_text("</b><p>a < b") == "a < b"


def test_words_of_the_interface_are_translated_when_rendered(monkeypatch):
    monkeypatch.setattr(words, "gettext", lambda english: {"Table": "Tabelle"}.get(english, english))
    assert 'aria-label="Tabelle"' in render("|a|\n|-|", profile=Profile.POST).html
    monkeypatch.undo()
    with translation.override("de"):
        assert "aria-label=" in render("|a|\n|-|", profile=Profile.POST).html


def test_the_package_works_without_django_being_set_up():
    program = (
        "from scs_series.text import *\n"
        "html = render('|a|\\n|-|\\n\\n- [ ] x', profile=Profile.POST).html\n"
        "assert 'aria-label=\"Table\"' in html and 'Incomplete task' in html\n"
        "try: check_text('\\0')\n"
        "except TextError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin"}
    )
    assert done.stdout == "nul\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "nul"),
        ("a\x0bb", "nul"),
        ("a\x1bb", "nul"),
        ("a\ud800b", "nul"),
        ("a" * 101, "too_long"),
        ("a" * 1_000, "too_long"),
        (">" * 20 + " a", "too_deep"),
        ("\n".join("  " * level + "- a" for level in range(10)), "too_deep"),
    ],
)
def test_what_cannot_be_kept_is_refused(text, code):
    with pytest.raises(TextError) as caught:
        check_text(text, max_length=300 if code == "too_deep" else 100)
    assert caught.value.code == code
    assert caught.value.message
    # Stored all the same, it would be shown without fail.
    assert render(text, profile=Profile.PART).html


def test_accepted_text_is_normalised():
    assert check_text("a\r\nb\rc\td\n") == "a\nb\nc\td\n"
    assert check_text("e\u0301") == "é"
    assert check_text("e\u0301" * 100, max_length=100) == "é" * 100
    assert check_text(">" * 19 + " a")
    assert check_text("\n".join("  " * level + "- a" for level in range(9)))


def test_text_nested_too_deeply_is_flat_but_whole():
    html = part("> " * 500 + "end")
    assert html.count("<blockquote>") == 20
    assert "end" in html
    lists = part("\n".join("  " * level + f"- item{level}" for level in range(40)))
    assert all(f"item{level}" in lists for level in range(40))
