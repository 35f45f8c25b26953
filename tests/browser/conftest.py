"""A real browser before the real pages.

The server is the demo host's own application in a thread; the database is the run's test database, left as it is
between tests: who writes makes a series of their own, and the demo series is only read. Every page is watched: an
error in the console, a script that fails, a breach of the content security policy, an answer of 500 or a request
to another host fails the test, whatever it was about.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Response,
    sync_playwright,
)

from tests.browser import axe as axe_core

WIDTHS = (1440, 360)
SCHEMES = ("light", "dark")
#: Chromium on Debian starts with these and asks nobody on the network.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# ------------------------------------------------------------------------------------------------------- the server
@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, open to every test and thread of this folder.

    pytest-django makes it for tests that are marked ``django_db``; ours are not, for they do not want it emptied.
    """
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    asks = {"db", "transactional_db", "live_server"}
    made = any(
        item.get_closest_marker("django_db") or asks & set(getattr(item, "fixturenames", ()))
        for item in request.session.items
    )
    with django_db_blocker.unblock():
        ours = [] if made else setup_databases(verbosity=0, interactive=False, aliases={"default"})
        assert "test" in str(connection.settings_dict["NAME"]), "this is not the test database"
        yield
        teardown_databases(ours, verbosity=0)


@pytest.fixture(scope="session")
def site(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running host. Tests of this folder may use the database throughout."""
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test import override_settings
    from django.test.testcases import QuietWSGIRequestHandler

    # Playwright's own loop runs in this thread, and Django takes it for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with override_settings(
        MEDIA_ROOT=str(tmp_path_factory.mktemp("media")),
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ):
        from django.core.wsgi import get_wsgi_application

        server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
        server.set_app(get_wsgi_application())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def demo(site: str) -> Demo:
    """The demo series, loaded by the first test that asks (some ten seconds) and again if it was flushed meanwhile."""
    from django.core.management import call_command
    from django.db import transaction

    from scs_series.models import Series

    if not Series.objects.filter(slug="social-credit").exists():
        # In one transaction: all of it or, where it fails, nothing that later tests would take for the demo.
        with open(os.devnull, "w", encoding="utf-8") as nowhere, transaction.atomic():  # noqa: PTH123  (no file)
            call_command("scs_demo", stdout=nowhere, stderr=nowhere)
    return Demo()


class Demo:
    """Addresses of the demo series that tests read; found, not written down, for the texts may change."""

    def __init__(self) -> None:
        from django.db.models import Count

        from scs_series.models import Part, Post, Series, Source, Tag, Thread

        self.series = Series.objects.get(slug="social-credit")
        self.parts = list(Part.objects.filter(series=self.series).select_related("series").order_by("number"))
        threads = Thread.objects.filter(series=self.series, hidden_at=None).select_related(
            "part", "series", "author"
        )
        self.long_thread = threads.order_by("-post_count")[0]
        self.thread = threads.filter(post_count__range=(4, 12), locked_at=None).order_by("-post_count", "pk")[
            0
        ]
        self.source = Source.objects.filter(series=self.series).order_by("-part_count", "-post_count")[0]
        self.source_without_use = (
            Source.objects.filter(series=self.series, part_count=0, post_count=0).order_by("pk").first()
            or self.source
        )
        self.tag = Tag.objects.order_by("-thread_count")[0]
        self.member = (
            Post.objects.filter(thread__series=self.series, author__user__username="wei_ning")
            .select_related("author")[0]
            .author
        )
        self.edited = (
            Post.objects.annotate(n=Count("revisions"))
            .filter(n__gt=0, thread__hidden_at=None)
            .select_related("thread")
            .first()
        )


# ------------------------------------------------------------------------------------------------------ the browser
@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on the path: apt-get install chromium")
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    browser.close()


class Watch:
    """What went wrong on the pages of one context. Refusals that a test provokes are told to it by ``allows``."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.found: list[str] = []
        self.allowed: set[int] = set()
        #: Status of every page gone to, newest last.
        self.statuses: list[int] = []

    def allows(self, *statuses: int) -> None:
        self.allowed.update(statuses)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"script: {error.error}"))
        context.on("request", lambda request: self._request(request.url))
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # What failed to load is judged by its answer, below, where its address is known.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.found.append(f"console {message.type}: {message.text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and f"{parts.scheme}://{parts.netloc}" != self.home:
            self.found.append(f"request to another host: {url}")

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.statuses.append(response.status)
        if response.status >= 400 and response.status not in self.allowed:
            self.found.append(f"{response.status} {response.request.method} {response.url}")


Open = Callable[..., Page]


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    watching = Watch(site)
    yield watching
    assert not watching.found, "the pages complain:\n  " + "\n  ".join(dict.fromkeys(watching.found))


@pytest.fixture
def open_page(site: str, browser: Browser, watch: Watch) -> Iterator[Open]:
    """A page in a context of its own: ``open_page(width=360, scheme="dark", script=False, user=somebody)``.

    ``user`` is signed in by a session made here; journeys that are about signing in use the form.
    """
    contexts: list[BrowserContext] = []

    def open_page(
        path: str | None = None,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
        script: bool = True,
        user: Any = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=site, viewport={"width": width, "height": height}, color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=script, **{"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC", **options},
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(10_000)
        watch.watch(context)
        if user is not None:
            context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": site}])
        page = context.new_page()
        if path is not None:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        # Scripts of a page that is being left may still fetch; that is no complaint.
        context.remove_listener("console", watch._console)
        try:
            context.close()
        except Error:
            continue


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait, ten seconds at most, for what a browser sends while its page goes.

    It may reach the server after the request for the next page. The caller asserts what follows from it.
    """
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)


def session_of(user: Any) -> str:
    """A session as signing in makes it; also for users of the demo, whose passwords take their time."""
    from django.test import Client

    client = Client()
    client.force_login(user, backend="project.accounts.AuthenticationBackend")
    return str(client.cookies["sessionid"].value)


# -------------------------------------------------------------------------------------------------- accessibility
@pytest.fixture(scope="session")
def axe_source() -> str:
    path = axe_core.find(Path(__file__).resolve().parents[2])
    if path is None:
        pytest.skip(f"axe-core is not installed: {axe_core.INSTALL}")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def axe(axe_source: str) -> Callable[..., list[str]]:
    """``axe(page)`` → what axe-core finds, wide and narrow, light and dark, each finding a line."""

    def run(page: Page, *, excused: axe_core.Excuses = ()) -> list[str]:
        return axe_core.run_everywhere(page, axe_source, widths=WIDTHS, schemes=SCHEMES, excused=excused)

    return run
