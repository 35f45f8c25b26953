"""The demo's files: its texts as they read before readers corrected them, its threads, and when all of it was made."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import CommandError
from django.utils import timezone

HERE = Path(__file__).resolve().parent
_WRITTEN_BEFORE = dt.timedelta(days=3)
_CITED = re.compile(r"@([\w:.-]*\w)")


@functools.cache
def read_yaml(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def read_series() -> Any:
    return read_yaml("series.yaml")


def threads_of(number: int) -> list[dict[str, Any]]:
    """The threads below a part."""
    threads: list[dict[str, Any]] = read_yaml(f"threads/part-{number}.yaml")
    return threads


def aware(moment: dt.datetime) -> dt.datetime:
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=dt.UTC)


def published_at(number: int) -> dt.datetime:
    """Parts go public a week apart."""
    return aware(read_series()["first_part_at"]) + dt.timedelta(weeks=number - 1)


def standfirst_of(place: dict[str, Any]) -> str:
    return str(yaml.safe_load(_file_of(place)[0])["standfirst"]).strip()


def states_of(place: dict[str, Any]) -> list[tuple[dt.datetime, str, str]]:
    """A part's text from its first version to the one that stands: when, why, and how it read from then on."""
    corrections = [one for one in read_series()["corrections"] if one["part"] == place["number"]]
    texts = [_file_of(place)[1].strip() + "\n"]
    for correction in reversed(corrections):
        texts.insert(0, _before(texts[0], correction))
    first = (published_at(place["number"]) - _WRITTEN_BEFORE, "First version")
    acts = [first, *((aware(one["at"]), str(one["reason"])) for one in corrections)]
    return [(at, reason, text) for (at, reason), text in zip(acts, texts, strict=True)]


def _file_of(place: dict[str, Any]) -> tuple[str, str]:
    text = (HERE / "text" / f"{place['number']}-{place['slug']}.md").read_text(encoding="utf-8")
    _start, front, body = text.split("---\n", 2)
    return front, body


def _before(text: str, correction: dict[str, Any]) -> str:
    """The text as it read until a correction was made."""
    for change in correction["changes"]:
        if text.count(change["now"]) != 1:
            raise CommandError(f"part {correction['part']} does not say once: {change['now']}")
        text = text.replace(change["now"], change["before"])
    return text


class Moments:
    """When members joined and sources were added: nobody wrote that down, so it follows from what came after.

    A source is there some hours or days before anything cites it, a member some days before they say anything.
    """

    def __init__(self) -> None:
        cited: dict[str, dt.datetime] = {}
        for at, text in _texts():
            for key in _CITED.findall(text):
                cited[key] = min(at, cited.get(key, at))
        for number, notes in read_series()["further_reading"].items():
            for key in notes:
                cited[key] = min(published_at(number), cited.get(key, published_at(number)))
        said: dict[str, dt.datetime] = {}
        for post in _posts():
            at, username = aware(post["at"]), post["author"]
            said[username] = min(at, said.get(username, at))
        self._cited, self._said = cited, said
        self.series_made = min(at for at, _text in _texts()) - dt.timedelta(days=12)

    def source_added(self, key: str, place: int) -> dt.datetime:
        """``place`` is the source's in its file: no two are added at once."""
        cited = self._cited.get(key, published_at(1))
        return cited - dt.timedelta(hours=20 + 23 * (place % 8), minutes=7 * place % 60)

    def member_joined(self, username: str) -> dt.datetime:
        members = read_series()["members"]
        place = list(members).index(username)
        makes_it = members[username].get("role") in ("admin", "author")
        first = self.series_made if makes_it else self._said[username]
        return first - dt.timedelta(days=2 + place % 7, minutes=113 * place % 600)


def _texts() -> Iterator[tuple[dt.datetime, str]]:
    """Everything that can cite, and when it was written."""
    for place in read_series()["parts"]:
        for at, _reason, text in states_of(place):
            yield at, text
    for post in _posts():
        for said in (post, *post.get("edits", ())):
            yield aware(said["at"]), said["body"]


def _posts() -> Iterator[dict[str, Any]]:
    for place in read_series()["parts"]:
        for thread in threads_of(place["number"]):
            yield from thread["posts"]
