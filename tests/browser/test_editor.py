"""The editor: names, tags and citations offered while they are typed, pictures on their way, the toolbar and its keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from scs_series.models import Member, Thread
from tests import factories
from tests.browser.conftest import Open, Watch
from tests.browser.test_pictures_in_posts import _GIVE, _give, _png
from tests.stage import fresh_thread

pytestmark = pytest.mark.browser

Axe = Callable[..., list[str]]
UPLOAD = "**/writing/upload/"


@pytest.fixture
def thread(site: str) -> Thread:
    series = factories.make_series()
    factories.make_source(series, "kuo2019", title="A long list of <b>names</b>")
    factories.make_source(series, "kuo2020", title="A longer list")
    part = factories.make_part(series, title="How the lists grew")
    thread = factories.make_thread(part, by=factories.make_user(), tags=("courtesy", "courtyards"))
    for name in ("zhou-yi", "zhou-er"):
        user = Member.objects.filter(username=name).first()
        factories.make_post(fresh_thread(thread), by=user.user if user else factories.make_user(name))
    return fresh_thread(thread)


@pytest.fixture
def page(open_page: Open, thread: Thread) -> Page:
    return open_page(thread.get_absolute_url(), user=factories.make_user())


def area(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your answer")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="What can stand here").get_by_role("option")


def chosen(page: Page) -> str:
    """The text of the option that assistive tech is told of."""
    return str(
        area(page).evaluate(
            "(area) => document.getElementById(area.getAttribute('aria-activedescendant'))?.textContent ?? ''"
        )
    )


def type_(page: Page, text: str) -> None:
    area(page).press("Control+End")
    page.keyboard.type(text)


# ---------------------------------------------------------------------- completion
def test_names_tags_and_citations_by_keyboard_alone(page: Page, axe: Axe) -> None:
    type_(page, "To @zho")
    expect(options(page)).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="2 suggestions")).to_have_count(1)
    assert chosen(page).startswith("@zhou-er")
    assert axe(page) == []
    page.keyboard.press("ArrowDown")
    assert chosen(page).startswith("@zhou-yi")
    page.keyboard.press("ArrowDown")
    assert chosen(page).startswith("@zhou-er")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(options(page)).to_have_count(0)
    expect(area(page)).to_have_value("To @zhou-yi ")
    assert area(page).get_attribute("aria-activedescendant") is None
    page.keyboard.type("on #courty")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Tab")
    expect(area(page)).to_be_focused()
    expect(area(page)).to_have_value("To @zhou-yi on #courtyards ")
    page.keyboard.type("by [@kuo")
    expect(options(page)).to_have_count(2)
    expect(options(page).first).to_contain_text("A long list of <b>names</b>")
    page.keyboard.press("Enter")
    expect(area(page)).to_have_value("To @zhou-yi on #courtyards by [@kuo2019]")
    # The browser's own undo takes it back.
    page.keyboard.press("Control+z")
    expect(area(page)).to_have_value(re.compile(r"by \[@kuo$"))
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Enter")
    post = page.locator("#post-4")
    expect(post.get_by_role("link", name="@zhou-yi")).to_be_visible()
    expect(post.get_by_role("link", name="#courtyards")).to_be_visible()


def test_names_tags_and_citations_by_pointer(page: Page) -> None:
    type_(page, "@zhou-y")
    options(page).first.click()
    type_(page, "#court")
    options(page).filter(has_text="courtesy").click()
    page.get_by_role("button", name="Cite a source").click()
    options(page).filter(has_text="kuo2020").click()
    expect(area(page)).to_be_focused()
    expect(area(page)).to_have_value("@zhou-yi #courtesy [@kuo2020]")


def test_the_list_closes_and_leaves_the_text(page: Page) -> None:
    type_(page, "@zho")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(area(page)).to_be_focused()
    expect(area(page)).to_have_value("@zho")
    page.keyboard.type("u")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    expect(options(page)).to_have_count(0)
    type_(page, "-")
    expect(options(page)).to_have_count(2)
    page.get_by_role("heading", level=1).click()
    expect(options(page)).to_have_count(0)
    expect(area(page)).to_have_value("@zhou-")


def test_nothing_opens_in_code_and_addresses(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/completions/" in request.url else None)
    for text in ("`@zho", "```\n@zho", "me@zho", "# ", "#12", "a/#court", r"\@zho"):
        area(page).fill("")
        type_(page, text)
        page.wait_for_timeout(250)
        assert asked == [], text
    area(page).fill("")
    type_(page, "```\nx\n```\n@zho")
    expect(options(page)).to_have_count(2)
    # Behind Chinese there is no space.
    area(page).fill("")
    type_(page, "\u53c2\u89c1@zhou-y")
    expect(options(page)).to_have_count(1)


def test_the_last_answer_wins_and_a_name_written_out_is_not_offered(page: Page) -> None:
    def slowly(route: Route) -> None:
        if "q=zh&" in route.request.url:
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/writing/completions/*", slowly)
    type_(page, "@zh")
    page.wait_for_timeout(200)
    page.keyboard.type("ou-y")
    expect(options(page)).to_have_count(1)
    page.wait_for_timeout(700)
    expect(options(page)).to_have_count(1)
    page.keyboard.type("i")
    expect(options(page)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(area(page)).to_have_value("@zhou-yi\n")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_list_stands_within_the_page(open_page: Open, thread: Thread, width: int, scheme: str) -> None:
    page = open_page(thread.get_absolute_url(), user=factories.make_user(), width=width, scheme=scheme)
    type_(page, "A line that goes on until it breaks, and on and on, [@kuo")
    expect(options(page)).to_have_count(2)
    expect(options(page).last).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---------------------------------------------------------------------- pictures
def hold(page: Page) -> list[Route]:
    held: list[Route] = []
    page.route(UPLOAD, lambda route: held.append(route))  # noqa: PLW0108  (playwright marks the function)
    return held


def until_held(page: Page, held: list[Route]) -> Route:
    for _n in range(100):
        if held:
            return held.pop()
        page.wait_for_timeout(50)
    raise AssertionError("nothing was sent")


def test_a_picture_on_its_way_is_seen_and_typed_around(page: Page, axe: Axe) -> None:
    held = hold(page)
    type_(page, "Before ")
    _give(page, "drop", _png(), "image/png", "red[1].png")
    expect(area(page)).to_have_value("Before ![Uploading red 1 .png\u2026]()")
    bar = page.get_by_role("progressbar", name="Uploading red[1].png")
    expect(bar).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Uploading red[1].png")).to_be_visible()
    assert axe(page) == []
    page.keyboard.type(" after")
    # Not sent without it.
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-scs-says]")).to_contain_text("still on its way")
    expect(page.locator("#post-4")).to_have_count(0)
    until_held(page, held).continue_()
    expect(area(page)).to_have_value(re.compile(r"^Before !\[Describe the image\]\(/media/.+\.webp\) after$"))
    expect(bar).to_have_count(0)
    expect(page.locator("[data-scs-says]")).to_have_text("red[1].png is in the text.")
    page.keyboard.type(".")
    expect(area(page)).to_have_value(re.compile(r" after\.$"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#post-4 img")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": 413, "content_type": "text/html", "body": "<h1>Too large</h1>"}, "too large for this site"),
        ({"status": 429, "headers": {"Retry-After": "90"}, "body": "no"}, "in 90 seconds"),
        ({"status": 400, "json": {"detail": "Because of this.", "code": "x"}}, "red.png: Because of this."),
        ({"status": 502, "body": ""}, "was not accepted"),
        ({"status": 200, "content_type": "text/html", "body": "<h1>Sign in</h1>"}, "was not accepted"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_the_text_is_kept(
    page: Page, watch: Watch, answer: dict[str, Any], says: str
) -> None:
    watch.allows(int(answer["status"]))
    page.route(UPLOAD, lambda route: route.fulfill(**answer))
    type_(page, "Kept: ")
    _give(page, "paste", _png(), "image/png", "red.png")
    expect(page.locator("[data-scs-says]")).to_contain_text(says)
    expect(area(page)).to_have_value("Kept: ")
    page.wait_for_timeout(600)  # the preview of the text without it takes the words not away
    expect(page.locator("[data-scs-says]")).to_contain_text(says)


def test_several_come_in_turn_and_one_is_cancelled(page: Page) -> None:
    held = hold(page)
    for name in ("one.png", "two.png", "three.png"):
        _give(page, "drop", _png(), "image/png", name)
    bars = page.get_by_role("progressbar")
    expect(bars).to_have_count(3)
    first = until_held(page, held)
    assert held == []
    page.get_by_role("button", name="Cancel: two.png").click()
    first.continue_()
    until_held(page, held).continue_()
    expect(bars).to_have_count(0)
    expect(area(page)).to_have_value(re.compile(r"^(!\[Describe the image\]\(/media/\S+\.webp\)\n*){2}$"))
    _give(page, "drop", _png(), "image/png", "four.png")
    until_held(page, held)
    page.get_by_role("button", name="Cancel: four.png").press("Enter")
    expect(page.locator("[data-scs-says]")).to_have_text("four.png was taken out again.")
    expect(area(page)).to_have_value(re.compile(r"\.webp\)\n*$"))
    expect(area(page)).to_be_focused()


def test_text_that_comes_with_a_picture_of_it_is_text(page: Page) -> None:
    assert "ClipboardEvent" in _GIVE
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/upload/" in request.url else None)
    prevented = area(page).evaluate(
        """(area) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File(["x"], "cells.png", { type: "image/png" }));
          clipboardData.setData("text/plain", "1 2");
          return !area.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
        }"""
    )
    assert not prevented
    assert sent == []


# ---------------------------------------------------------------------- toolbar and keys
def test_the_toolbar_is_one_stop_with_arrows(page: Page) -> None:
    tools = page.get_by_role("toolbar", name="Formatting")
    bold = tools.get_by_role("button", name="Bold")
    area(page).focus()
    page.keyboard.press("Shift+Tab")
    expect(bold).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tools.get_by_role("button", name="Add an image")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(tools.get_by_role("button", name="Italic")).to_be_focused()
    page.keyboard.press("Tab")
    expect(area(page)).to_be_focused()


def test_marks_of_lines_are_set_and_taken_off(page: Page) -> None:
    for name, key, result in (
        ("List", "Control+Shift+Digit8", "- one\n- two"),
        ("Numbered list", "Control+Shift+Digit7", "1. one\n2. two"),
        ("Quote", "Control+Shift+Digit9", "> one\n> two"),
    ):
        area(page).fill("one\ntwo")
        area(page).select_text()
        page.get_by_role("button", name=name, exact=True).click()
        expect(area(page)).to_have_value(result)
        area(page).select_text()
        page.keyboard.press(key)
        expect(area(page)).to_have_value("one\ntwo")
        area(page).select_text()
        page.keyboard.press(key)
        expect(area(page)).to_have_value(result)
    for text, result in (("word", "`word`"), ("one\ntwo", "```\none\ntwo\n```")):
        area(page).fill(text)
        area(page).select_text()
        page.get_by_role("button", name="Code", exact=True).click()
        expect(area(page)).to_have_value(result)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("- one|two||out", "- one\n- two\nout"),
        ("9. one|two", "9. one\n10. two"),
        ("* [x] one|two", "* [x] one\n* [ ] two"),
        ("> said|more||out", "> said\n> more\nout"),
        ("> - in|two||still", "> - in\n> - two\n> still"),
        ("plain|two", "plain\ntwo"),
        ("```|- x|y", "```\n- x\ny"),
    ],
)
def test_lists_and_quotes_go_on(page: Page, typed: str, result: str) -> None:
    area(page).focus()
    for n, piece in enumerate(typed.split("|")):
        if n:
            page.keyboard.press("Enter")
        page.keyboard.type(piece)
    expect(area(page)).to_have_value(result)
