"""Members, tags and posts named in a text: what is found, what is left alone, where it leads."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scs_series.text import Names, Profile, Reference, Targets, read, render
from scs_series.text.naming import MAX_NAMES
from tests.text.judge import faults

TARGETS = Targets(
    members={"kuo": "/members/kuo/", "Kuo": "/members/kuo/", "李明": "/members/li/", "علي": "/members/ali/"},
    tags={"joint-punishment": "/tags/joint-punishment/", "统计": "/tags/tongji/", "हिंदी": "/tags/hindi/"},
    thread="/threads/7/x/",
    last_number=20,
)
KUO = '<a class="scs-mention" href="/members/kuo/">@kuo</a>'


REFERENCES = {"kuo": Reference("kuo", "Kuo 2019", "Kuo", "/s/kuo/")}


def html(markdown: str, profile: Profile = Profile.POST, targets: Targets = TARGETS) -> str:
    return render(markdown, profile=profile, targets=targets, references=REFERENCES).html


def names(markdown: str) -> Names:
    return read(markdown, profile=Profile.POST).names


@pytest.mark.parametrize(
    "markdown",
    [
        "@kuo", "hi @kuo", "(@kuo)", "“@kuo”", "@kuo, hi", "@kuo.", "@kuo: see", "@kuo’s", "*@kuo*", "_@kuo_",
        "~~@kuo~~", "a\n@kuo", "a\\\n@kuo", "- @kuo", "# @kuo", "| @kuo |\n|-|", "> @kuo", "x[^1]\n\n[^1]: @kuo",
        "@kuo-", "@kuo_", "你好@kuo，", "—@kuo",
    ],
)  # fmt: skip
def test_a_member_is_linked_where_a_name_can_begin(markdown: str) -> None:
    assert KUO in html(markdown)


@pytest.mark.parametrize(
    "markdown",
    [
        "`@kuo`", "```\n@kuo\n```", "    @kuo", "[@kuo](/x)", "[see @kuo now](/x)", "[@kuo]", "[@kuo, p. 3]", "\\@kuo",
        "a@kuo", "a@kuo.org", "mail@kuo.org now", "https://e.org/@kuo", "https://e.org/?by=@kuo", "<https://e.org/@kuo>",
        "www.e.org/@kuo", "@kuo@social.example", "@kuo/package", "@@kuo", ".@kuo", "/@kuo", "#@kuo", "@kuo2", "@kuox",
        "![@kuo](/media/x.png)", "**x**@kuo", "`x`@kuo", "[x](/y)@kuo", "@ kuo",
    ],
)  # fmt: skip
def test_code_links_addresses_and_citations_are_left_alone(markdown: str) -> None:
    assert "scs-mention" not in html(markdown)


def test_tags_by_address_or_key_in_any_script() -> None:
    assert '<a class="scs-hashtag" href="/tags/joint-punishment/">#joint-punishment</a>.' in html(
        "On #joint-punishment."
    )
    assert 'href="/tags/tongji/"' in html("看#统计。")
    assert 'href="/tags/hindi/"' in html("#हिंदी में")
    for text in ("#unknown", "C#统计", "`#统计`", "\\#统计", "https://e.org/#统计", "[#统计](/x)", "# 统计"):
        assert "scs-hashtag" not in html(text), text


def test_posts_of_the_thread_by_number() -> None:
    assert '<a href="/threads/7/x/?post=12">#12</a>' in html("See #12.")
    for text in ("#21", "#0", "#012", "#12a", "a#12", "\\#12", "https://e.org/x#12", "#12345678901"):
        assert "?post=" not in html(text), text
    assert "?post=" not in render("#12", profile=Profile.POST).html


def test_parts_name_nobody() -> None:
    assert html("@kuo #统计 #12", Profile.PART) == '<p>@kuo #<span lang="zh-Hans">统计</span> #12</p>\n'


def test_who_is_named_in_a_quote_is_linked_and_not_told() -> None:
    text = "> @kuo said\n>\n> > @李明\n\n- > @علي\n\nIndeed @new, @kuo2."
    assert names(text) == Names(("kuo", "李明", "علي", "new", "kuo2"), ("new", "kuo2"), ())
    assert KUO in html(text)
    assert names("> @kuo\n\n@kuo").told == ("kuo",)


def test_an_escaped_sigil_is_shown_without_its_backslash_everywhere() -> None:
    for text in ("\\@kuo \\#12", "a\\@b", "**\\@kuo**", "![\\@kuo \\#1](/media/x.png)", "# \\@kuo"):
        assert "\\" not in html(text), text
        assert names(text) == Names(), text
    assert 'alt="@kuo #1"' in html("![\\@kuo \\#1](/media/x.png)")
    assert html("me\\@example.org") == "<p>me@example.org</p>\n"


def test_a_name_from_the_other_direction_neither_pulls_nor_decides() -> None:
    shown = html("@علي said this")
    assert '<a class="scs-mention" href="/members/ali/"><bdi>@علي</bdi></a> said this' in shown
    assert 'dir="rtl"' not in shown
    assert 'dir="rtl"' in html("@kuo قال هذا")


def test_no_more_names_are_looked_up_than_the_bound() -> None:
    found = names(" ".join(f"@m{n} #t{n}" for n in range(3 * MAX_NAMES)))
    assert len(found.members) == len(found.told) == len(found.tags) == MAX_NAMES


def test_addresses_are_escaped() -> None:
    shown = render("@x", profile=Profile.POST, targets=Targets(members={"x": '/m/"><script>/'})).html
    assert "<script>" not in shown
    assert (
        "scs-mention"
        not in render("@x", profile=Profile.POST, targets=Targets(members={"x": "javascript:a"})).html
    )


@pytest.mark.parametrize(
    "piece",
    ["@", "#", "@a", "@a ", "#a ", "#1 ", "@a@", "\\@", "你@", "@a-", "@-", "> @a\n\n", "@kuo ", "[@a ", "@a](", "*@a* "],
)  # fmt: skip
def test_hostile_rows_of_names_take_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        started = time.thread_time()
        html(text)
        return time.thread_time() - started

    seconds(1_000)
    short, long = seconds(30_000), seconds(120_000)
    assert long < max(1.0, 12 * short), f"{short:.2f} s, four times as long {long:.2f} s"


@given(st.lists(st.sampled_from([
    "@kuo", "#12", "#统计", "@علي", "@", "#", "\\", "`", "*", "_", "[", "](/x)", "]", "> ", "\n", "\n\n", " ", "a", "你", "-",
    "https://e.org/", "a@b.c", "![", "<", ">", "&", "|", "~~", "[^1]", "[@kuo]", "\u200c", "e\u0301",
]), max_size=40).map("".join))  # fmt: skip
@example("![@kuo@]")
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_the_words_stay_and_links_do_not_nest(text: str) -> None:
    with_links, without = html(text), html(text, targets=Targets())
    assert faults(with_links, Profile.POST) == []
    reader = _Links()
    reader.feed(with_links)
    assert reader.deepest <= 1
    # What is linked is what was text: take the links away, and nothing else differs.
    bare = re.sub(
        r'<a (?:class="scs-(?:mention|hashtag)" )?href="/(?:members|tags|threads)/[^"]*">(.*?)</a>',
        r"\1",
        with_links,
    )
    plain = re.compile(r"</?(?:bdi|span)(?: [^<>]*)?>| dir=\"[a-z]+\"")
    assert plain.sub("", bare) == plain.sub("", without)
    found = names(text)
    assert set(found.told) <= set(found.members)


class _Links(HTMLParser):
    deepest = depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.depth += tag == "a"
        self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "a"
