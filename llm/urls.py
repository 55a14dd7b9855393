from django.urls import path

from llm import views

urlpatterns = [
    path("settings/models/", views.models, name="models"),
    path("settings/models/new/", views.choose_kind, name="model-new"),
    path("settings/models/new/<slug:kind>/", views.new, name="model-new-of"),
    path("settings/models/default/", views.make_default, name="model-default"),
    path("settings/models/<slug:name>/", views.edit, name="model"),
    path("settings/models/<slug:name>/test/", views.test, name="model-test"),
    path("settings/models/<slug:name>/move/", views.move, name="model-move"),
    path("settings/models/<slug:name>/delete/", views.delete, name="model-delete"),
]
