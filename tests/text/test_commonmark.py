"""CommonMark 0.31.2 and GitHub's extensions: what conforms, and exactly what rendering takes away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

from scs_series.text import Profile, render, to_html
from tests.text.judge import faults, html5lib
from tests.text.material import load


def test_every_example_of_the_specification_comes_out_to_the_letter():
    examples = load("commonmark/spec-0.31.2.json")
    assert len(examples) == 652
    wrong = [e["example"] for e in examples if to_html(e["markdown"]) != e["html"]]
    assert wrong == []


def test_every_example_renders_harmlessly_in_both_profiles():
    for example in load("commonmark/spec-0.31.2.json"):
        for profile in Profile:
            assert faults(render(example["markdown"], profile=profile).html, profile) == [], example[
                "example"
            ]


# What the specification's HTML has and ours has not: elements and attributes, by number of the example.
_IN_BOTH = {
    # Pictures not below an image prefix (the examples' addresses are relative) become links or text.
    "img": [475, 517, 520, 531, 573, 576, 577, 578, 580],
    "img[src]": [475, 517, 520, 531, 573, 576, 577, 578, 580],
    "img[title]": [475, 573, 576, 577],
    "img[alt]": [517, 520, 531, 573, 576, 577, 578, 580],
    # The name of a code block's language: the code is coloured instead.
    "code[class]": [24, 34, 142, 143, 144, 146],
    # Scripts and the like, with their content.
    "script": [170, 178],
    "script[type]": [170],
    "textarea": [171],
    "style": [172, 173, 176],
    "style[type]": [172, 173],
    # Elements nobody knows.
    "foo": [150, 491],
    "warning": [163],
    "bar": [201, 524, 536],
    "foo[bar]": [491],
    "bar[attr]": [524, 536],
    "bab": [613],
    "c2c": [613],
    "b2": [614, 615],
    "b2[data]": [615],
    "responsive-image": [617],
    "responsive-image[src]": [617],
    # Ids, classes and other attributes of raw HTML.
    "div[class]": [152, 153, 154],
    "div[id]": [153, 154],
    "i[class]": [164],
    "pre[language]": [169],
    "a[foo]": [616],
    "a[bam]": [616],
    "a[_boolean]": [616],
    "a[zoop:33]": [616],
}
TAKEN_AWAY = {
    Profile.PART: {
        **_IN_BOTH,
        # Scheme other than http, https, mailto; or a raw link that leads nowhere.
        "a": [150, 596, 598, 599, 601, 613, 614, 615, 616],
        "a[href]": [596, 598, 599, 601],
        # A raw <pre> that the example leaves open ends with its HTML block.
        "p": [148],
    },
    # All raw HTML is text in a post: elements of the examples in HTML blocks (148–191) and Raw HTML (613–) go.
    Profile.POST: {
        **_IN_BOTH,
        # Scheme other than http, https, mailto; or a raw link that leads nowhere.
        "a": [
            21,
            31,
            150,
            159,
            162,
            187,
            344,
            476,
            477,
            596,
            598,
            599,
            601,
            613,
            614,
            615,
            616,
            630,
            631,
            642,
            643,
        ],
        "a[href]": [21, 31, 159, 162, 187, 344, 476, 477, 596, 598, 599, 601, 630, 631, 642, 643],
        "table": [148, 149, 160, 190, 191],
        "tbody": [148, 149, 160, 190, 191],
        "tr": [148, 149, 160, 190, 191],
        "td": [148, 149, 160, 190],
        "pre": [148, 169],
        "div": [150, 152, 153, 154, 155, 159, 161, 174, 175, 184, 185, 186, 188, 189],
        "i": [164],
        "del": [166, 167, 168],
        "code": [169],
        "b": [494],
    },
}


def _features(html: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for element in html5lib.parseFragment(html.strip(), namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        name = re.sub(r"^h[1-6]$", "h", element.tag)
        found[name] += 1
        found.update(f"{name}[{key}]" for key in element.attrib)
    return found


def _taken_away(profile: Profile) -> dict[str, list[int]]:
    found = defaultdict(list)
    for example in load("commonmark/spec-0.31.2.json"):
        gone = _features(example["html"]) - _features(render(example["markdown"], profile=profile).html)
        for feature in gone:
            found[feature].append(example["example"])
    return dict(found)


@pytest.mark.parametrize("profile", Profile)
def test_rendering_takes_away_exactly_this(profile):
    found = _taken_away(profile)
    assert found == TAKEN_AWAY[profile]


# Where we differ from GitHub on purpose, by example of gfm-extensions.json.
_GFM_DIFFERS = {
    19: "a picture from elsewhere becomes a link; a host with an emoji is addressed in punycode",
    20: "the example states no result",
    22: "raw HTML is cut to our own subset, comments go",
    23: "numbers of footnotes stand in brackets, to be told from numbers of notes",
}


def _gfm_tree(html: str) -> list[object]:
    """The tree as nested lists, without what we add: wrappers, ids, our classes, names, rel."""

    def reduced(element):
        if element.tag == "span":
            return element.text  # a run of Japanese, marked as such
        out: list[object] = [element.tag]
        kept = {
            k: v
            for k, v in element.attrib.items()
            if k in ("href", "src", "alt", "title", "checked", "start")
        }
        aligned = {"scs-n": "right", "scs-c": "center"}.get(
            element.get("class", ""), element.get("align", "")
        )
        # Left is where cells start anyway.
        out.append((sorted(kept.items()), aligned.replace("left", "")))
        text = element.text or ""
        for child in element:
            if child.tag == "div" and child.get("class") == "scs-scroll":
                out.extend([text.strip("\n"), reduced(child[0])])
            else:
                out.extend([text.strip("\n"), reduced(child)])
            text = child.tail or ""
        out.append(text.strip("\n"))
        return [piece for piece in out if piece not in ("", " ")]

    return reduced(html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False))


def test_githubs_extensions_come_out_alike_except_these():
    examples = load("commonmark/gfm-extensions.json")
    differing = [
        example["example"]
        for example in examples
        if _gfm_tree(render(example["markdown"], profile=Profile.PART).html) != _gfm_tree(example["html"])
    ]
    assert differing == list(_GFM_DIFFERS)
