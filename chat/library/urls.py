"""Addresses of the list of conversations."""

from django.urls import path

from chat.library import views

urlpatterns = [
    path("chat/all/", views.conversations, name="chat-all"),
    path("chat/archive/", views.archived, name="chat-archive"),
    path("chat/<uuid:conversation_id>/rename", views.rename, name="chat-rename"),
    path("chat/<uuid:conversation_id>/archive", views.archive, name="chat-put-away"),
    path("chat/<uuid:conversation_id>/delete", views.delete, name="chat-delete"),
]
