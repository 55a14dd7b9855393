"""Addresses beside the search page."""

from django.urls import path

from ingestion.views import saved, synonyms, titles

urlpatterns = [
    path("search/titles/", titles.titles, name="search-titles"),
    path("search/saved/", saved.save, name="search-save"),
    path("search/saved/<int:saved_id>/", saved.change, name="search-saved"),
    path("collections/<slug:slug>/synonyms/", synonyms.synonyms, name="collection-synonyms"),
]
