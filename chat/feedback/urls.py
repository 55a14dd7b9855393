"""Addresses of feedback."""

from django.urls import path

from chat.feedback import compare_views, golden_views, listing_views, views

urlpatterns = [
    path("answers/<uuid:message_id>/feedback/", views.rate, name="feedback-rate"),
    path("answers/<uuid:message_id>/feedback/details/", views.detail, name="feedback-detail"),
    path("answers/<uuid:message_id>/feedback/withdraw/", views.withdraw, name="feedback-withdraw"),
    path("answers/<uuid:message_id>/compare/", compare_views.compare, name="chat-compare"),
    path("answers/<uuid:message_id>/second/", compare_views.second, name="chat-second"),
    path("settings/my-feedback/", views.mine, name="feedback-mine"),
    path("settings/my-feedback/<str:kind>/<uuid:feedback_id>/remove/", views.remove, name="feedback-remove"),
    path("settings/feedback/", listing_views.ratings, name="feedback"),
    path("settings/feedback/comparisons/", listing_views.comparisons, name="feedback-comparisons"),
    path("settings/feedback/export/<str:kind>", listing_views.export, name="feedback-export"),
    path("settings/feedback/<uuid:feedback_id>/", listing_views.rating, name="feedback-one"),
    path(
        "settings/feedback/comparisons/<uuid:comparison_id>/",
        listing_views.comparison,
        name="feedback-comparison",
    ),
    path("evaluation/<uuid:set_id>/feedback/", golden_views.questions, name="golden-feedback"),
]
