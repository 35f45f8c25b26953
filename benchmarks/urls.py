"""The demo host's addresses, and before them (so that it is found first) the view that pages are measured against."""

from __future__ import annotations

import os
from functools import lru_cache

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from project.urls import urlpatterns as of_the_project


@lru_cache(maxsize=256)
def _bytes(length: int) -> bytes:
    return b"0123456789abcde\n" * (length // 16) + b"." * (length % 16)


def constant(request: HttpRequest, length: int) -> HttpResponse:
    """So many bytes, the same every time: what this server and this middleware cost without any page."""
    return HttpResponse(_bytes(length))


def one_query(request: HttpRequest, length: int) -> HttpResponse:
    """The same behind the cheapest question to the database: as near to the constant view as a kept page can come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse(_bytes(length))


def worker(request: HttpRequest) -> HttpResponse:
    """Which process answered, so that the generator can hold as many connections to each."""
    return HttpResponse(str(os.getpid()))


urlpatterns = [
    path("bench/constant/<int:length>/", constant),
    path("bench/one-query/<int:length>/", one_query),
    path("bench/worker/", worker),
    *of_the_project,
]
