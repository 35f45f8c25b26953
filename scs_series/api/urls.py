"""The router: include these addresses, or register your own endpoints on a SeriesRouter beside them."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from rest_framework.request import Request
from rest_framework.routers import APIRootView, DefaultRouter, Route
from rest_framework.views import APIView

from scs_series.api.discussion import PostSet, ThreadSet
from scs_series.api.errors import NotThere, handle
from scs_series.api.members import MemberSet
from scs_series.api.notifications import NotificationSet
from scs_series.api.own import BlockSet, BookmarkSet, DraftSet, PreferencesSet, SubscriptionSet
from scs_series.api.series import PartSet, SeriesSet
from scs_series.api.sources import SourceLinkSet, SourceSet
from scs_series.api.tagging import TagSet
from scs_series.api.viewsets import SeriesViewSet
from scs_series.api.writing import CompletionSet, PreviewSet, UploadSet


class SeriesRootView(APIRootView):
    """Where everything is."""

    renderer_classes = SeriesViewSet.renderer_classes
    parser_classes = SeriesViewSet.parser_classes
    permission_classes = SeriesViewSet.permission_classes
    versioning_class = None
    metadata_class = None

    def get_exception_handler(self) -> Any:
        return handle


class NoEndpointView(APIView):
    """An address under the API that nothing has, told in the API's own shape and not by a page.

    A host puts it last of all it has under the API's prefix; among the addresses below it would hide what a host
    puts beside them. Nobody is asked who they are: the answer is the same for all.
    """

    renderer_classes = SeriesViewSet.renderer_classes
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    versioning_class = None
    schema = None

    def get_exception_handler(self) -> Any:
        return handle

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # CommonMiddleware would do this, did not this view take every address.
        if request.method in ("GET", "HEAD") and _is_there_with_slash(request):
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotThere


def _is_there_with_slash(request: HttpRequest) -> bool:
    if not settings.APPEND_SLASH or request.path_info.endswith("/"):
        return False
    try:
        match = resolve(f"{request.path_info}/", getattr(request, "urlconf", None))
    except Resolver404:
        return False
    return getattr(match.func, "cls", None) is not NoEndpointView


class SeriesRouter(DefaultRouter):
    """REST framework's router, for things known by two names: ``parts/<series>/<part>/``.

    A viewset says how one thing is found by ``lookup_path``, a Django path. No format suffixes: citation keys may
    hold dots.
    """

    include_format_suffixes = False
    APIRootView = SeriesRootView

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "use_regex_path": False})

    def get_routes(self, viewset: Any) -> list[Any]:
        """Of what there is one of (``single_mapping``), the address of the list is the thing's own."""
        routes = super().get_routes(viewset)
        mapping = getattr(viewset, "single_mapping", None)
        if mapping is None:
            return routes
        route = cast("Route", self.routes[0])
        own = [found for found in routes if not found.detail and "{url_path}" not in found.url][1:]
        return [route._replace(mapping=mapping, initkwargs={"suffix": "Instance"}), *own]

    def get_lookup_regex(self, viewset: Any, lookup_prefix: str = "") -> str:
        path: str | None = getattr(viewset, "lookup_path", None)
        return path or str(super().get_lookup_regex(viewset, lookup_prefix))


app_name = "scs_series_api"

router = SeriesRouter()
router.register("series", SeriesSet, basename="series")
router.register("parts", PartSet, basename="part")
router.register("threads", ThreadSet, basename="thread")
router.register("posts", PostSet, basename="post")
router.register("sources", SourceSet, basename="source")
router.register("source-links", SourceLinkSet, basename="sourcelink")
router.register("tags", TagSet, basename="tag")
router.register("members", MemberSet, basename="member")
router.register("notifications", NotificationSet, basename="notification")
router.register("preferences", PreferencesSet, basename="preferences")
router.register("subscriptions", SubscriptionSet, basename="subscription")
router.register("bookmarks", BookmarkSet, basename="bookmark")
router.register("drafts", DraftSet, basename="draft")
router.register("blocks", BlockSet, basename="block")
router.register("preview", PreviewSet, basename="preview")
router.register("uploads", UploadSet, basename="upload")
router.register("completions", CompletionSet, basename="completion")

urlpatterns = router.urls
