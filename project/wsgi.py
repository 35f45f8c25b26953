"""Pages are served by WSGI: granian, gunicorn or any other server."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, kept from a claim that it cannot take.

    It decodes the address by the charset of Content-Type before any middleware runs, so a codec that is for no text
    (zlib, idna) would end the request without an error page.
    """
    kind = environ.get("CONTENT_TYPE", "")
    if "charset" in kind.lower() and not _reads_text(parse_header_parameters(kind)[1].get("charset", "")):
        environ["CONTENT_TYPE"] = kind.partition(";")[0]
    return _django(environ, start_response)


def _reads_text(charset: str) -> bool:
    try:
        b"\xfc".decode(charset, "replace")
    except (LookupError, ValueError):
        return False
    return True
