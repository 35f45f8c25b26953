"""``python -m benchmarks``: fill, serve, load, print. See docs/performance.md for how to read what it prints."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import load, report
from benchmarks.server import Server, own_database, server

if TYPE_CHECKING:
    from benchmarks.cases import Case

WORKERS = 2
CONNECTIONS = 8
_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


@dataclass(frozen=True)
class Plan:
    """How much is made, and how long it is measured."""

    threads: int
    posts: int
    long_thread: int
    rounds: int
    seconds: float
    #: Members who watch one thread.
    watchers: int
    #: Requests of one slice, at most.
    at_most: int = 20_000


FULL = Plan(threads=1_000, posts=20, long_thread=100_000, rounds=5, seconds=0.8, watchers=10_000)
QUICK = Plan(threads=40, posts=20, long_thread=2_000, rounds=2, seconds=0.25, watchers=500)


def main() -> None:
    arguments = _arguments()
    plan = QUICK if arguments.quick else FULL
    if arguments.cache_url:
        os.environ["CACHE_URL"] = arguments.cache_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ["BENCH_RUN"] = secrets.token_hex(4)
    with own_database(arguments.database_url) as url, tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = url
        os.environ["STATIC_ROOT"] = str(Path(folder) / "static")
        import django

        django.setup()
        text = _measure_all(plan, Path(folder) / "server.log", arguments.only)
    print(text)
    if arguments.write:
        report.write_between_markers(_DOCUMENT, text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    default = os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
    parser.add_argument(
        "--database-url", default=default, help="A PostgreSQL server; a database of its own is made beside."
    )
    parser.add_argument(
        "--cache-url", default="", help="As CACHE_URL; without it every worker caches in its own memory."
    )
    parser.add_argument(
        "--quick", action="store_true", help="A fiftieth of the rows and a tenth of the time."
    )
    parser.add_argument("--only", default="", help="Only cases and modes whose name contains this.")
    parser.add_argument("--write", action="store_true", help="Put the tables into docs/performance.md.")
    return parser.parse_args()


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"{what} … ", end="", file=sys.stderr, flush=True)
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


def _measure_all(plan: Plan, log: Path, only: str) -> str:
    from django.core.management import call_command
    from django.db import connection, connections

    from benchmarks import cases, fill
    from scs_series.models import Member, Series

    quiet: dict[str, Any] = {"verbosity": 0}
    with _step("Static files and migrations"):
        call_command("collectstatic", interactive=False, **quiet)
        call_command("migrate", **quiet)
    with _step("The demo series"), Path(os.devnull).open("w") as nowhere:
        call_command("scs_demo", stdout=nowhere, **quiet)
    series = Series.objects.get()
    with _step(f"{plan.threads:,} threads of {plan.posts}, one of {plan.long_thread:,}"):
        authors = list(Member.objects.select_related("user").order_by("pk"))
        filled = fill.fill(
            series, cases.bodies(series), authors,
            threads=plan.threads, posts=plan.posts, long_thread=plan.long_thread,
        )  # fmt: skip
        call_command("scs_recount", check=True, stdout=Path(os.devnull).open("w"), **quiet)
    [(reader, session)] = cases.sign_in(1, "reader")
    writers = cases.sign_in(CONNECTIONS, "writer")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SHOW server_version")
        database = str(cursor.fetchone()[0]).partition(" ")[0]
    short, long = filled.threads[-1], filled.long_thread
    assert long is not None
    asked = cases.all_cases(series, short, long, fill.busiest_tag(filled.threads))
    with _step("A thread with all that is a member's own"):
        full = cases.with_everything(filled.threads[-2], reader, [member for member, _session in writers])
    text = [report.machine(database, "Redis" if os.environ.get("CACHE_URL") else "each worker's memory"), ""]
    connections.close_all()
    text += _generator(plan)
    with server(WORKERS, log) as running:
        client = load.Client(running.port, CONNECTIONS, WORKERS)
        for mode in cases.MODES:
            rows = []
            more = {"warm": [cases.ONE_QUERY], "signed in": [full]}.get(mode, [])
            for case in [*more, *asked]:
                if only in f"{case.name} {mode}":
                    with _step(f"{case.name}, {mode}"):
                        rows.append(_measure(plan, running, client, case, mode, session))
            if rows:
                text += ["", f"### {_TITLES[mode]}", "", report.table(rows)]
        if only in "ends":
            text += [
                "",
                "### The end of a long thread against a short one",
                "",
                *_ends(plan, running, client, asked, session),
            ]
        if only in "writing":
            text += ["", "### Writing", "", *_writing(plan, running, filled.threads, writers)]
        if only in "telling":
            text += ["", "### Telling", "", *_telling(plan, running, filled.threads[8:10], writers)]
    return "\n".join(text)


_TITLES = {
    "warm": "Warm: from the page cache",
    "304": "Unchanged: If-None-Match, 304",
    "cold": "Cold: built for every request",
    "signed in": "Signed in: put together for every request",
}


def _interleave(
    plan: Plan,
    running: Server,
    client: load.Client,
    row: report.Row,
    base: tuple[load.Maker, int],
    own: tuple[load.Maker, int],
) -> report.Row:
    """Slices of one case, each between two slices of what it is held against."""

    def piece(maker: tuple[load.Maker, int]) -> tuple[load.Result, float]:
        before = running.cpu()
        result = client.run(maker[0], status=maker[1], seconds=plan.seconds, at_most=plan.at_most)
        return result, running.cpu() - before

    for maker in (base, own):  # connections of new threads, templates, caches
        client.run(maker[0], status=maker[1], seconds=plan.seconds / 2, at_most=plan.at_most)
    result, cpu = piece(base)
    row.base.append(result)
    for _round in range(plan.rounds):
        result, cpu = piece(own)
        row.slices.append(result)
        row.cpu += cpu
        result, cpu = piece(base)
        row.base.append(result)
        row.base_cpu += cpu
    return row


def _measure(
    plan: Plan, running: Server, client: load.Client, case: Case, mode: str, session: str
) -> report.Row:
    from benchmarks import cases

    first = load.ask_once(running.port, load.get(case.path))
    if first.status != 200:
        raise SystemExit(f"{case.path} answered {first.status}: {first.body[:500].decode(errors='replace')}")
    maker, status = case.maker(mode, first.headers.get("etag", ""), session)
    answer = load.ask_once(running.port, maker(0, 0))
    # A 304 is held against the page that it saves.
    size = len(first.body if status == 304 else answer.body)
    row = report.Row(case.name, size, str(_queries(case, mode, session)))
    return _interleave(plan, running, client, row, (cases.constant(size), 200), (maker, status))


def _queries(case: Case, mode: str, session: str) -> int:
    """Queries of one such request, counted in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks.cases import fresh_host

    browser = Client(HTTP_HOST="127.0.0.1")
    if mode == "signed in":
        browser.cookies["sessionid"] = session
    first = browser.get(case.path)  # what can be cached is, in this process too
    headers = {"If-None-Match": first.headers["ETag"]} if mode == "304" else {}
    host = fresh_host() if mode == "cold" else "127.0.0.1"
    with CaptureQueriesContext(connection) as captured:
        browser.get(case.path, headers=headers, HTTP_HOST=host)
    connection.close()
    return len(captured)


