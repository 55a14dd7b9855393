"""Addresses of the chat pages and of the prompt templates."""

from django.urls import include, path

from chat import asked_views, export_views, prompt_views, tab_views, views

urlpatterns = [
    path("", include("chat.library.urls")),
    path("", include("chat.sharing.urls")),
    path("chat/", views.conversations, name="chat-list"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="chat-conversation"),
    path("chat/<uuid:conversation_id>/ask", views.ask, name="chat-ask"),
    path("chat/<uuid:conversation_id>/settings", views.change, name="chat-change"),
    path("chat/<uuid:conversation_id>/export", export_views.download, name="chat-export"),
    path("chat/<uuid:conversation_id>/state", tab_views.state, name="chat-state"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/", tab_views.turn, name="chat-turn"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/stream", views.stream, name="chat-stream"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/stop", views.stop, name="chat-stop"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/retry", views.retry, name="chat-retry"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/edit", views.edit, name="chat-edit"),
    path("", include("chat.insights.urls")),
    path("evaluation/<uuid:set_id>/asked/", asked_views.questions, name="golden-asked"),
    path("", include("chat.feedback.urls")),
    path("", include("chat.verified.urls")),
    path("", include("chat.widget.urls")),
    path("", include("chat.rules.urls")),
    path("", include("chat.prompt_library.urls")),
    path("settings/prompts/", prompt_views.prompts, name="answer-prompts"),
    path("settings/prompts/new/", prompt_views.new, name="prompt-new"),
    path("settings/prompts/import/", prompt_views.fetch, name="prompt-import"),
    path("settings/prompts/<int:template_id>/", prompt_views.edit, name="answer-prompt"),
    path("settings/prompts/<int:template_id>/delete/", prompt_views.delete, name="prompt-delete"),
]
