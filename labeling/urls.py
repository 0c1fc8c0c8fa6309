"""Every URL of the site. Pages at the root, JSON under `/api/`."""

from django.contrib import admin
from django.urls import include, path

from labeling.accounts.views import admin_password_change, admin_sign_in
from labeling.web.health import healthz

handler400 = "labeling.web.api.bad_request"
handler404 = "labeling.web.api.not_found"
handler500 = "labeling.web.trouble.server_error"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/login/", admin_sign_in),  # both before the admin's own
    path("admin/password_change/", admin_password_change),
    path("admin/", admin.site.urls),
    path("", include("labeling.audit.urls")),
    path("", include("labeling.accounts.urls")),
    path("", include("labeling.accounts.allauth_urls")),
    path("", include("labeling.projects.urls")),
    path("", include("labeling.people.urls")),
    path("", include("labeling.images.urls")),
    path("", include("labeling.annotations.urls")),
    path("", include("labeling.suggestions.urls")),
    path("", include("labeling.review.urls")),
    path("", include("labeling.quality.urls")),
    path("", include("labeling.history.urls")),
    path("", include("labeling.figures.urls")),
    path("", include("labeling.exchange.urls")),
    path("", include("labeling.inbox.urls")),
    path("", include("labeling.pages.urls")),
    path("api/", include("labeling.api.urls")),
]
