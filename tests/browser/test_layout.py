"""No page scrolls sideways; reading survives zoom, forced colours and the wish for less motion."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from PIL import Image
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Demo, Open, Watch

pytestmark = pytest.mark.browser

Address = Callable[[Demo], str]
PAGES: dict[str, Address] = {
    "series list": lambda demo: "/series/",
    "series": lambda demo: demo.series.get_absolute_url(),
    "part 1": lambda demo: demo.parts[0].get_absolute_url(),
    "part 4": lambda demo: demo.parts[3].get_absolute_url() + "#n2",
    "part history": lambda demo: demo.parts[0].get_absolute_url() + "history/",
    "threads": lambda demo: demo.parts[3].get_absolute_url() + "threads/",
    "thread": lambda demo: demo.thread.get_absolute_url(),
    "long thread": lambda demo: demo.long_thread.get_absolute_url() + "?page=2",
    "sources": lambda demo: demo.series.get_absolute_url() + "sources/",
    "source": lambda demo: demo.source.get_absolute_url(),
    "tags": lambda demo: "/tags/",
    "tag": lambda demo: demo.tag.get_absolute_url(),
    "member": lambda demo: demo.member.get_absolute_url() + "?show=posts",
    "not found": lambda demo: "/series/none/",
    "sign in": lambda demo: "/accounts/login/",
    "sign up": lambda demo: "/accounts/signup/",
    "new thread": lambda demo: demo.parts[0].get_absolute_url() + "threads/new/",
    "reply": lambda demo: demo.thread.get_absolute_url() + "reply/?answers=1",
    "long words": lambda demo: _long_words(),
}
SIGNED_IN = {"new thread", "reply"}


def _long_words() -> str:
    """Everything that can be too wide for a phone, in one thread."""
    wide = "Ü" * 120
    body = (
        f"{wide}\n\nhttps://example.org/{'a' * 200}\n\n`{'x' * 200}`\n\n```\n{'y' * 300}\n```\n\n"
        f"| {' | '.join('column' + str(n) for n in range(12))} |\n|{'---|' * 12}\n| {' | '.join('1,000,000' for _ in range(12))} |\n\n"
        f"> {wide}\n\n1. {wide}\n\n{'字' * 200}\n"
    )
    part = factories.make_part(factories.make_series(title=wide), title=wide, standfirst=wide, body=body)
    user = factories.make_user("w" * 60 + factories.make_user().username)
    return str(
        factories.make_thread(part, by=user, title=wide, body=body, tags=["t" * 50]).get_absolute_url()
    )


def _too_wide(page: Page) -> list[str]:
    """What reaches over the right edge of a page that therefore scrolls sideways."""
    return list(
        page.evaluate("""() => {
          const edge = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= edge) return [];
          return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > edge + 1
              && !e.parentElement.closest("pre, .scs-scroll, .scs-tabs"))
            .slice(0, 8).map((e) => `${e.localName}.${e.className} in ${e.parentElement.className}: ${e.outerHTML.slice(0, 60)}`);
        }""")
    )


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways(name: str, open_page: Open, demo: Demo, watch: Watch) -> None:
    watch.allows(404)
    user = get_user_model().objects.get(username="wei_ning") if name in SIGNED_IN else None
    page = open_page(PAGES[name](demo), user=user)
    for width in (1440, 1216, 1024, 960, 768, 480, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        too_wide = _too_wide(page)
        assert not too_wide, f"at {width} px:\n" + "\n".join(too_wide)


@pytest.mark.parametrize("name", ["series", "part 1", "thread", "sources", "new thread", "sign up"])
def test_text_of_twice_the_size_stays_readable(name: str, open_page: Open, demo: Demo) -> None:
    """Zoom of text alone: everything is measured in rem, so the pages flow again."""
    user = get_user_model().objects.get(username="wei_ning") if name in SIGNED_IN else None
    page = open_page(PAGES[name](demo), user=user, width=1280)
    before = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('main :is(p, label)')).fontSize)"
    )
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    after = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('main :is(p, label)')).fontSize)"
    )
    assert after > 1.7 * before, "the text does not grow"
    assert _too_wide(page) == []
    cut = page.evaluate("""() => [...document.querySelectorAll("main :is(p, h1, h2, h3, a, button, label, time, dd, span)")]
      .filter((e) => e.clientWidth && getComputedStyle(e).overflow === "hidden" && !e.closest(".scs-vh")
        && (e.scrollWidth > e.clientWidth + 2 || e.scrollHeight > e.clientHeight + 2)).map((e) => e.outerHTML.slice(0, 120))""")
    assert cut == []


@pytest.mark.parametrize("width", [1440, 360])
def test_a_posts_number_is_on_the_line_of_its_time(width: int, open_page: Open, demo: Demo) -> None:
    page = open_page(demo.long_thread.get_absolute_url(), width=width)
    apart = page.evaluate("""() => [...document.querySelectorAll(".scs-post-head")].filter((head) => {
      const [time, number] = [head.querySelector("time"), head.querySelector("span > a")];
      return Math.abs(time.getBoundingClientRect().bottom - number.getBoundingClientRect().bottom) > 6;
    }).map((head) => head.innerText)""")
    assert apart == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_cut_at_the_edge_shows_that_it_goes_on(scheme: str, open_page: Open, demo: Demo) -> None:
    page = open_page(demo.parts[3].get_absolute_url(), width=360, scheme=scheme)
    table = page.locator(".scs-prose .scs-scroll").first
    table.scroll_into_view_if_needed()
    assert table.evaluate("(e) => e.scrollWidth > e.clientWidth"), "it fits: nothing to show"

    def shaded() -> tuple[bool, bool]:
        """Whether the left and the right edge differ from the ground, on most of their height."""
        picture = Image.open(io.BytesIO(table.screenshot())).convert("RGB")
        edges = [picture.crop((x, 0, x + 1, picture.height)).getcolors() for x in (1, picture.width - 2)]
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        paper = tuple(int(n) for n in re.findall(r"\d+", ground)[:3])
        left, right = (max(colours)[1] != paper for colours in edges)
        return left, right

    assert shaded() == (False, True)
    # It can be scrolled by keyboard, and then the other edge tells.
    table.focus()
    assert table.evaluate("(e) => [e.tabIndex, e.ariaLabel, e.getAttribute('role')]") == [0, "Table", "group"]
    table.evaluate("(e) => e.scrollTo({left: e.scrollWidth, behavior: 'instant'})")
    page.evaluate("document.activeElement.blur()")
    assert shaded() == (True, False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_the_api_has_one_ground(scheme: str, open_page: Open, site: str) -> None:
    page = open_page("/api/v1/docs/", scheme=scheme)
    band = page.locator(".scheme-container")
    expect(band).to_be_visible()
    assert band.evaluate("(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).boxShadow]") == [
        "rgba(0, 0, 0, 0)",
        "none",
    ]


def test_who_wants_no_motion_gets_none(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.thread.get_absolute_url(), reduced_motion="reduce")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((e) => {
      const style = getComputedStyle(e);
      return style.animationName !== "none" || style.transitionDuration.split(", ").some((d) => parseFloat(d) > 0);
    }).map((e) => e.outerHTML.slice(0, 100))""")
    assert moving == []
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    # The wish is what does it: without it there is a little.
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"


