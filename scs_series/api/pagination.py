"""Lists by key: ``next``, ``previous``, ``results``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from scs_series.api.parameters import Asked
from scs_series.conf import app_settings
from scs_series.exceptions import BadCursor
from scs_series.keyset import KeysetPage, first_page, keyset_page


class KeysetPagination(BasePagination):
    """``scs_series.keyset`` for REST framework. The view says the order: ``get_order()``, unique in the end."""

    cursor_param = "cursor"
    size_param = "page_size"
    #: Parameters that say where to begin; a cursor says more.
    start_params: Sequence[str] = ("from", "from_date")

    next_url: str | None = None
    previous_url: str | None = None

    def paginate_queryset(  # type: ignore[override]  # a list is not walked by key
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.size = self.size_of(request)
        cursor = request.query_params.get(self.cursor_param)
        if cursor is not None and "\x00" in cursor:
            raise BadCursor
        order: Sequence[str] = view.get_order()  # type: ignore[union-attr]
        return self._shown(request, keyset_page(queryset, order=order, cursor=cursor or None, size=self.size))

    def first(self, request: Request, found: Sequence[Any], order: Sequence[str]) -> list[Any]:
        """The first page of rows read already: one more than a page of them where there are more."""
        return self._shown(request, first_page(found, order=order, size=self.size_of(request)))

    def _shown(self, request: Request, page: KeysetPage[Any]) -> list[Any]:
        if page.next or page.previous:
            here = request.build_absolute_uri()
            for name in self.start_params:
                here = remove_query_param(here, name)
            self.next_url = replace_query_param(here, self.cursor_param, page.next) if page.next else None
            self.previous_url = (
                replace_query_param(here, self.cursor_param, page.previous) if page.previous else None
            )
        return page.items

    def size_of(self, request: Request) -> int:
        """What is asked for, at most API_MAX_PAGE_SIZE."""
        size: int = Asked(request).number(self.size_param) or app_settings.API_PAGE_SIZE
        return min(size, int(app_settings.API_MAX_PAGE_SIZE))

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next_url, "previous": self.previous_url, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "Address of the page after this one; null at the end."},
                "previous": {
                    **link,
                    "description": "Address of the page before this one; null at the beginning.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {
                "name": self.cursor_param, "in": "query", "required": False,
                "description": "Where to go on, as `next` and `previous` of another answer have it.",
                "schema": {"type": "string", "maxLength": 600},
            },
            {
                "name": self.size_param, "in": "query", "required": False,
                "description": "Rows in an answer. More than the server gives is answered with what it gives.",
                "schema": {"type": "integer", "minimum": 1, "default": app_settings.API_PAGE_SIZE},
            },
        ]  # fmt: skip


__all__ = ["KeysetPagination"]