def _generator(plan: Plan) -> list[str]:
    """What the load generator itself can do, against a process that answers without thinking."""
    client = load.Client(load.canned(b"x" * 20_000), CONNECTIONS, 1)
    result = client.run(lambda _place, _n: load.get("/"), status=200, seconds=plan.seconds * 3)
    client.close()
    return [
        f"The generator alone: {result.per_second:,.0f} requests a second of 20,000 bytes against a process that "
        f"answers without thinking, {1e6 * result.own_cpu / result.requests:.0f} µs of its own CPU time each; "
        f"{CONNECTIONS} connections, as many to each of {WORKERS} workers."
    ]


def _ends(plan: Plan, running: Server, client: load.Client, asked: list[Case], session: str) -> list[str]:
    """The last page of the long thread, with a short thread's page in the place of the constant view."""
    rows = []
    for short, long in ((asked[2], asked[4]), (asked[8], asked[10])):
        for mode in ("cold", "signed in"):
            own, base = long.maker(mode, "", session), short.maker(mode, "", session)
            size = len(load.ask_once(running.port, own[0](0, 0)).body)
            rows.append(
                _interleave(plan, running, client, report.Row(f"{long.name}, {mode}", size), base, own)
            )
    head = [*report.HEAD]
    head[6] = "short a second"
    return [report.table(rows, head)]


