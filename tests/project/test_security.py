"""What the host says to browsers and proxies, and what it serves from the media folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client, RequestFactory

from project.network import client_ip, username_tried


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/series/", "/accounts/login/", "/admin/login/", "/api/v1/docs/", "/nothing-here/"]
)
def test_every_answer_carries_the_strict_policy(client: Client, path: str) -> None:
    response = client.get(path, follow=True)
    policy = dict(
        directive.split(" ", 1) for directive in response.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_static_files_carry_it_too(client: Client) -> None:
    response = client.get("/static/scs_series/icon.svg")
    b"".join(response)  # and so close the file
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.django_db
def test_the_api_docs_load_nothing_inline_and_nothing_from_elsewhere(client: Client) -> None:
    html = client.get("/api/v1/docs/").content.decode()
    assert "<style" not in html
    assert "https://" not in html
    assert len(re.findall(r"<script\b[^>]* src=", html)) == html.count("<script") >= 3
    assert client.get("/api/v1/docs/?script=").headers["Content-Type"].startswith("application/javascript")


def test_a_picture_is_served_as_nothing_but_a_picture(client: Client, media: Path) -> None:
    (media / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    response = client.get("/media/a.png")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    b"".join(response)


@pytest.mark.parametrize(
    "name", ["a.svg", "a.html", "a.png.html", "a", "../tests/settings.py", "..%2fpyproject.toml"]
)
def test_nothing_else_leaves_the_folder(client: Client, media: Path, name: str) -> None:
    for path in ("a.svg", "a.html", "a.png.html", "a"):
        (media / path).write_text("<script>alert(1)</script>")
    assert client.get(f"/media/{name}").status_code == 404


def test_media_is_only_read(client: Client, media: Path) -> None:
    assert client.post("/media/a.png").status_code == 405


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "10.0.0.9"),  # nobody of ours wrote the header
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),  # what came before is the sender's own invention
        (2, "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.9"),  # it did not pass all of our proxies
        (1, "", "10.0.0.9"),
    ],
)
def test_the_client_is_who_our_own_proxies_saw(settings, proxies: int, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_ip(request) == address


def test_the_name_that_is_tried_is_folded() -> None:
    assert username_tried(None, {"username": " Mara "}) == "mara"
    assert username_tried(RequestFactory().post("/", {"login": "MARA"})) == "mara"
    assert username_tried(None) == ""


def test_a_name_longer_than_any_file_has_is_not_there(client: Client, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    assert client.get(f"/media/{'a' * 300}.png").status_code == 404
