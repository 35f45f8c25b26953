"""What the editor asks for: markdownx's preview and upload, behind login, limits and our own renderer; completions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from scs_series.exceptions import InvalidInput, NotAllowed, RateLimited, SeriesError
from scs_series.models import Series, Thread
from scs_series.policies import policy
from scs_series.services import uploads, writing
from scs_series.services.completions import Kind, complete, count_completion
from scs_series.text import Profile
from scs_series.views.finding import number_in


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """POST ``content`` (with ``series`` for citations, ``thread`` for its posts, ``profile`` part or post); answers HTML, as markdownx does."""
    if not policy.can_preview(request.user):
        return HttpResponse(str(NotAllowed.message), status=403, content_type="text/plain; charset=utf-8")
    try:
        slug = request.POST.get("series", "").replace("\x00", "")
        series = Series.objects.visible_to(request.user).filter(slug=slug).first() if slug else None
        number = number_in(request.POST.get("thread"))
        thread = Thread.objects.visible_to(request.user).filter(pk=number).first() if number else None
        return HttpResponse(
            writing.preview_for(
                by=request.user,
                body=request.POST.get("content", ""),
                series=series,
                as_part=request.POST.get("profile") == Profile.PART.value,
                thread=thread,
            )
        )
    except SeriesError as error:
        return _plain(error)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """POST ``image``; answers ``{"image_code": "![…](…)"}``, as markdownx does."""
    if not policy.can_upload(request.user):
        return JsonResponse({"detail": str(NotAllowed.message), "code": NotAllowed.code}, status=403)
    file = request.FILES.get("image")
    try:
        if file is None:
            raise InvalidInput(_("Choose an image to send."), code="no_image", field="image")
        address = uploads.store_image(file=file, by=request.user)
    except SeriesError as error:
        return _json(error)
    return JsonResponse({"image_code": f"![{_('Describe the image')}]({address})"})


@require_GET
def completions(request: HttpRequest) -> HttpResponse:
    """GET ``kind`` (name, tag or source) and ``q``, what is typed of it, with ``thread`` and ``series``, where.

    Answers ``{"completions": [{"insert": "@name", "label": …, "detail": …}, …]}``.
    """
    try:
        count_completion(by=request.user)
        if request.GET.get("kind") not in set(Kind):
            raise InvalidInput(_("Ask for names, tags or sources."), code="unknown_kind", field="kind")
        number = number_in(request.GET.get("thread"))
        slug = request.GET.get("series", "").replace("\x00", "")
        found = complete(
            kind=Kind(request.GET["kind"]),
            typed=request.GET.get("q", ""),
            by=request.user,
            thread=Thread.objects.visible_to(request.user)
            .select_related("part__series")
            .filter(pk=number)
            .first()
            if number
            else None,
            series=Series.objects.visible_to(request.user).filter(slug=slug).first() if slug else None,
        )
    except SeriesError as error:
        response = _json(error)
    else:
        response = JsonResponse({"completions": found})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _status(error: SeriesError) -> int:
    return 429 if isinstance(error, RateLimited) else 403 if isinstance(error, NotAllowed) else 400


def _plain(error: SeriesError) -> HttpResponse:
    response = HttpResponse(str(error), status=_status(error), content_type="text/plain; charset=utf-8")
    return _with_retry(response, error)


def _json(error: SeriesError) -> HttpResponse:
    return _with_retry(JsonResponse({"detail": str(error), "code": error.code}, status=_status(error)), error)


def _with_retry(response: HttpResponse, error: SeriesError) -> HttpResponse:
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
