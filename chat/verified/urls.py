"""Addresses of verified answers."""

from django.urls import path

from chat.verified import views

urlpatterns = [
    path("collections/<slug:slug>/verified/", views.listed, name="verified-list"),
    path("collections/<slug:slug>/verified/new/", views.new, name="verified-new"),
    path("answers/<uuid:message_id>/verify/", views.from_answer, name="verified-from-answer"),
    path("feedback/<uuid:feedback_id>/verify/", views.from_feedback, name="verified-from-feedback"),
    path("verified/<uuid:verified_id>/", views.edit, name="verified"),
    path("verified/<uuid:verified_id>/confirm/", views.confirm, name="verified-confirm"),
    path("verified/<uuid:verified_id>/unpin/", views.unpin, name="verified-unpin"),
]
