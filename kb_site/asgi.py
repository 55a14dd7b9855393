"""The door for the web server. The embedding model loads beside the first requests."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")

application = get_asgi_application()

from kb_site.warm_up import start_warm_up  # noqa: E402 - needs the applications to be set up

start_warm_up()