def _writing(plan: Plan, running: Server, threads: list[Any], writers: list[tuple[Any, str]]) -> list[str]:
    """Answers by one and by eight members; afterwards nothing may be miscounted."""
    from django.core.management import call_command
    from django.db import connections

    from benchmarks import cases

    sessions = [session for _member, session in writers]
    rows, own = [], threads[: len(writers)]
    for count, where, where_name in (
        (1, own[:1], ""),
        (len(writers), own, ", each in a thread"),
        (len(writers), own[:1], ", all in one thread"),
    ):
        client = load.Client(running.port, count, WORKERS)
        for kind, make, status in (("page", cases.page_replies, 302), ("API", cases.api_replies, 201)):
            with _step(f"{count} writing, {kind}{where_name}"):
                maker = make(where, sessions[:count])
                size = 0 if status == 302 else len(load.ask_once(running.port, maker(0, 0)).body)
                row = report.Row(f"{kind}, {count} member{'s' * (count > 1)}{where_name}", size)
                rows.append(
                    _interleave(plan, running, client, row, (cases.constant(size), 200), (maker, status))
                )
        client.close()
    call_command("scs_recount", check=True, stdout=Path(os.devnull).open("w"), verbosity=0)
    assert cases.without_gaps(own), "posts are missing or doubled"
    reply = _queries_of_a_reply(own[0], writers[0][0])
    connections.close_all()
    return [
        report.table(rows), "",
        f"A reply takes {reply} queries within its transaction. After all this `scs_recount --check` found nothing wrong, "
        "and every thread's posts were numbered without gap or double.",
    ]  # fmt: skip


def _telling(plan: Plan, running: Server, threads: list[Any], writers: list[tuple[Any, str]]) -> list[str]:
    """A reply into a thread that many watch against one that nobody watches; then how fast the many are told."""
    from django.db import connections

    from benchmarks import cases, fill

    quiet, watched = threads
    with _step(f"{plan.watchers:,} who watch a thread"):
        fill.watchers(watched, plan.watchers)
    session = [writers[0][1]]
    client = load.Client(running.port, 1, WORKERS)
    with _step("replies into it, and into one that nobody watches"):
        row = _interleave(
            plan, running, client, report.Row(f"reply, {plan.watchers:,} watch", 0),
            (cases.page_replies([quiet], session), 302), (cases.page_replies([watched], session), 302),
        )  # fmt: skip
    client.close()
    text = [report.table([row], [*report.HEAD[:6], "nobody watches, a second", *report.HEAD[7:]]), ""]
    for what in (
        "each has a first notification of the thread, and a mail to be sent",
        "the same again, added to it",
    ):
        with _step(f"telling {plan.watchers:,}"):
            told, seconds, batches = cases.tell_of_a_reply(watched, writers[0][0])
        text.append(f"- {told:,} members told in {batches} batches, {told / seconds:,.0f} a second: {what}.")
    connections.close_all()
    return text


def _queries_of_a_reply(thread: Any, member: Any) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from benchmarks import cases
    from scs_series.models import Thread
    from scs_series.services import discussion

    thread = Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)
    with CaptureQueriesContext(connection) as captured:
        discussion.reply(thread=thread, by=member.user, body=cases.BODY.format(number=0))
    said = [query["sql"].partition(" ")[0].rstrip(";") for query in captured.captured_queries]
    return len(said[said.index("BEGIN") + 1 : said.index("COMMIT")])


if __name__ == "__main__":
    main()
