from django.urls import path, register_converter
from django.urls.converters import StringConverter

from ingestion.views import (
    collections,
    document_actions,
    documents,
    downloads,
    index_card,
    people,
    runs,
    searching,
    uploads,
    welcome,
)


class ActionConverter(StringConverter):
    """What can be done to a document."""

    regex = "retry|cancel|delete"


class RunActionConverter(StringConverter):
    """What can be done to a run."""

    regex = "retry|cancel"


register_converter(ActionConverter, "action")
register_converter(RunActionConverter, "run_action")

urlpatterns = [
    path("", searching.search, name="search"),
    path("welcome/<str:token>/", welcome.welcome, name="welcome"),
    path("collections/", collections.collections, name="collections"),
    path("collections/new/", collections.new, name="collection-new"),
    path("collections/sample/load/", collections.load_sample, name="sample"),
    path("collections/<slug:slug>/", collections.collection, name="collection"),
    path("collections/<slug:slug>/pulse/", collections.pulse, name="collection-pulse"),
    path("collections/<slug:slug>/upload/", uploads.upload, name="collection-upload"),
    path("collections/<slug:slug>/bulk/", document_actions.ticked, name="collection-bulk"),
    path("collections/<slug:slug>/settings/", collections.edit, name="collection-settings"),
    path("collections/<slug:slug>/index/", index_card.build, name="collection-index"),
    path("collections/<slug:slug>/delete/", collections.delete, name="collection-delete"),
    path("collections/<slug:slug>/people/", people.people, name="collection-people"),
    path("collections/<slug:slug>/people/<int:member_id>/", people.change, name="member"),
    path("documents/<uuid:document_id>/", documents.document, name="document"),
    path("documents/<uuid:document_id>/status/", documents.status, name="document-status"),
    path("documents/<uuid:document_id>/file", downloads.file, name="document-file"),
    path("documents/<uuid:document_id>/passage/<str:chunk_id>/", documents.passage, name="passage"),
    path("documents/<uuid:document_id>/<action:action>/", document_actions.one, name="document-action"),
    path("runs/", runs.runs, name="runs"),
    path("runs/retry-failed/", document_actions.retry_failed, name="runs-retry-failed"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/<run_action:action>/", document_actions.run, name="run-action"),
]
