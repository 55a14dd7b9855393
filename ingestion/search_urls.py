"""Addresses beside the search page."""

from django.urls import path

from ingestion.views import synonyms

urlpatterns = [
    path("collections/<slug:slug>/synonyms/", synonyms.synonyms, name="collection-synonyms"),
]
