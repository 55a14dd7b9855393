"""The site: settings, addresses, the task queue's application and the process supervisor."""

from kb_site.celery import app as celery_app

__all__ = ["celery_app"]
