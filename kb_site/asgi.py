"""The door for the web server. The embedding model loads beside the first requests."""

import os
from typing import cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 - the rest needs the applications to be set up

from ingestion.recommend import noting  # noqa: E402
from kb_site.body_limit import App, BodyLimit  # noqa: E402
from kb_site.request_threads import RequestHandler  # noqa: E402
from kb_site.warm_up import keep_models_loaded, start_warm_up  # noqa: E402

application = BodyLimit(
    cast(App, RequestHandler()),
    form_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    upload_bytes=settings.MAX_REQUEST_MB * 2**20,
    session_cookie=settings.SESSION_COOKIE_NAME,
)

warming = start_warm_up(searches=True)
keep_models_loaded()
noting.start()
