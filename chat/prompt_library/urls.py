"""Addresses of the library of prompts and of the playground."""

from django.urls import path

from chat.prompt_library import editing_views, playground_views, version_views, views

urlpatterns = [
    path("prompts/", views.library, name="prompts"),
    path("prompts/new/", editing_views.new, name="prompt-write"),
    path("prompts/playground/", playground_views.playground, name="playground"),
    path("prompts/<slug:key>/", views.show, name="prompt"),
    path("prompts/<slug:key>/run", views.run, name="prompt-run"),
    path("prompts/<slug:key>/fill", views.fill, name="prompt-fill"),
    path("prompts/<slug:key>/copy", editing_views.copy, name="prompt-copy"),
    path("prompts/<int:template_id>/edit/", editing_views.edit, name="prompt-edit"),
    path("prompts/<int:template_id>/delete/", editing_views.delete, name="prompt-remove"),
    path("prompts/<int:template_id>/share", editing_views.share, name="prompt-share"),
    path("prompts/<int:template_id>/versions/", version_views.versions_page, name="prompt-versions"),
    path("prompts/<int:template_id>/versions/<int:number>/", version_views.version, name="prompt-version"),
    path(
        "prompts/<int:template_id>/versions/<int:number>/restore",
        version_views.restore,
        name="prompt-restore",
    ),
]
