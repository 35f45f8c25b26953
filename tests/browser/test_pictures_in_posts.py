"""Pictures come by button, paste or drop; what is no picture is refused in words."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Open, Watch

pytestmark = pytest.mark.browser


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 80), "#a92a17").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def page(open_page: Open) -> Page:
    thread = factories.make_thread(factories.make_part(title="With pictures"))
    return open_page(thread.get_absolute_url(), user=factories.make_user())


_GIVE = """
(area, [kind, type, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  area.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent("drop", { ...options, dataTransfer: transfer }));
}
"""


def _give(page: Page, kind: str, content: bytes, mime: str, name: str) -> None:
    area = page.get_by_role("textbox", name="Your answer")
    area.evaluate(_GIVE, [kind, mime, name, base64.b64encode(content).decode()])


def _choose(page: Page, file: dict[str, Any]) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add an image").click()
    chooser.value.set_files(file)  # type: ignore[arg-type]


def test_a_chosen_picture_is_in_the_preview_and_in_the_post(page: Page) -> None:
    area = page.get_by_role("textbox", name="Your answer")
    area.fill("See: ")
    _choose(page, {"name": "red.png", "mimeType": "image/png", "buffer": _png()})
    expect(area).to_have_value(re.compile(r"^See: !\[Describe the image\]\(/media/.+\.webp\)$"))
    expect(page.locator("[data-scs-says]")).to_have_text("red.png is in the text.")
    shown = page.locator("[data-scs-preview] img")
    expect(shown).to_be_visible()
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 120
    page.get_by_role("button", name="Post answer").click()
    posted = page.locator("#post-2 img")
    expect(posted).to_have_attribute("alt", "Describe the image")
    assert posted.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 120


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_comes_by(kind: str, page: Page) -> None:
    _give(page, kind, _png(), "image/png", "red.png")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value(
        re.compile(r"^!\[Describe the image\]\(/media/.+\.webp\)$")
    )


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_what_is_no_picture_is_refused_in_words(kind: str, page: Page, watch: Watch) -> None:
    watch.allows(400)
    _give(page, kind, b"%PDF-1.7", "application/pdf", "paper.pdf")
    expect(page.locator("[data-scs-says]")).to_contain_text("paper.pdf cannot be taken: send a PNG")
    # A refusal does not look like the note of a draft beside it.
    expect(page.locator("[data-scs-says]")).to_have_css("font-weight", "600")
    # Named a picture, and none: the server looks at the bytes.
    _give(
        page,
        kind,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "image/png",
        "x.png",
    )
    expect(page.locator("[data-scs-says]")).to_contain_text("not an image we can read")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("")
    # Said to assistive tech, too.
    expect(page.get_by_role("status").filter(has_text="not an image we can read")).to_be_visible()


def test_a_picture_too_large_is_refused_with_the_limit(page: Page, watch: Watch, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "UPLOAD_MAX_BYTES": 100}
    watch.allows(400)
    _choose(page, {"name": "red.png", "mimeType": "image/png", "buffer": _png()})
    expect(page.locator("[data-scs-says]")).to_contain_text("The image is too large")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("")