def test_forced_colours_keep_what_can_be_acted_on_visible(open_page: Open, demo: Demo) -> None:
    page = open_page(
        demo.parts[0].get_absolute_url() + "threads/new/", user=factories.make_user(), forced_colors="active"
    )
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    for control in (
        page.get_by_role("button", name="Start the thread"),
        page.get_by_label("Title"),
        page.get_by_label("Opening post"),
    ):
        expect(control).to_be_visible()
    border = page.get_by_role("button", name="Start the thread").evaluate(
        "(e) => getComputedStyle(e).borderTopStyle"
    )
    assert border == "solid", "without a border the button is bare text"
    for icon in page.locator(".scs-tools .scs-icon").all():
        stroke, ground = icon.evaluate(
            "(e) => [getComputedStyle(e).stroke, getComputedStyle(e.closest('button')).backgroundColor]"
        )
        assert stroke != ground, "the icon has the colour of its ground"


def test_the_focus_is_never_under_the_masthead(open_page: Open, demo: Demo) -> None:
    page = open_page(demo.parts[0].get_absolute_url() + "#" + demo.parts[0].toc[1]["id"], height=700)
    bottom = page.locator(".scs-masthead").evaluate("(e) => e.getBoundingClientRect().bottom")
    target = page.locator(f"#{demo.parts[0].toc[1]['id']}").evaluate("(e) => e.getBoundingClientRect().top")
    assert target >= bottom, "the heading one jumped to is under the masthead"
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        box = page.evaluate("""() => { const e = document.activeElement; const b = e.getBoundingClientRect();
          return e.closest("main") ? [b.top, b.bottom, e.outerHTML.slice(0, 80)] : null }""")
        if box is not None:
            assert box[1] > bottom, f"focused and out of sight: {box[2]}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_is_readable(scheme: str, open_page: Open, site: str) -> None:
    """WCAG AA for the tokens themselves: also for pairs that no page of the demo happens to show."""
    page = open_page("/tags/", scheme=scheme)
    pairs = [
        (ink, ground, 4.5)
        for ink in ("ink", "ink-2", "ink-3", "accent")
        for ground in ("paper", "raised", "sunk")
    ]
    pairs += [
        (ink, ground, 4.5)
        for ink in ("ink", "ink-2")
        for ground in ("tint-1", "tint-2", "tint-3", "wash", "mark")
    ]
    pairs += [("on-accent", "accent", 4.5), ("on-accent", "accent-deep", 4.5), ("accent", "tint-1", 4.5)]
    pairs += [("edge-line", ground, 3.0) for ground in ("paper", "raised")]
    poor = page.evaluate(
        """(pairs) => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const probe = document.body.appendChild(document.createElement("i"));
      const light = (token) => {
        probe.style.setProperty("color", `var(--scs-${token})`);
        canvas.fillStyle = getComputedStyle(probe).color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
          .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return pairs.map(([ink, ground, least]) => {
        const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
        return [ink, ground, least, Math.round((high + 0.05) / (low + 0.05) * 100) / 100];
      }).filter(([, , least, ratio]) => ratio < least);
    }""",
        pairs,
    )
    assert poor == []
