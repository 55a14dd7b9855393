"""Addresses of verified answers."""

from django.urls import path

from chat.verified import views

urlpatterns = [
    path("collections/<slug:slug>/verified/", views.listed, name="collection-verified"),
    path("collections/<slug:slug>/verified/new/", views.new, name="collection-verified-new"),
    path("answers/<uuid:message_id>/verify/", views.from_answer, name="chat-verify"),
    path("feedback/<uuid:feedback_id>/verify/", views.from_feedback, name="verified-from-feedback"),
    path("verified/<uuid:verified_id>/", views.edit, name="collection-verified-one"),
    path("verified/<uuid:verified_id>/confirm/", views.confirm, name="verified-confirm"),
    path("verified/<uuid:verified_id>/unpin/", views.unpin, name="verified-unpin"),
]
