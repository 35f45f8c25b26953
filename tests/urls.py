"""The demo host's addresses, and pages that are hard to come by: what it answers when a request is refused."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views import defaults

from project.urls import urlpatterns as host


def refusal(request: HttpRequest, status: int) -> HttpResponse:
    """As Django, and axes for 429, would answer."""
    if status == 400:
        return defaults.bad_request(request, Exception())
    if status == 500:
        return defaults.server_error(request)
    return render(request, "account/locked_out.html", status=429)


urlpatterns = [*host, path("refusals/<int:status>/", refusal)]
