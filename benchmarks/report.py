"""The figures as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.load import Result

START, END = "<!-- bench:start -->", "<!-- bench:end -->"


@dataclass
class Row:
    """What was measured of one case: slices of it, each between two slices of what it is held against."""

    name: str
    size: int
    queries: str = ""
    slices: list[Result] = field(default_factory=list)
    base: list[Result] = field(default_factory=list)
    #: CPU seconds of the server's workers during all slices.
    cpu: float = 0.0
    base_cpu: float = 0.0

    @property
    def ratios(self) -> list[float]:
        around = zip(self.base, self.base[1:], strict=False)
        pairs = zip(self.slices, around, strict=True)
        return [own.per_second * 2 / (a.per_second + b.per_second) for own, (a, b) in pairs]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    def cells(self) -> list[str]:
        latencies = sorted(latency for each in self.slices for latency in each.latencies)
        requests = sum(each.requests for each in self.slices)
        low, high = min(self.ratios), max(self.ratios)
        return [
            self.name, f"{self.size:,}", self.queries, f"{median(s.per_second for s in self.slices):,.0f}",
            f"{_percentile(latencies, 50):.2f}", f"{_percentile(latencies, 99):.2f}",
            f"{median(s.per_second for s in self.base):,.0f}",
            f"**{self.ratio:.2f}** ({low:.2f}–{high:.2f})", f"{1_000 * self.cpu / requests:.2f}",
        ]  # fmt: skip


HEAD = (
    "",
    "bytes",
    "queries",
    "a second",
    "p50 ms",
    "p99 ms",
    "constant a second",
    "ratio (lowest–highest)",
    "CPU ms",
)


def _percentile(ordered: Sequence[float], share: float) -> float:
    return 1_000 * ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


def table(rows: Iterable[Row], head: Sequence[str] = HEAD) -> str:
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine(database: str, cache: str) -> str:
    """The machine and what runs on it, in one paragraph."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("Django", "granian", "psycopg", "djangorestframework")
    )
    return (
        f"{os.cpu_count()} cores, {models[0] if models else platform.machine()}, {platform.system()} "
        f"{platform.release().partition('-')[0]}; Python {platform.python_version()}, {packages}; PostgreSQL {database}; "
        f"page cache: {cache}. Load average when it began: {os.getloadavg()[0]:.1f}."
    )


def write_between_markers(path: Path, text: str) -> None:
    """Put the text between the markers of a document that has them."""
    before, start, rest = path.read_text(encoding="utf-8").partition(START)
    _old, end, after = rest.partition(END)
    if not (start and end):
        raise SystemExit(f"{path} has no {START} … {END}")
    path.write_text(f"{before}{START}\n{text.strip()}\n{END}{after}", encoding="utf-8")
