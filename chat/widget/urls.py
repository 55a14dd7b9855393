"""Addresses of widgets: what other websites load, and the pages of the editors."""

from django.urls import path

from chat.widget import frame_views, views

_ONE = "collections/<slug:slug>/widgets/<uuid:widget_id>/"

urlpatterns = [
    path("widget/<uuid:widget_id>.js", frame_views.script, name="widget-script"),
    path("widget/<uuid:widget_id>/", frame_views.frame, name="widget-frame"),
    path("collections/<slug:slug>/widgets/", views.widgets, name="collection-widgets"),
    path(_ONE, views.widget, name="collection-widget"),
    path(f"{_ONE}preview/", views.preview, name="widget-preview"),
    path(f"{_ONE}switch/", views.switch, name="widget-switch"),
    path(f"{_ONE}delete/", views.delete, name="widget-delete"),
    path(f"{_ONE}conversations/", views.talks, name="widget-talks"),
    path(f"{_ONE}conversations/<uuid:conversation_id>/", views.talk, name="widget-talk"),
]
