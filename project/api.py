"""How clients of the API sign in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.authentication import BasicScheme as SpectacularBasicScheme
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from project.network import client_ip
from scs_series.exceptions import RateLimited
from scs_series.ratelimit import count_or_refuse, refuse_if_used_up

#: Names that one address may try in vain. axes counts the tries at each single name, on every way in.
_FAILURES = "30/h"


class BasicAuthentication(authentication.BasicAuthentication):
    """Name and password with each request, refused without a look at the password once too many have failed.

    Each look costs a third of a second of computing, by design of the hash.
    """

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> tuple[User, Any]:
        address = client_ip(request._request) if request is not None else ""
        try:
            refuse_if_used_up("basic", address, _FAILURES)
            try:
                return super().authenticate_credentials(userid, password, request)
            except exceptions.AuthenticationFailed:
                count_or_refuse("basic", address, _FAILURES)
                raise
        except RateLimited as error:
            raise exceptions.Throttled(wait=error.retry_after) from error


class BasicScheme(SpectacularBasicScheme):  # type: ignore[no-untyped-call]
    """In the schema it is what it is: HTTP Basic."""

    target_class = "project.api.BasicAuthentication"
