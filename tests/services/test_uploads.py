"""Uploaded images: only pixels survive."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from scs_series.exceptions import InvalidInput, RateLimited
from scs_series.services.uploads import store_image
from tests import factories

pytestmark = pytest.mark.django_db

GPS = 0x8825


@pytest.fixture
def by(db: None) -> Any:
    return factories.make_user()


def sent(content: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new(
        mode, size, None if mode == "P" else 128 if mode in ("L", "I;16") else (200, 10, 10, 255)[: len(mode)]
    )
    image.save(out, kind, **options)
    return out.getvalue()


def stored(address: str) -> bytes:
    path = address[address.index("scs_series/uploads") :]
    with default_storage.open(path) as file:
        return bytes(file.read())


def refused(code: str, content: bytes, by: Any, name: str = "photo.png") -> None:
    with pytest.raises(InvalidInput) as caught:
        store_image(file=sent(content, name), by=by)
    assert (caught.value.code, caught.value.field) == (code, "image")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_every_kind_is_encoded_again_under_a_name_of_ours(by: Any, kind: str) -> None:
    address = store_image(file=sent(picture(kind), "../../etc/passwd.png"), by=by)
    assert "passwd" not in address
    image = Image.open(io.BytesIO(stored(address)))
    assert (image.format, image.size) == ("WEBP", (40, 20))


@pytest.mark.parametrize("mode", ["RGBA", "L", "LA", "P", "CMYK", "1", "I;16"])
def test_every_mode_can_be_read(by: Any, mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "JPEG" if mode == "CMYK" else kind)
    assert store_image(file=sent(out.getvalue()), by=by)


def test_metadata_with_a_place_in_it_is_gone(by: Any) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (48.0, 12.0, 30.0)
    content = picture(
        "JPEG", exif=exif.tobytes(), comment=b"SecretComment", icc_profile=b"SecretProfile" * 20
    )
    assert b"SecretCamera" in content
    result = stored(store_image(file=sent(content, "p.jpg"), by=by))
    image = Image.open(io.BytesIO(result))
    assert b"Secret" not in result
    assert b"EXIF" not in result
    assert dict(image.getexif()) == {}
    assert not image.info.get("icc_profile")


def test_a_turned_photograph_is_stored_upright(by: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    address = store_image(file=sent(picture("JPEG", exif=exif.tobytes())), by=by)
    assert Image.open(io.BytesIO(stored(address))).size == (20, 40)


def test_transparency_is_kept(by: Any) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    image = Image.open(io.BytesIO(stored(store_image(file=sent(out.getvalue()), by=by))))
    assert image.convert("RGBA").getpixel((0, 0))[3] == 0


def test_an_animation_becomes_its_first_picture(by: Any) -> None:
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert (
        getattr(Image.open(io.BytesIO(stored(store_image(file=sent(out.getvalue()), by=by)))), "n_frames", 1)
        == 1
    )


def test_a_large_picture_is_scaled_down(by: Any) -> None:
    address = store_image(file=sent(picture(size=(4_000, 1_000))), by=by)
    assert Image.open(io.BytesIO(stored(address))).size == (2_000, 500)


def test_a_picture_that_is_also_a_program_is_a_picture_afterwards(by: Any) -> None:
    for tail in (b"<script>alert(1)</script>", b"PK\x03\x04 evil", b"<?php system('x'); ?>"):
        assert tail not in stored(store_image(file=sent(picture() + tail), by=by))
    chunk = b"tEXt" + b"Comment\x00<script>alert(1)</script>"
    content = picture()
    inside = (
        content[:33]
        + struct.pack(">I", len(chunk) - 4)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + content[33:]
    )
    assert b"<script" not in stored(store_image(file=sent(inside), by=by))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.png", b"<!doctype html><script>alert(1)</script>"),
        ("a.png", b""),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.gif", b"GIF89a"),
        ("a.pdf", b"%PDF-1.4"),
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n"),
        ("a.bmp", picture("BMP")),
        ("a.tiff", picture("TIFF")),
        ("a.ico", picture("ICO", size=(16, 16))),
    ],
)
def test_what_is_no_picture_of_the_four_kinds_is_refused(by: Any, name: str, content: bytes) -> None:
    refused("not_an_image", content, by, name)


def test_a_file_that_breaks_off_is_refused(by: Any) -> None:
    noise = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(noise, "JPEG")
    refused("not_an_image", noise.getvalue()[: len(noise.getvalue()) // 2], by)
    noise = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(noise, "PNG")
    refused("not_an_image", noise.getvalue()[: len(noise.getvalue()) // 2], by)


def test_too_many_bytes_are_refused(by: Any, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "UPLOAD_MAX_BYTES": 100}
    refused("image_too_large", picture(size=(200, 200)), by)


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_before_it_is_unpacked(
    by: Any, monkeypatch: Any
) -> None:
    def header(width: int, height: int) -> bytes:
        chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))

    idat = b"IDAT" + zlib.compress(b"\x00" * 1_000)
    body = struct.pack(">I", len(idat) - 4) + idat + struct.pack(">I", zlib.crc32(idat))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was unpacked"))
    for size in ((5_000, 5_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        refused("too_many_pixels", header(*size) + body, by)


def test_damaged_files_are_refused_and_never_an_error(by: Any, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "UPLOAD_RATE": "1000000/d"}
    chance = random.Random(2026)  # noqa: S311
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(GPS)[2] = (48.0, 12.0, 30.0)
    originals = [picture(kind, size=(12, 9)) for kind in ("PNG", "JPEG", "GIF", "WEBP")]
    originals += [
        picture("JPEG", exif=exif.tobytes()),
        picture("WEBP", exif=exif.tobytes()),
        picture("PNG", exif=exif.tobytes()),
    ]
    for original in originals:
        for _try in range(120):
            damaged = bytearray(original)
            for _change in range(chance.randint(1, 12)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            if chance.random() < 0.2:
                del damaged[chance.randrange(len(damaged)) :]
            try:
                store_image(file=sent(bytes(damaged)), by=by)
            except InvalidInput:
                continue


def test_uploading_too_often_is_refused(by: Any, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "UPLOAD_RATE": "1/h"}
    store_image(file=sent(picture()), by=by)
    with pytest.raises(RateLimited):
        store_image(file=sent(picture()), by=by)
