"""Addresses of the pages of insights."""

from django.urls import path

from chat.insights import views

urlpatterns = [
    path("documents/<uuid:document_id>/insights/", views.of_document, name="document-insights"),
    path("insights/", views.materials, name="insights"),
    path("insights/<uuid:material_id>/", views.of_material, name="material"),
    path("insights/<uuid:material_id>/delete/", views.delete_material, name="material-delete"),
    path("insights/results/<uuid:insight_id>/", views.one, name="insight"),
    path("insights/results/<uuid:insight_id>/file", views.file, name="insight-file"),
    path("insights/results/<uuid:insight_id>/redo/", views.redo, name="insight-redo"),
    path("insights/results/<uuid:insight_id>/stop/", views.stop, name="insight-stop"),
    path("insights/results/<uuid:insight_id>/delete/", views.delete, name="insight-delete"),
]
