"""Pages of the demo host itself."""

from __future__ import annotations

import posixpath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django.views.static import serve

#: What an upload can be once the app has encoded it again. Anything else in the folder is not ours to show.
MEDIA_TYPES = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}


@require_safe
def favicon(request: HttpRequest) -> HttpResponseBase:
    """Pages that name no icon (the admin, files) are asked for one at this address."""
    return redirect(static("scs_series/icon.svg"))


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """An uploaded picture, from a folder where nothing runs: no sniffing, no scripts, nothing but pictures.

    A front server may answer for MEDIA_URL instead; it should send the same headers.
    """
    if posixpath.splitext(path)[1].lower() not in MEDIA_TYPES:
        raise Http404
    try:
        response = serve(request, path, document_root=settings.MEDIA_ROOT)
    except OSError as error:  # a name that is longer than the file system's are
        raise Http404 from error
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Every upload has a name of its own and is never written again.
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
