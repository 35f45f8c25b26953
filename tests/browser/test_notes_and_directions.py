"""Notes stand beside the line that cites, on every part of the demo; text from right to left runs so."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scs_series.services.members import member_for
from tests import factories
from tests.browser.conftest import Demo, Open

pytestmark = pytest.mark.browser

#: [how far below its mark a note begins, where it begins, where it ends, whether a table cites it], in order.
NOTES = """() => [...document.querySelectorAll(".scs-note[id]")].map((note) => {
  const mark = document.getElementById("r" + note.id.slice(1));
  const [box, line] = [note.getBoundingClientRect(), mark.getBoundingClientRect()];
  return [box.top - line.top, box.top, box.bottom, mark.closest("table") !== null];
})"""
#: Eleven sources in four short rows need more height than their table has.
FAR = 240
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [1440, 1000])
def test_notes_stay_by_their_lines_on_every_part(open_page: Open, demo: Demo, width: int) -> None:
    page = open_page(width=width)
    every: list[int] = []
    for part in demo.parts:
        page.goto(part.get_absolute_url())
        page.evaluate("document.fonts.ready")
        notes = page.evaluate(NOTES)
        assert len(notes) > 20, part.slug
        off = [abs(round(note[0])) for note in notes]
        every += off
        assert max(off) <= FAR, f"{part.slug}: {off}"
        assert max(abs(note[0]) for note in notes if not note[3]) <= 160, f"{part.slug}: {off}"
        for (_, _, bottom, _), (_, top, _, _) in itertools.pairwise(notes):
            assert top >= bottom, f"{part.slug}: a note lies on another"
    assert sum(distance <= 60 for distance in every) >= 0.85 * len(every), every


def test_without_script_the_notes_of_a_table_stand_beside_it(open_page: Open, demo: Demo) -> None:
    page = open_page(script=False)
    seen = 0
    for part in demo.parts:
        page.goto(part.get_absolute_url())
        notes = page.evaluate(NOTES)
        of_tables = [note[0] for note in notes if note[3]]
        seen += len(of_tables)
        # They begin at its head; the notes of the text that follows keep their places.
        assert max(of_tables, default=0) <= FAR, part.slug
        assert max(abs(note[0]) for note in notes if not note[3]) <= 160, part.slug
    assert seen, "no part has a table with citations"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_on_a_narrow_screen_the_note_of_a_table_opens_before_it_and_leads_back(
    open_page: Open, demo: Demo, script: bool
) -> None:
    part = next(part for part in demo.parts if "scs-notes" in part.body_html)
    page = open_page(part.get_absolute_url(), width=360, script=script, has_touch=True)
    mark = page.locator("td .scs-ref").first
    mark.scroll_into_view_if_needed()
    mark.tap()
    note = page.locator(".scs-note:target")
    expect(note).to_be_in_viewport(ratio=1)
    assert note.bounding_box()["y"] < page.locator("table").first.bounding_box()["y"]  # type: ignore[index]
    note.get_by_role("link", name="Close").tap()
    expect(note).to_have_count(0)
    expect(mark).to_be_in_viewport()


@pytest.mark.parametrize("width", [1440, 360])
def test_every_note_shows_that_it_leads_to_its_source(open_page: Open, demo: Demo, width: int) -> None:
    """Named again, a source is its author and year, with no title to bear the line."""
    page = open_page(demo.parts[3].get_absolute_url(), width=width)
    again, bare = page.evaluate("""() => {
      const links = [...document.querySelectorAll(".scs-note > a:not(.scs-note-x)")];
      const drawn = (e) => getComputedStyle(e).textDecorationLine === "underline";
      return [links.filter((a) => !a.querySelector("i")).length,
        links.filter((a) => ![a, ...a.querySelectorAll("*")].some(drawn)).map((a) => a.outerHTML)];
    }""")
    assert again > 3, "no source is named twice"
    assert bare == []
    # In the margin they keep their voice down.
    drawn = {
        name: page.locator(f".scs-note > a {name}").first.evaluate("e => getComputedStyle(e).textDecorationColor")
        for name in ("i", "b:not(:has(~ i))")
    }  # fmt: skip
    loud = page.locator(".scs-note-n").first.evaluate("e => getComputedStyle(e).color")
    assert [colour == loud for colour in drawn.values()] == [width == 360] * 2


# ---------------------------------------------------------------------------------------------- from right to left
BODY = """السلام عليكم ورحمة الله وبركاته، هذا نص عربي طويل لاختبار الاتجاه في صفحة السلسلة [@kitab, p. 3]. ثم جملة أخرى.

