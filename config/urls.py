from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.translation import gettext_lazy as _

from config import health, metrics, open_api, staff
from grants.api import CallList, GrantList

admin.site.site_header = admin.site.site_title = "RefugeesRise"
admin.site.index_title = _("Staff pages")
admin.site.unregister(Authenticator)  # allauth's own page of it shows the secret
admin.site.register(Authenticator, staff.SecondFactorAdmin)

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    path("staff/login/", staff.ToSignIn.as_view()),
    path("staff/r/<path:rest>", admin.site.admin_view(staff.no_shortcut)),
    path("staff/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", open_api.index, name="api"),
    path("api/schema/", open_api.schema, name="api-schema"),
    path("api/calls/", CallList.as_view(), name="api-calls"),
    path("api/grants/", GrantList.as_view(), name="api-grants"),
    path("", include("appeal.urls")),
    path("", include("donations.urls")),
    path("grants/", include("grants.urls")),
    path("", include("receipts.urls")),
    re_path(r"^api/[\s\S]+/$", open_api.nothing_here),
]
