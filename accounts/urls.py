from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("i18n/setlang/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="theme"),
    path("settings/", views.settings, name="settings"),
    path("settings/appearance/", views.save_appearance, name="appearance"),
    path("settings/password/", views.Password.as_view(), name="password"),
    path("settings/keys/", views.create_key, name="key-new"),
    path("settings/keys/<uuid:key_id>/revoke/", views.revoke_key, name="key-revoke"),
    path("settings/users/", views.create_user, name="user-new"),
]
