"""Addresses beside the search page."""

from django.urls import path

from ingestion.views import synonyms, titles

urlpatterns = [
    path("search/titles/", titles.titles, name="search-titles"),
    path("collections/<slug:slug>/synonyms/", synonyms.synonyms, name="collection-synonyms"),
]
