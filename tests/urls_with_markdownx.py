"""A host that includes markdownx's own addresses, against the advice."""

from django.urls import include, path

urlpatterns = [path("markdownx/", include("markdownx.urls")), path("", include("scs_series.urls"))]
