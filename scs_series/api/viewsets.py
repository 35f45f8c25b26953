"""What every endpoint of this API has in common: JSON, errors, lists by key, conditional requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, parse_http_date_safe
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from scs_series.api import errors, marks
from scs_series.api.addresses import Addresses
from scs_series.api.pagination import KeysetPagination
from scs_series.api.parsers import LimitedJSONParser
from scs_series.api.permissions import ReadForAllWriteForMembers
from scs_series.api.schema import AutoSchema
from scs_series.caching import versioned
from scs_series.conf import app_settings
from scs_series.pieces import pieces_of
from scs_series.ratelimit import count_address
from scs_series.services.discussion import clean_submission_key
from scs_series.services.submissions import M, once

#: Ways of signing in that are told by the session or the Authorization header, so that neither needs to be run to
#: know that a request is a visitor's.
_TOLD = (SessionAuthentication, BasicAuthentication, TokenAuthentication)


@lru_cache(maxsize=256)
def _takes_plain_json(accept: str) -> bool:
    """Whether this Accept header is answered with JSON as we always write it: no other type, no indentation."""
    if len(accept) > 1_000 or "indent" in accept:
        return False
    ranges = {piece.partition(";")[0].strip().lower() for piece in accept.split(",")}
    return not ranges.isdisjoint({"", "*/*", "application/*", "application/json"})


class SeriesViewSet(GenericViewSet):  # type: ignore[type-arg]
    """Base of all endpoints. What a host sets for its own API (renderers, errors, pages) stays the host's.

    Authentication and throttling are the host's settings. A visitor's GET whose version is known is answered from
    the validator or the page cache before REST framework begins: that costs one query.
    """

    renderer_classes = (JSONRenderer,)
    parser_classes: tuple[type[BaseParser], ...] = (LimitedJSONParser,)
    permission_classes: tuple[type[BasePermission], ...] = (ReadForAllWriteForMembers,)
    pagination_class = KeysetPagination
    filter_backends = ()
    versioning_class = None
    metadata_class = None
    schema = AutoSchema()
    http_method_names = ["get", "post", "patch", "delete", "head"]
    #: The part of the address that finds one thing, as a Django path.
    lookup_path: ClassVar[str]
    order: Sequence[str] = ("id",)
    #: An answer says more to some who see nothing else that visitors do not: to the author of a hidden post.
    differs_by_reader: bool = False
    #: Query parameters of the list of which each value that is not refused makes an answer worth keeping: it names
    #: something that is there. What walks a list (cursors, sizes, names of people) is built each time.
    kept_by: ClassVar[tuple[str, ...]] = ()

    # ------------------------------------------------------------------ conditional requests
    def mark(self, request: HttpRequest, action: str) -> marks.Asking:
        """What reads the versions of what this request shows; None where no version covers it.

        ``self.kwargs`` and ``request.GET`` are as they came: unchecked.
        """
        return None

    def _reads(self) -> dict[str, Callable[[str], bool]]:
        """For ``versioned``: which values of which parameters of a list are kept."""
        # 7 may be written 07 and 007: only one of them is kept.
        reads: dict[str, Callable[[str], bool]] = dict.fromkeys(
            self.kept_by, lambda value: value[:1] not in "0"
        )
        # The largest size, which programs ask for; not each up to it.
        return {**reads, "page_size": lambda value: value == str(app_settings.API_MAX_PAGE_SIZE)}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        action = self.action_map.get("get") if request.method in ("GET", "HEAD") else None
        if action is None:
            return super().dispatch(request, *args, **kwargs)
        mark = self.mark(request, action) if self._is_plain(request) else None
        reads = self._reads() if action == "list" else {}

        def build() -> HttpResponse:
            return super(SeriesViewSet, self).dispatch(request, *args, **kwargs)  # type: ignore[return-value]

        def dated() -> HttpResponse:
            response = build()
            response.headers["Last-Modified"] = http_date()
            return response

        if mark is None:
            return self._by_content(request, build())
        if self._is_visitor(request):
            return self._by_time(
                request, versioned(request, name=f"json-{action}", mark=mark, build=dated, reads=reads)
            )
        if self.throttle_classes or not self._is_by_session(request):
            return self._by_content(request, build())
        name = f"json-{action}-members"
        return self._by_content(
            request,
            versioned(request, name=name, mark=mark, build=lambda: self._shared(request, build), reads=reads),
        )

    def _shared(self, request: HttpRequest, build: Callable[[], HttpResponse]) -> HttpResponse:
        """The answer that another member was given, where this one sees what visitors see (scs_series.pieces)."""
        pieces = pieces_of(request)
        given = pieces.get("answer") if pieces else None
        if given is not None:
            return HttpResponse(given, content_type="application/json")
        response = build()
        if (
            pieces
            and isinstance(response, Response)
            and response.status_code == 200
            and not response.has_header("Cache-Control")
            and not self.differs_by_reader
        ):
            response.render()
            pieces.put("answer", response.content)
        return response

    def _is_plain(self, request: HttpRequest) -> bool:
        """Answered with JSON as we always write it, whatever else a subclass could give."""
        return tuple(self.renderer_classes) == (JSONRenderer,) and _takes_plain_json(
            request.META.get("HTTP_ACCEPT", "")
        )

    def _is_visitor(self, request: HttpRequest) -> bool:
        user = getattr(request, "user", None)
        if "HTTP_AUTHORIZATION" in request.META or (user is not None and user.is_authenticated):
            return False
        if self._are_ways_told():
            return True
        try:
            return not self.initialize_request(request).user.is_authenticated
        except APIException:
            return False

    def _is_by_session(self, request: HttpRequest) -> bool:
        """Signed in, and by nothing but the session: REST framework will find the same user."""
        user = getattr(request, "user", None)
        return bool(
            user is not None
            and user.is_authenticated
            and "HTTP_AUTHORIZATION" not in request.META
            and self._are_ways_told()
        )

    def _are_ways_told(self) -> bool:
        return all(issubclass(way, _TOLD) for way in self.authentication_classes)

    def _by_time(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Last-Modified: when the answer was made.

        It counts whole seconds, in which things may change twice; so it is told only once its second is over, when
        any later state will carry a later time.
        """
        made = response.headers.get("Last-Modified")
        patch_vary_headers(response, ["Accept"])
        if made is None:
            return response
        if response.status_code != 200 or made == http_date():
            del response.headers["Last-Modified"]
            return response
        since = request.META.get("HTTP_IF_MODIFIED_SINCE")
        if since and "HTTP_IF_NONE_MATCH" not in request.META:
            asked, had = parse_http_date_safe(since), parse_http_date_safe(made)
            if asked is not None and had is not None and had <= asked:
                unchanged = HttpResponseNotModified()
                for name in ("ETag", "Cache-Control", "Last-Modified", "Vary"):
                    unchanged.headers[name] = response.headers[name]
                return unchanged
        return response

    def _by_content(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """ETag from the answer itself: for members, and for lists that no version covers."""
        user = getattr(request, "user", None)
        if isinstance(response, Response):
            response.render()
            user = response.renderer_context["request"].user  # type: ignore[attr-defined]  # set by finalize_response
        if not isinstance(response, HttpResponse):
            return response
        patch_vary_headers(response, ["Accept", "Cookie", "Authorization"])
        if response.status_code != 200:
            return response
        who = user.pk if user and user.is_authenticated else None
        digest = blake2b(repr(who).encode() + response.content, digest_size=15).hexdigest()
        etag = f'"{digest}"'
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "no-cache" if who is None else "private, no-cache"
        return get_conditional_response(request, etag=etag, response=response) or response

    # ------------------------------------------------------------------ limits
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Writes are counted by network address before anything is looked up, passwords included."""
        if request.method not in SAFE_METHODS:
            count_address(request._request)
        super().initial(request, *args, **kwargs)

    # ------------------------------------------------------------------ errors
    def get_exception_handler(self) -> Callable[..., Response | None]:
        return errors.handle

    # ------------------------------------------------------------------ lists and input
    def get_order(self) -> Sequence[str]:
        return self.order

    def page(
        self, request: Request, queryset: Any, represent: Callable[[Sequence[Any], Addresses], list[Any]]
    ) -> Response:
        """One page of rows, each list of rows represented at once."""
        return self.get_paginated_response(represent(self.rows(request, queryset), Addresses(request)))

    def rows(self, request: Request, queryset: Any) -> Sequence[Any]:
        rows: Sequence[Any] = self.paginator.paginate_queryset(queryset, request, view=self)  # type: ignore[union-attr,assignment]
        return rows

    def input(self, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """What was sent, checked in form. What it means is for the services to judge."""
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def submission_key(self) -> str | None:
        return clean_submission_key(self.request.headers.get("Idempotency-Key"))

    def once(self, kind: type[M], make: Callable[[], M]) -> M:
        """For what does not keep the key itself."""
        return once(kind, make, by=self.request.user, submission_key=self.submission_key())


__all__ = ["SeriesViewSet"]
