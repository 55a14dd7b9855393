"""Addresses of the rules before and after the model."""

from django.urls import path

from chat.rules import views

urlpatterns = [
    path("settings/rules/", views.rules, name="rules"),
    path("settings/rules/try/", views.try_out, name="rules-try"),
    path("settings/rules/new/", views.choose, name="rule-choose"),
    path("settings/rules/new/<slug:kind>/", views.new, name="rule-new"),
    path("settings/rules/<int:rule_id>/", views.edit, name="rule"),
    path("settings/rules/<int:rule_id>/move/", views.move, name="rule-move"),
    path("settings/rules/<int:rule_id>/switch/", views.switch, name="rule-switch"),
    path("settings/rules/<int:rule_id>/delete/", views.delete, name="rule-delete"),
]
