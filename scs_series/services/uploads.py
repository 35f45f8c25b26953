"""Images brought by members: decoded, scaled, re-encoded and stored under a name of ours.

What is stored is never what was sent: only pixels survive, so a file that is two things at once, metadata with a
place in it, or HTML named as a picture do not. Vector images are refused: they are programs.
"""

from __future__ import annotations

import io
import secrets
import threading
import warnings
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.submissions import clean_submission_key

#: What is read; the type is found in the bytes, the name and the sent type are not believed.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def store_image(*, file: UploadedFile[Any], by: Any, submission_key: str | None = None) -> str:
    """Store an uploaded image and give its address; sent again with the same key, the address of the first time.

    Raises NotAllowed, RateLimited, InvalidInput (field ``image``): ``image_too_large``, ``not_an_image``,
    ``too_many_pixels``; of keys ``bad_idempotency_key``, ``key_already_used``.
    """
    if not policy.can_upload(by):
        raise NotAllowed
    key = clean_submission_key(submission_key)
    count_or_refuse("upload", by.pk, app_settings.UPLOAD_RATE)
    content, suffix = clean_image(file)
    # An image has no row that could keep the key: its name does. Nobody else can tell one from the other.
    own = salted_hmac("scs_series.uploads", f"{by.pk}:{key}").hexdigest()[:24] if key else ""
    name = f"{app_settings.UPLOAD_PATH}{timezone.now():%Y/%m}/{own or secrets.token_urlsafe(12)}.{suffix}"
    if key and default_storage.exists(name):
        with default_storage.open(name) as first:
            if first.read() != content:
                raise InvalidInput(
                    _("Another image was sent with this key: send this one with a key of its own."),
                    code="key_already_used",
                    field="submission_key",
                )
        return str(default_storage.url(name))
    return default_storage.url(default_storage.save(name, ContentFile(content)))


def clean_image(file: File[Any]) -> tuple[bytes, str]:
    """What may be stored of a file that somebody sent as an image: its pixels, encoded anew, and the suffix for it.

    Raises InvalidInput (field ``image``): ``image_too_large``, ``not_an_image``, ``too_many_pixels``.
    """
    if (file.size or 0) > app_settings.UPLOAD_MAX_BYTES:
        raise InvalidInput(
            _("The image is too large: use at most %(most).1f MB.")
            % {"most": app_settings.UPLOAD_MAX_BYTES / 1e6},
            code="image_too_large",
            field="image",
        )
    with _one_at_a_time:
        return _reencode(file.read())


#: A picture of 24 million pixels takes some 200 MB while it is decoded, however small its file: one in a process.
_one_at_a_time = threading.Lock()


def _reencode(sent: bytes) -> tuple[bytes, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of damaged metadata, which is thrown away; sizes are looked at here
            with Image.open(io.BytesIO(sent), formats=_FORMATS) as image:
                # The header alone is read so far: a small file that unpacks to a huge picture stops here.
                if image.width * image.height > app_settings.UPLOAD_MAX_PIXELS:
                    raise _too_many_pixels()
                # JPEG alone can be decoded smaller at once; where it can, that is most of the memory saved.
                image.draft(None, (app_settings.UPLOAD_MAX_SIDE, app_settings.UPLOAD_MAX_SIDE))
                image.load()
                picture = ImageOps.exif_transpose(image)
                picture = picture.convert("RGBA" if _has_alpha(picture) else "RGB")
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise InvalidInput(
            _("This is not an image we can read: send PNG, JPEG, GIF or WebP."),
            code="not_an_image",
            field="image",
        ) from error
    side = app_settings.UPLOAD_MAX_SIDE
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)  # pixels only: what Pillow keeps beside them stays behind
    out = io.BytesIO()
    clean.save(out, format="WEBP", quality=85, method=4)
    return out.getvalue(), "webp"


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _too_many_pixels() -> InvalidInput:
    return InvalidInput(
        _("The image has too many pixels: use at most %(most)d million.")
        % {"most": app_settings.UPLOAD_MAX_PIXELS // 1_000_000},
        code="too_many_pixels",
        field="image",
    )
