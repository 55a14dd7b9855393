"""Addresses of the chat pages."""

from django.urls import path

from chat import views

urlpatterns = [
    path("chat/", views.conversations, name="chat-list"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="chat-conversation"),
    path("chat/<uuid:conversation_id>/ask", views.ask, name="chat-ask"),
    path("chat/<uuid:conversation_id>/settings", views.change, name="chat-change"),
    path("chat/<uuid:conversation_id>/delete", views.delete, name="chat-delete"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/stream", views.stream, name="chat-stream"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/stop", views.stop, name="chat-stop"),
    path("chat/<uuid:conversation_id>/messages/<uuid:message_id>/retry", views.retry, name="chat-retry"),
]
