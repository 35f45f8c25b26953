"""A visitor reads: notes, contents, sources, the next part; with and without script, wide and narrow, on paper."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, Open

pytestmark = pytest.mark.browser


def test_a_visitor_finds_a_part_and_reads_on(open_page: Open, demo: Demo) -> None:
    # Where something happened last: other tests leave series here, and a page of the list holds twenty.
    type(demo.series).objects.filter(pk=demo.series.pk).update(last_activity_at=timezone.now())
    page = open_page("/")
    expect(page).to_have_url(re.compile("/series/$"))
    page.get_by_role("heading", name=demo.series.title).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Social Credit System")

    page.get_by_role("link", name=re.compile("^Read part 1")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.parts[0].title)
    # On a wide screen the parts stand open in the rail, with the headings of this one.
    rail = page.get_by_role("navigation", name="Parts of the series")
    expect(rail.get_by_role("link", name=demo.parts[5].title)).to_be_visible()
    expect(rail.get_by_role("link", name=demo.parts[0].title, exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    heading = demo.parts[0].toc[1]
    rail.get_by_role("link", name=heading["text"]).click()
    expect(page.locator(f"#{heading['id']}")).to_be_in_viewport()

    page.get_by_role("navigation", name="Previous and next part").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.parts[1].title)
    page.get_by_role("navigation", name="Previous and next part").get_by_role("link", name="Previous").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.parts[0].title)


def test_notes_stand_in_the_margin_beside_their_line(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.parts[0].get_absolute_url())
    for number in (1, 2):
        mark, note = page.locator(f"#r{number}"), page.locator(f"#n{number}")
        expect(note).to_be_visible()
        text, margin, line = _box(page, ".scs-prose"), _box(page, f"#n{number}"), _box(page, f"#r{number}")
        assert margin["x"] >= text["x"] + text["width"], "the note stands in the text"
        assert margin["x"] + margin["width"] <= 1440
        assert abs(margin["y"] - line["y"]) < 120, "the note is far from its line"
        assert mark.get_attribute("href") == f"#n{number}"
        # A link that closes a note is for narrow screens.
        expect(note.get_by_role("link", name="Close")).to_be_hidden()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_on_a_narrow_screen_a_tap_opens_a_note_under_its_line(
    open_page: Open, demo: Demo, script: bool
) -> None:
    page = open_page(demo.parts[0].get_absolute_url(), width=360, script=script, has_touch=True)
    note = page.locator("#n3")
    expect(note).to_be_hidden()
    page.locator("#r3").tap()
    expect(note).to_be_visible()
    expect(note).to_be_in_viewport(ratio=1)
    below, line = _box(page, "#n3"), _box(page, "#r3")
    assert below["y"] > line["y"], "the note hides its line"
    assert below["width"] > 250, "the note is squeezed"
    note.get_by_role("link", name="Close").tap()
    expect(note).to_be_hidden()
    expect(page.locator("#r3")).to_be_in_viewport()


def _box(page: Page, selector: str) -> dict[str, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None, f"{selector} is not shown"
    return dict(box)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_on_a_narrow_screen_parts_and_menu_unfold(open_page: Open, demo: Demo, script: bool) -> None:
    page = open_page(demo.parts[1].get_absolute_url(), width=360, script=script, has_touch=True)
    rail = page.get_by_role("navigation", name="Parts of the series")
    expect(rail.get_by_role("link", name=demo.parts[2].title)).to_be_hidden()
    rail.locator("summary").tap()
    rail.get_by_role("link", name=demo.parts[2].title).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.parts[2].title)

    menu = page.get_by_role("navigation", name="Site, short screen")
    expect(menu).to_be_hidden()
    page.locator(".scs-menu > summary").tap()
    expect(menu.get_by_role("link", name="Sign in")).to_be_visible()
    menu.get_by_role("link", name="Tags").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tags")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_a_note_to_its_source_and_back_to_where_it_is_cited(
    open_page: Open, demo: Demo, script: bool
) -> None:
    page = open_page(demo.parts[0].get_absolute_url(), script=script)
    page.locator("#n1 a:not(.scs-note-x)").first.click()
    expect(page).to_have_url(re.compile("/sources/[^/]+/$"))
    expect(page.get_by_role("heading", name="Where it is cited")).to_be_visible()
    page.get_by_role("link", name=re.compile(f"Part 1, “{demo.parts[0].title}”")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.parts[0].title)

    page.get_by_role("link", name=re.compile(r"^\d+ sources$")).first.click()
    expect(page.get_by_role("heading", name="Sources of this part")).to_be_in_viewport()
    page.get_by_role("link", name="In the bibliography").click()
    listed = page.locator(".scs-sources > li")
    expect(listed).to_have_count(demo.parts[0].source_count)
    page.get_by_role("link", name="show all").click()
    expect(page).to_have_url(re.compile(r"/sources/(\?)?$"))
    expect(listed).to_have_count(min(50, demo.series.source_count))


def test_sources_are_filtered_by_links_and_the_filter_taken_away(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.series.get_absolute_url() + "sources/")
    filters = page.get_by_role("complementary", name="Filters")
    filters.get_by_role("link", name=re.compile("^4. Joint Punishment System")).click()
    expect(page.locator(".scs-sources > li")).to_have_count(min(50, demo.parts[3].source_count))
    expect(filters.get_by_role("link", name=re.compile("^4. Joint"))).to_have_attribute(
        "aria-current", "true"
    )


def test_a_tag_leads_to_its_threads_and_a_thread_to_its_pages(open_page: Open, demo: Demo) -> None:
    page = open_page("/tags/")
    page.get_by_role("link", name=demo.tag.name, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(demo.tag.name)
    expect(page.locator(".scs-threads > li").first).to_be_visible()

    page.goto(demo.long_thread.get_absolute_url())
    pages = page.get_by_role("navigation", name="Pages of this thread", exact=True)
    expect(pages.locator("[aria-current=page]")).to_have_text("1")
    pages.get_by_role("link", name="Next").click()
    expect(page.locator("#post-21")).to_be_visible()
    # Any post by its number: the right page, at the right place.
    page.get_by_role("spinbutton").fill("47")
    page.get_by_role("button", name="Go to this post").click()
    expect(page).to_have_url(re.compile(r"\?page=3#post-47$"))
    expect(page.locator("#post-47")).to_be_in_viewport()


def test_the_evidence_map_says_what_it_shows(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.series.get_absolute_url())
    cells = page.locator(".scs-map a")
    assert cells.count() >= 100
    assert all(label for label in cells.evaluate_all("all => all.map((a) => a.getAttribute('aria-label'))"))
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("table", name="Sources by kind and part")
    numbers = [int(text) for text in table.locator("td").all_inner_texts()]
    assert sum(numbers) == cells.count()


def test_on_paper_the_notes_stay_and_the_controls_go(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.parts[0].get_absolute_url(), width=800, scheme="dark")
    page.emulate_media(media="print")
    for gone in (".scs-masthead", ".scs-rail", ".scs-foot", ".scs-turn"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("#n1")).to_be_visible()
    note, text = _box(page, "#n1"), _box(page, ".scs-prose")
    assert note["x"] >= text["x"] + text["width"], "printed notes belong in the margin"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = page.evaluate("getComputedStyle(document.querySelector('.scs-prose')).color")
    assert sum(int(n) for n in re.findall(r"\d+", ink)[:3]) < 150, f"printed in {ink}"


def test_times_are_the_readers_own(open_page: Open, demo: Demo) -> None:
    address = demo.thread.get_absolute_url()
    there = open_page(address, timezone_id="Asia/Shanghai")
    times = there.locator(".scs-post time")
    machine = times.first.get_attribute("datetime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", machine or "")
    expect(there.get_by_text("Times are in China Standard Time.")).to_be_visible()
    here = open_page(address, timezone_id="America/New_York")
    plain = open_page(address, script=False)
    titles = {
        page: str(page.locator(".scs-post time").first.get_attribute("title"))
        for page in (there, here, plain)
    }
    assert len(set(titles.values())) == 3, f"the same clock for all: {titles.values()}"
    assert titles[plain].endswith("UTC")
    hours = {page: int(re.search(r"(\d+):\d\d", title).group(1)) for page, title in titles.items()}  # type: ignore[union-attr]
    assert (hours[there] - hours[plain]) % 24 == 8
    assert {
        page.locator(".scs-post time").first.get_attribute("datetime") for page in (there, here, plain)
    } == {machine}


def test_times_are_told_by_how_long_ago_with_the_exact_one_for_everybody(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.thread.get_absolute_url(), locale="en-GB", timezone_id="Asia/Shanghai")
    day = 86_400
    expected = {
        10: "now", 3 * 60: "3 minutes ago", 2 * 3600: "2 hours ago", day: "yesterday", 9 * day: "last week",
        29 * day: "4 weeks ago", 45 * day: "1 month ago", 100 * day: "3 months ago", 360 * day: "12 months ago",
        400 * day: "1 year ago", 700 * day: "1 year ago", 800 * day: "2 years ago", -40 * day: "in 1 month",
    }  # fmt: skip
    told = page.evaluate(
        """async (distances) => {
          const times = distances.map((seconds) => {
            const time = document.createElement("time");
            time.dateTime = new Date(Date.now() - 1000 * seconds).toISOString();
            const line = document.createElement("p");
            line.append(time);
            document.querySelector("main").append(line);
            return time;
          });
          await new Promise((done) => setTimeout(done, 200));
          return times.map((time) => [time.firstChild.data, time.title, time.textContent]);
        }""",
        list(expected),
    )
    assert [words for words, _title, _all in told] == list(expected.values())
    for words, title, everything in told:
        assert re.search(r"\d{4}.*\d:\d\d", title)
        assert everything == f"{words} ({title})"


def test_a_history_and_a_revision_are_told_by_their_dates(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.parts[3].get_absolute_url(), locale="en-GB")
    for where in (".scs-byline time", ".scs-revisions time"):
        if where == ".scs-revisions time":
            page.get_by_role("link", name="history").click()
        expect(page.locator(where).first).to_be_visible()  # the page that was asked for is there
        texts = page.locator(where).all_inner_texts()
        assert texts
        assert [text for text in texts if not re.fullmatch(r"\d+ \w+ \d{4}", text)] == []


def test_a_page_in_two_languages_says_which(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.parts[0].get_absolute_url())
    unmarked = page.evaluate(r"""() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (/\p{Script=Han}/u.test(data) && !/^(zh|ja|ko)/.test(parentElement.closest("[lang]")?.lang ?? "")) found.push(data);
      }
      return found;
    }""")
    assert unmarked == []
