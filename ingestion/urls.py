from django.urls import path, register_converter
from django.urls.converters import StringConverter

from ingestion.recommend import views as recommend_views
from ingestion.views import (
    collections,
    crawls,
    document_actions,
    documents,
    downloads,
    folder_source,
    golden_questions,
    golden_runs,
    golden_sets,
    golden_try,
    index_card,
    originals,
    passages,
    people,
    runs,
    searching,
    sources,
    split_preview,
    tags,
    uploads,
    web_pages,
    web_source,
    welcome,
)


class ActionConverter(StringConverter):
    """What can be done to a document."""

    regex = "retry|cancel|delete|reread|keep"


class SourceActionConverter(StringConverter):
    """What can be done with a source."""

    regex = "pause|resume|sync|empty|stop"


class RunActionConverter(StringConverter):
    """What can be done to a run."""

    regex = "retry|cancel"


class ExportConverter(StringConverter):
    """The kinds of file that a crawl's pages are exported to."""

    regex = "csv|json"


class GoldenActionConverter(StringConverter):
    """What can be done to a run of a golden set."""

    regex = "cancel|delete|repeat"


class GoldenExportConverter(StringConverter):
    """The kinds of file that golden sets are exported to."""

    regex = "csv|jsonl"


register_converter(ActionConverter, "action")
register_converter(GoldenActionConverter, "golden_action")
register_converter(GoldenExportConverter, "golden_export")
register_converter(RunActionConverter, "run_action")
register_converter(SourceActionConverter, "source_action")
register_converter(ExportConverter, "export")

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
    path("collections/<slug:slug>/tag/", tags.ticked, name="collection-tag"),
    path("collections/<slug:slug>/settings/", collections.edit, name="collection-settings"),
    path("collections/<slug:slug>/preview/", split_preview.preview, name="collection-preview"),
    path(
        "collections/<slug:slug>/preview/documents/",
        split_preview.documents,
        name="collection-preview-documents",
    ),
    path("collections/<slug:slug>/index/", index_card.build, name="collection-index"),
    path("collections/<slug:slug>/delete/", collections.delete, name="collection-delete"),
    path("collections/<slug:slug>/people/", people.people, name="collection-people"),
    path("collections/<slug:slug>/people/<int:member_id>/", people.change, name="member"),
    path("collections/<slug:slug>/sources/", sources.list_of, name="collection-sources"),
    path("collections/<slug:slug>/sources/new/", folder_source.new, name="source-new"),
    path("collections/<slug:slug>/sources/count/", folder_source.count, name="source-count"),
    path("collections/<slug:slug>/sources/web/", web_source.new, name="web-source-new"),
    path("collections/<slug:slug>/sources/web/look/", web_source.look, name="web-source-look"),
    path("pages/add/", web_pages.add, name="page-add"),
    path("sources/<uuid:source_id>/", sources.one, name="source"),
    path("sources/<uuid:source_id>/state/", sources.state, name="source-state"),
    path("sources/<uuid:source_id>/edit/", sources.edit, name="source-edit"),
    path("sources/<uuid:source_id>/look/", web_source.look_again, name="source-look"),
    path("sources/<uuid:source_id>/crawls/<int:crawl_id>.<export:kind>", crawls.export, name="crawl-export"),
    path("sources/<uuid:source_id>/delete/", sources.delete, name="source-delete"),
    path("sources/<uuid:source_id>/<source_action:action>/", sources.act, name="source-action"),
    path("documents/<uuid:document_id>/", documents.document, name="document"),
    path("documents/<uuid:document_id>/status/", documents.status, name="document-status"),
    path("documents/<uuid:document_id>/file", downloads.file, name="document-file"),
    path("documents/<uuid:document_id>/tags/", tags.one, name="document-tags"),
    path("documents/<uuid:document_id>/original/", originals.original, name="document-original"),
    path("documents/<uuid:document_id>/pages/<int:number>.png", originals.page_picture, name="page-picture"),
    path("documents/<uuid:document_id>/passages/add/", passages.add, name="passage-add"),
    path("documents/<uuid:document_id>/passages/changes/", passages.changes, name="passage-changes"),
    path("documents/<uuid:document_id>/passages/<str:chunk_id>/edit/", passages.edit, name="passage-edit"),
    path(
        "documents/<uuid:document_id>/passages/<str:chunk_id>/off/", passages.disable, name="passage-disable"
    ),
    path("documents/<uuid:document_id>/edits/<uuid:edit_id>/undo/", passages.undo, name="passage-undo"),
    path(
        "documents/<uuid:document_id>/edits/<uuid:edit_id>/dismiss/", passages.dismiss, name="passage-dismiss"
    ),
    path("documents/<uuid:document_id>/edits/<uuid:edit_id>/place/", passages.place, name="passage-place"),
    path("documents/<uuid:document_id>/passage/<str:chunk_id>/", documents.passage, name="passage"),
    path("documents/<uuid:document_id>/<action:action>/", document_actions.one, name="document-action"),
    path("documents/<uuid:document_id>/replace/", document_actions.replace, name="document-replace"),
    path("collections/<slug:slug>/settings/try/", golden_try.try_settings, name="collection-try"),
    path("evaluation/", golden_sets.evaluation, name="evaluation"),
    path("evaluation/right/", golden_questions.mark, name="golden-mark"),
    path("evaluation/runs/<uuid:run_id>/", golden_runs.one, name="golden-run"),
    path("evaluation/runs/<uuid:run_id>/<golden_action:action>/", golden_runs.act, name="golden-run-action"),
    path("evaluation/<uuid:set_id>/", golden_sets.one, name="golden-set"),
    path("evaluation/<uuid:set_id>/rename/", golden_sets.rename, name="golden-rename"),
    path("evaluation/<uuid:set_id>/delete/", golden_sets.delete, name="golden-delete"),
    path("evaluation/<uuid:set_id>/import/", golden_sets.bring, name="golden-import"),
    path("evaluation/<uuid:set_id>/match/", golden_sets.match, name="golden-match"),
    path("evaluation/<uuid:set_id>/export.<golden_export:kind>", golden_sets.export, name="golden-export"),
    path("evaluation/<uuid:set_id>/runs/", golden_runs.start, name="golden-start"),
    path("evaluation/<uuid:set_id>/live/", golden_runs.live, name="golden-live"),
    path("evaluation/<uuid:set_id>/compare/", golden_runs.comparison, name="golden-compare"),
    path("evaluation/<uuid:set_id>/questions/", golden_questions.add, name="golden-question-add"),
    path(
        "evaluation/<uuid:set_id>/questions/<int:question_id>/",
        golden_questions.edit,
        name="golden-question",
    ),
    path(
        "evaluation/<uuid:set_id>/questions/<int:question_id>/right/",
        golden_questions.right,
        name="golden-right",
    ),
    path(
        "evaluation/<uuid:set_id>/questions/<int:question_id>/remove/",
        golden_questions.remove,
        name="golden-remove",
    ),
    path("for-you/", recommend_views.start, name="for-you"),
    path("settings/reading/", recommend_views.reading, name="reading"),
    path("collections/<slug:slug>/subscribe/", recommend_views.subscribe, name="subscribe"),
    path("runs/", runs.runs, name="runs"),
    path("runs/retry-failed/", document_actions.retry_failed, name="runs-retry-failed"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/<run_action:action>/", document_actions.run, name="run-action"),
]
