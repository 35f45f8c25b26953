"""What an act changed: the versions it raised and the signals it sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from scs_series import signals
from scs_series.models import Part, Series, Source, Tag, Thread
from tests.stage import Stage

SIGNALS = {name: value for name, value in vars(signals).items() if isinstance(value, signals.Signal)}


def _versions(stage: Stage) -> dict[str, int]:
    things: dict[str, tuple[Any, int]] = {
        "series": (Series, stage.series.pk), "other series": (Series, stage.other_series.pk),
        "part": (Part, stage.part.pk), "next part": (Part, stage.next_part.pk), "draft": (Part, stage.draft.pk),
        "thread": (Thread, stage.thread.pk), "tag": (Tag, stage.tag.pk),
        "source": (Source, stage.source.pk), "uncited": (Source, stage.uncited.pk),
    }  # fmt: skip
    return {
        name: model.objects.filter(pk=pk).values_list("version", flat=True).first() or 0
        for name, (model, pk) in things.items()
    }


def raised_by(stage: Stage, act: Callable[[], Any]) -> set[str]:
    """The things of the stage whose version an act raised; none may ever fall."""
    before = _versions(stage)
    act()
    after = _versions(stage)
    assert all(after[name] >= before[name] for name in before), "a version fell"
    return {name for name in before if after[name] > before[name]}


@contextmanager
def heard() -> Iterator[list[tuple[str, Any, dict[str, Any]]]]:
    """Every signal of ours sent within: its name, sender and arguments."""
    calls: list[tuple[str, Any, dict[str, Any]]] = []
    receivers = {}
    for name, signal in SIGNALS.items():

        def receiver(sender: Any, signal: Any, _name: str = name, **arguments: Any) -> None:
            calls.append((_name, sender, arguments))

        receivers[name] = receiver
        signal.connect(receiver)
    try:
        yield calls
    finally:
        for name, signal in SIGNALS.items():
            signal.disconnect(receivers[name])
