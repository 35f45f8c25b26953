"""Every hostile payload, rendered, before a real browser: nothing runs, nothing is asked of the network.

What html5lib judges in tests/text/test_hostile_markup.py, Chromium judges here by parsing and laying it out.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scs_series.text import Profile, render
from tests.text.payloads import payloads, references, texts

pytestmark = pytest.mark.browser

PER_PAGE = 50
# Everything a payload would call; set before the page's own content is parsed.
WATCH = """
window.__pwned = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"])
  window[name] = (...given) => { window.__pwned.push(name + "(" + given.join() + ")"); };
"""
ADDRESS = "http://texts.invalid/page"


def pages(profile: Profile) -> Iterator[str]:
    """The rendered texts, PER_PAGE payloads in a page, each in all its places; equal results once."""
    every = payloads()
    for start in range(0, len(every), PER_PAGE):
        bodies: dict[str, None] = {}
        for number, payload in enumerate(every[start : start + PER_PAGE], start):
            known = references(payload)
            for _, text in texts(payload):
                bodies[render(text, profile=profile, references=known, doc_id=f"d{number}").html] = None
        yield f"<!DOCTYPE html><html lang=en><title>t</title><body>{'<hr>'.join(bodies)}<p id=end>end</p></body></html>"


class Watched:
    """A page that answers only for its own address and writes down everything else it is asked for."""

    def __init__(self, page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self.html = ""
        page.add_init_script(WATCH)
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("**/*", self._answer)

    def show(self, html: str) -> list[str]:
        """Load this HTML and say what went wrong; empty if nothing did."""
        self.html = html
        self.page.goto(ADDRESS)
        self.page.wait_for_selector("#end", state="attached")
        # Lazy pictures below the fold are asked for only when they come near.
        self.page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; })")
        self.page.wait_for_timeout(150)
        # A payload that swallowed what follows would have taken the end of the page with it.
        assert self.page.evaluate("document.querySelector('#end').parentNode === document.body")
        return [*self.page.evaluate("window.__pwned"), *self.dialogs, *self.errors, *self.asked]

    def _dialog(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _answer(self, route) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
            return
        # Pictures below the prefixes are the site's own.
        if not (
            route.request.resource_type == "image" and route.request.url.startswith("http://texts.invalid/")
        ):
            self.asked.append(f"{route.request.resource_type} {route.request.url}")
        route.abort()


@pytest.fixture
def watched(browser) -> Iterator[Watched]:
    page = browser.new_page()
    yield Watched(page)
    page.close()


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=/x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<img src=https://example.org/a.png>",
        "<link rel=stylesheet href=//example.org/a.css>",
    ],
)
def test_the_watch_sees_what_it_has_to_see(watched, html):
    assert watched.show(f"<!DOCTYPE html><title>t</title><body>{html}<p id=end>end</p></body>")


@pytest.mark.parametrize("profile", Profile)
def test_no_payload_does_anything(watched, profile):
    for html in pages(profile):
        assert watched.show(html) == []
