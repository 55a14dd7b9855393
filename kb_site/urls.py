"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from kb_site.api import api
from kb_site.health import healthz, readyz

handler400 = "kb_site.too_large.bad_request"

urlpatterns = [
    # First what programs ask often: Django tries one pattern after the other.
    path("api/v1/", api.urls),
    path("", include("ingestion.urls")),
    path("", include("ingestion.search_urls")),
    path("", include("chat.urls")),
    path("", include("accounts.urls")),
    path("", include("llm.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
]
