"""The search room as a Django application. It has no tables of its own."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"
    label = "search"
