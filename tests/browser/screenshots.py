"""The pictures of the README, taken from the demo series on the production server.

    python -m tests.browser.screenshots                              # loads the demo into a folder of its own
    python -m tests.browser.screenshots --address http://127.0.0.1:8000   # from `make demo`, as it runs

They go to docs/screenshots/, named by page, width and theme.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
#: (name, where it begins, the link to follow from there, width, theme); a thread is shown as a member sees it
SERIES = "/series/social-credit/"
PART = SERIES + "joint-punishment-system/"
LONGEST = PART + "threads/?order=answers"
MEMBER = ("kofi_a", "reader-demo")
PICTURES = [
    ("series", SERIES, None, 1440, "light"),
    ("series", SERIES, None, 1440, "dark"),
    ("part", PART, None, 1440, "light"),
    ("part", PART, None, 1440, "dark"),
    ("part", PART, None, 360, "light"),
    ("thread", LONGEST, ".scs-threads h3 a", 1440, "light"),
    ("thread", LONGEST, ".scs-threads h3 a", 1440, "dark"),
    ("thread", LONGEST, ".scs-threads h3 a", 360, "light"),
]
HEIGHT = 1_600
MOST_BYTES = 300_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--address", help="a demo that runs already")
    parser.add_argument("--to", type=Path, default=FOLDER, help="another folder")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    serving = contextlib.nullcontext(options.address.rstrip("/")) if options.address else _demo()
    with serving as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for name, path, link, width, scheme in PICTURES:
            target = options.to / f"{name}-{width}-{scheme}.png"
            content = _small(_picture(browser, address + path, link, width, scheme))
            target.write_bytes(content)
            print(f"{target} {len(content) // 1000} KB")  # noqa: T201  (a command)
        browser.close()


def _picture(browser: Browser, url: str, link: str | None, width: int, scheme: str) -> bytes:
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT if width > 600 else 800}, color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1 if width > 600 else 2, reduced_motion="reduce", locale="en-GB", timezone_id="UTC",
    )  # fmt: skip
    page = context.new_page()
    if link:
        page.goto(urljoin(url, "/accounts/login/"))
        page.locator("[name=login]").fill(MEMBER[0])
        page.locator("[name=password]").fill(MEMBER[1])
        with page.expect_navigation():
            page.locator("[name=password]").press("Enter")
    page.goto(url)
    if link:
        # From its second page on there is more to see than an opening.
        page.goto(urljoin(url, f"{page.locator(link).first.get_attribute('href')}?page=2"))
    page.evaluate("document.fonts.ready")
    taken = page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": HEIGHT if width > 600 else 800})
    context.close()
    return taken


def _small(png: bytes) -> bytes:
    """The same picture with as many colours as the size allows: pages of text need few."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


@contextlib.contextmanager
def _demo() -> Iterator[str]:
    """The demo on a free port, with a database and files that go when it stops."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "project.settings", "DEBUG": "off", "HTTPS": "off",
            "SECRET_KEY": "pictures-only-" + "0123456789abcdef" * 4, "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "CACHE_URL": "locmemcache://", "TRUSTED_PROXIES": "0",
            "MEDIA_ROOT": f"{folder}/media", "STATIC_ROOT": f"{folder}/static",
        }  # fmt: skip
        for command in (["migrate", "-v0"], ["scs_demo"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        granian = Path(sys.executable).with_name("granian")
        server = subprocess.Popen(
            [granian, "--interface", "wsgi", "--port", str(port), "--no-ws", "--log-level", "warning", "project.wsgi:application"],
            cwd=ROOT, env=environment,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/series/", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=10)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        if server.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  (our own address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    main()