> اقتباس من كتاب قديم.

- واحد
- اثنان

An English paragraph within it [@kitab].
"""


@pytest.fixture
def arabic(site: str) -> Any:
    """A thread on a part of an Arabic series; the part's text is the opening post's too."""
    writer = factories.make_user()
    member = member_for(writer)
    member.display_name = "محمد علي"
    member.save()
    series = factories.make_series(
        author=writer, title="نظام الائتمان الاجتماعي", language="ar", summary="سلسلة في جزأين."
    )
    factories.make_source(
        series,
        "kitab",
        type="book",
        title="كتاب عن الائتمان",
        language="ar",
        authors=[{"literal": "محمد علي"}],
    )
    part = factories.make_part(series, title="مقدمة", standfirst="لا توجد درجة وطنية واحدة.", body=BODY)
    return factories.make_thread(
        part, by=writer, title="سؤال عن النص", body=BODY, kind="question", tags=["عربي"]
    )


def styles(page: Page, selector: str, *properties: str) -> list[str]:
    return page.locator(selector).first.evaluate(
        "(element, names) => names.map((name) => getComputedStyle(element).getPropertyValue(name))",
        list(properties),
    )


def box_of(page: Page, selector: str) -> dict[str, float]:
    box = page.locator(selector).first.bounding_box()
    assert box is not None, f"{selector} is not shown"
    return dict(box)


@pytest.mark.parametrize("width", [1440, 1000, 360])
def test_an_arabic_part_reads_from_right_to_left(open_page: Open, arabic: Any, width: int) -> None:
    page = open_page(arabic.part.get_absolute_url(), width=width)
    assert page.evaluate(OVERFLOW) <= 0
    for selector in ("h1", ".scs-standfirst", ".scs-prose > p", "blockquote", ".scs-prose ul"):
        assert styles(page, selector, "direction") == ["rtl"], selector
    assert styles(page, ".scs-prose > p:last-of-type", "direction") == ["ltr"]
    assert styles(page, "h1", "font-style", "letter-spacing") == ["normal", "normal"]
    # Rule and bullets on the right, the opening in letters as they are.
    rule = styles(page, "blockquote", "border-right-width", "border-left-width")
    assert rule == ["2px", "0px"]
    assert float(styles(page, ".scs-prose ul", "padding-right")[0].removesuffix("px")) > 10
    opening = page.locator(".scs-prose > p").first.evaluate(
        "(element) => getComputedStyle(element, '::first-line').fontVariantCaps"
    )
    assert opening == "normal"
    column = box_of(page, "article.scs-text")
    if width >= 960:
        # The margin is on the other side, for the English paragraph's note too; the parts, if shown, on the right.
        for note in ("#n1", "#n2"):
            box = box_of(page, note)
            assert box["x"] >= 0, note
            assert box["x"] + box["width"] < column["x"], note
        assert page.locator("#n1 bdi").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    else:
        expect(page.locator("#n1")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 360])
def test_an_arabic_post_does_so_on_a_page_from_left_to_right(
    open_page: Open, arabic: Any, width: int
) -> None:
    page = open_page(arabic.get_absolute_url(), width=width)
    assert page.evaluate(OVERFLOW) <= 0
    for selector in ("h1", ".scs-post .scs-prose > p", ".scs-post blockquote", ".scs-post .scs-prose ul"):
        assert styles(page, selector, "direction") == ["rtl"], selector
    assert styles(page, ".scs-post", "direction") == ["ltr"]
    assert page.locator(".scs-post-head h3 bdi").inner_text() == "محمد علي"
    for path in (arabic.part.series.get_absolute_url(), arabic.author.get_absolute_url(), "/series/"):
        page.goto(path)
        assert page.evaluate(OVERFLOW) <= 0, path


def test_an_arabic_paragraph_in_an_english_part_keeps_its_note_in_the_margin(
    open_page: Open, site: str
) -> None:
    series = factories.make_series()
    factories.make_source(series, "kuo")
    part = factories.make_part(series, body="An English one [@kuo].\n\nالسلام عليكم ورحمة الله [@kuo].\n")
    page = open_page(part.get_absolute_url())
    column = box_of(page, "article.scs-text")
    for note in ("#n1", "#n2"):
        box = box_of(page, note)
        assert box["x"] > column["x"] + column["width"], note
        assert box["x"] + box["width"] <= 1440
    assert styles(page, ".scs-prose > p:last-of-type", "direction") == ["rtl"]
