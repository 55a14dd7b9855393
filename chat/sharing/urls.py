"""Addresses of shared links."""

from django.urls import path

from chat.sharing import views

urlpatterns = [
    path("chat/<uuid:conversation_id>/share/", views.share, name="chat-share"),
    path("chat/links/", views.links, name="chat-links"),
    path("chat/links/<int:link_id>/withdraw", views.withdraw, name="chat-link-withdraw"),
    path("shared/<str:token>/", views.shared, name="chat-shared"),
]
