"""The demo host's addresses: the app at the root, and what a host brings beside it."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from taggit.models import Tag as TaggitTag

from project.views import favicon, media
from scs_series.api.urls import NoEndpointView
from scs_series.conf import app_settings

# One door: the admin signs in where everybody does, under the same limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = f"{app_settings.SITE_NAME}: administration"
# The tags of taggit itself are not used here, and its page would be one more list called "tags".
admin.site.unregister(TaggitTag)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="scs_series:series-list"), name="home"),
    path("favicon.ico", favicon, name="favicon"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html"),
        name="api-docs",
    ),
    path("api/v1/", include("scs_series.api.urls")),
    # After everything else that is there under this prefix.
    path("api/v1/<path:address>", NoEndpointView.as_view()),
    path(f"{settings.MEDIA_URL.lstrip('/')}<path:path>", media, name="media"),
    path("", include("scs_series.urls")),
]
