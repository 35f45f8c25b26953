"""A small world, and a client that speaks JSON."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from scs_series.models import Part, Post, Series, Source, Thread
from scs_series.services import discussion
from tests.beginnings import beginning
from tests.factories import (
    AUTHOR,
    make_moderator,
    make_part,
    make_post,
    make_series,
    make_source,
    make_thread,
    make_user,
)

ROOT = "/api/v1/"


def an_image(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


class Api:
    """A client of the API, signed in or not. Every error it meets must have the one shape."""

    def __init__(self, user: Any = None, **options: Any) -> None:
        self.client = Client(**options)
        if user is not None:
            self.client.force_login(user)

    def _send(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        sent = {} if data is None else {"data": data if isinstance(data, (str, bytes)) else json.dumps(data)}
        if sent:
            sent["content_type"] = "application/json"
        path = path if path.startswith(("/", "http")) else ROOT + path
        response = getattr(self.client, method)(
            path, headers={k.replace("_", "-"): v for k, v in headers.items()}, **sent
        )
        if response.status_code >= 400:
            assert_problem(response)
        return response

    def get(self, path: str, **headers: str) -> Any:
        return self._send("get", path, **headers)

    def head(self, path: str, **headers: str) -> Any:
        return self._send("head", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self._send("post", path, {} if data is None else data, **headers)

    def patch(self, path: str, data: Any, **headers: str) -> Any:
        return self._send("patch", path, data, **headers)

    def put(self, path: str, data: Any) -> Any:
        return self._send("put", path, data)

    def upload(self, image: bytes, **headers: str) -> Any:
        """An image, as a form that holds nothing else."""
        file = SimpleUploadedFile("image.png", image, "image/png")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.post(f"{ROOT}uploads/", {"image": file}, headers=named)
        if response.status_code >= 400:
            assert_problem(response)
        return response

    def delete(self, path: str) -> Any:
        return self._send("delete", path)

    def rows(self, path: str) -> list[dict[str, Any]]:
        response = self.get(path)
        assert response.status_code == 200, response.content
        return list(response.json()["results"])

    def walk(self, path: str, direction: str = "next") -> list[list[dict[str, Any]]]:
        """Every page from here on, by following the links."""
        pages, address = [], path
        while address:
            answer = self.get(address).json()
            pages.append(answer["results"])
            address = answer[direction]
            assert len(pages) < 100, "the list goes in circles"
        return pages


def assert_problem(response: Any) -> None:
    """RFC 9457, with a code, in every error there is."""
    assert response.status_code < 500, response.content
    if response.request["REQUEST_METHOD"] == "HEAD":
        return
    assert response.headers["Content-Type"] == "application/problem+json", response.content[:300]
    problem = response.json()
    assert {"type", "title", "status", "code", "detail", "errors"} <= problem.keys()
    assert problem["status"] == response.status_code
    assert problem["code"]
    for error in problem["errors"]:
        assert error.keys() == {"field", "code", "message"}


def codes(response: Any) -> dict[str | None, str]:
    """What is wrong, by field."""
    return {error["field"]: error["code"] for error in response.json()["errors"]}


@dataclass
class World:
    """One public series with everything in it, a draft, what is hidden, and the people."""

    author: Any
    editor: Any
    moderator: Any
    member: Any
    other: Any
    series: Series
    part: Part
    draft: Part
    thread: Thread
    post: Post
    hidden_thread: Thread
    hidden_post: Post
    source: Source

    def user(self, who: str) -> Any:
        return None if who == "anonymous" else getattr(self, who)

    def api(self, who: str = "anonymous", **options: Any) -> Api:
        return Api(self.user(who), **options)


def build_world() -> World:
    author = make_user("author", permissions=AUTHOR)
    editor = make_user(
        "editor", permissions=(*AUTHOR, "edit_all_series", "add_series", "add_tag", "change_tag")
    )
    moderator, member, other = make_moderator("moderator"), make_user("member"), make_user("other")
    series = make_series(author=author, title="Social credit", slug="scs")
    part = make_part(series, title="What it is", slug="what-it-is", body="## One\n\nA claim.")
    draft = make_part(series, title="Unfinished", slug="unfinished", published=False)
    source = make_source(series, "kuo2019", tags=("credit",))
    thread = make_thread(
        part, by=member, title="A question about this", body="See [@kuo2019].", tags=["credit"]
    )
    post = make_post(thread, by=member, body="My answer.")
    hidden_post = make_post(thread, by=other, body="A secret insult.")
    discussion.hide_post(post=hidden_post, by=moderator, reason="an insult")
    hidden_thread = make_thread(part, by=other, title="Buy my pills now", body="Cheap.")
    discussion.hide_thread(thread=hidden_thread, by=moderator, reason="advertising")
    return World(
        author=author, editor=editor, moderator=moderator, member=member, other=other, series=series, part=part,
        draft=draft, thread=Thread.objects.get(pk=thread.pk), post=post, hidden_thread=hidden_thread,
        hidden_post=hidden_post, source=source,
    )  # fmt: skip


world = beginning("world", build_world)


@pytest.fixture
def api() -> Api:
    """A visitor."""
    return Api()
