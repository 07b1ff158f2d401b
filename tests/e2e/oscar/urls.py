"""The shop under /open/, where the tests' site lets everything out, its files beside it."""

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.views import serve as static
from django.http import HttpResponse
from django.urls import include, path, re_path
from django.views.static import serve as media

urlpatterns = [
    path("healthz", lambda request: HttpResponse("ok")),
    re_path(r"^open/static/(?P<path>.*)$", static, {"insecure": True}),
    re_path(r"^open/media/(?P<path>.*)$", media, {"document_root": settings.MEDIA_ROOT}),
    path("i18n/", include("django.conf.urls.i18n")),
    path("open/", include(apps.get_app_config("oscar").urls[0])),
]
