"""Nothing that a text or a source can hold gets out of its place."""

from __future__ import annotations

import pytest

from scs_series.text import Profile, Reference, render, sanitise
from tests.text.judge import faults
from tests.text.payloads import payloads, references, texts


def test_the_judge_sees_what_it_has_to_see():
    for html in (
        "<script>alert(1)</script>",
        '<p onclick="x()">a</p>',
        '<p style="color: red">a</p>',
        '<a href="java\tscript:alert(1)">a</a>',
        '<a href="&#106;avascript:alert(1)">a</a>',
        '<img src="https://example.org/a.png" alt="">',
        '<img src="/\\example.org/a.png" alt="">',
        '<input type="text" disabled>',
        '<input type="checkbox">',
        '<p class="admin">a</p>',
        "<svg><a>x</a></svg>",
        "<form><button>x</button></form>",
    ):
        assert faults(html, Profile.PART), html


@pytest.mark.parametrize("profile", Profile)
def test_payloads_are_harmless_wherever_they_stand(profile):
    bad = []
    for payload in payloads():
        known = references(payload)
        for place, text in texts(payload):
            html = render(text, profile=profile, references=known, doc_id="d1").html
            found = faults(html, profile)
            if found or sanitise(html, profile=profile) != html:
                bad.append((place, payload, found))
    assert bad == []


@pytest.mark.parametrize("profile", Profile)
def test_payloads_are_harmless_when_only_sanitised(profile):
    for payload in payloads():
        once = sanitise(payload, profile=profile)
        assert faults(once, profile) == [], payload
        assert sanitise(once, profile=profile) == once, payload


@pytest.mark.parametrize(
    "address",
    [
        "\u2028javascript:x()",
        "java\u200bscript:x()",
        "javascript%3Ax()",
        "%6Aavascript:x()",
        "data:,x",
        "irc://e.org",
    ],
)
def test_no_disguise_gets_a_scheme_through(address):
    assert sanitise(f'<a href="{address}">x</a>', profile=Profile.PART) == "x"
    assert "href" not in render(f"[x](<{address}>)", profile=Profile.POST).html


def test_misnested_html_settles():
    once = sanitise("<li><table><li>", profile=Profile.PART)
    assert sanitise(once, profile=Profile.PART) == once


@pytest.mark.parametrize(
    "html",
    [
        '<span id="main">x</span>',
        '<a id="main" href="/y">x</a>',
        '<li id="r1">x</li>',
        '<h4 id="a b">x</h4>',
        '<p id="n1">x</p>',
        '<div role="button">x</div>',
        '<pre tabindex="5">x</pre>',
        '<p lang="x y">x</p>',
    ],
)
def test_values_that_are_not_ours_do_not_pass_the_sanitiser(html):
    for profile in Profile:
        out = sanitise(html, profile=profile)
        assert "x<" in out
        for attribute in ("id=", "role=", "tabindex=", "lang="):
            assert attribute not in out


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    "raw",
    [
        '<span class="scs-note" id="n1" role="note">forged</span>',
        '<a class="scs-ref" id="r1" href="/x">forged</a>',
        '<div id="main" class="scs-scroll" tabindex="0">forged</div>',
        '<p class="scs-notes">forged</p>',
        '<li id="s1">forged</li>',
    ],
)
def test_ids_classes_and_roles_of_an_author_do_not_survive(raw, profile):
    html = render(raw, profile=profile).html
    assert "forged" in html
    for attribute in (" id=", " class=", " role=", " tabindex="):
        # In a post the tag itself is text.
        assert attribute not in html or profile is Profile.POST
    assert profile is Profile.PART or "<span" not in html


@pytest.mark.parametrize(
    "source",
    [
        "https://example.org/a.png",
        "//example.org/a.png",
        "/\\example.org/a.png",
        "/\t/example.org/a.png",
        "\\\\example.org/a.png",
        "/media\\a.png",
        "/media/../logout",
        "/media/%2e%2e/logout",
        "/media/%2E./logout",
        "/mediatheque/a.png",
        "/logout",
        "data:image/png;base64,AAAA",
        "a.png",
    ],
)
def test_only_pictures_below_a_prefix_are_fetched(source):
    for markdown in (
        f"![alt](<{source}>)",
        f'<img src="{source}" alt="alt">',
        f'<p><img src="{source}" alt="alt"></p>',
    ):
        html = render(markdown, profile=Profile.PART, image_prefixes=["/media/", "/static"]).html
        assert "<img" not in html, html
        assert "alt" in html
    assert "<img" not in sanitise(
        f'<img src="{source}" alt="alt">', profile=Profile.POST, image_prefixes=["/media"]
    )


def test_own_pictures_load_late_and_keep_their_description():
    html = render('![A "view"](/media/a.png "T")', profile=Profile.POST, image_prefixes=["/media/"]).html
    assert html == (
        '<p><img src="/media/a.png" alt="A &quot;view&quot;" title="T" loading="lazy" decoding="async"></p>\n'
    )


def test_a_picture_from_elsewhere_becomes_a_link_and_in_a_link_its_description():
    assert render("![map](https://e.org/a.png)", profile=Profile.POST).html == (
        '<p><a href="https://e.org/a.png" rel="nofollow ugc noopener">map</a></p>\n'
    )
    assert (
        render("[![map](https://e.org/a.png)](/x)", profile=Profile.POST).html
        == '<p><a href="/x">map</a></p>\n'
    )


@pytest.mark.parametrize(
    ("target", "relation"),
    [
        ("https://e.org", True),
        ("HTTP://e.org", True),
        ("//e.org/x", True),
        ("/\\e.org", True),
        ("/x", False),
        ("#n1", False),
        ("mailto:a@e.org", False),
        ("x?u=//e.org", False),
    ],
)
def test_links_that_leave_say_so(target, relation):
    for profile, words in ((Profile.POST, "nofollow ugc noopener"), (Profile.PART, "noopener")):
        html = sanitise(f'<a href="{target}" rel="x">a</a>', profile=profile)
        assert (f' rel="{words}"' in html) is relation
        assert html.count("rel=") == relation


def test_a_source_cannot_break_its_note():
    hostile = Reference("k", "L", '</span></p><h1 id="main">x</h1><script>alert(1)</script><p>y', "/s/k/")
    html = render("a [@k] b", profile=Profile.PART, references={"k": hostile}).html
    assert html == (
        '<p>a<a class="scs-ref" id="r1" href="#n1" aria-label="Note 1">1</a><span class="scs-note" id="n1" '
        'role="note"><span class="scs-note-n">1</span><a href="/s/k/">xy</a> '
        '<a class="scs-note-x" href="#r1">Close</a></span> b</p>\n'
    )


def test_raw_html_of_a_part_is_balanced_whatever_is_left_open():
    html = render("<b>a *b</b> c*\n\n</div></p>\n\n- <i>x\n- y", profile=Profile.PART).html
    assert html.count("<b>") == html.count("</b>") == 1
    assert html.count("<i>") == html.count("</i>") == 1
    assert "</div>" not in html
    assert "<li>y" in html


def test_scripts_go_whole_but_an_open_tag_takes_no_text_with_it():
    assert render("a <script>x</script> b", profile=Profile.PART).html == "<p>a  b</p>\n"
    assert "&lt;xmp&gt;" in render("a <xmp> b **c**", profile=Profile.PART).html
    assert "<strong>c</strong>" in render("a <xmp> b **c**", profile=Profile.PART).html
