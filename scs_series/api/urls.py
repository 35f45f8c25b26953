"""The router: include these addresses, or register your own endpoints on a SeriesRouter beside them."""

from __future__ import annotations

from typing import Any

from rest_framework.routers import APIRootView, DefaultRouter

from scs_series.api.discussion import PostSet, ThreadSet
from scs_series.api.errors import handle
from scs_series.api.series import PartSet, SeriesSet
from scs_series.api.sources import SourceLinkSet, SourceSet
from scs_series.api.tagging import TagSet
from scs_series.api.viewsets import SeriesViewSet


class SeriesRootView(APIRootView):
    """Where everything is."""

    renderer_classes = SeriesViewSet.renderer_classes
    parser_classes = SeriesViewSet.parser_classes
    permission_classes = SeriesViewSet.permission_classes
    versioning_class = None
    metadata_class = None

    def get_exception_handler(self) -> Any:
        return handle


class SeriesRouter(DefaultRouter):
    """REST framework's router, for things known by two names: ``parts/<series>/<part>/``.

    A viewset says how one thing is found by ``lookup_path``, a Django path. No format suffixes: citation keys may
    hold dots.
    """

    include_format_suffixes = False
    APIRootView = SeriesRootView

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "use_regex_path": False})

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

urlpatterns = router.urls
