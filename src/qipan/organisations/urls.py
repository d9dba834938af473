"""Addresses of organisations."""

from django.urls import path

from qipan.organisations import web

app_name = "organisations"
urlpatterns = [
    path("units", web.units, name="units"),
    path("units/key-list", web.key_list, name="key_list"),
    path("units/register", web.register, name="register"),
    path("units/<int:pk>", web.unit, name="unit"),
    path("units/<int:pk>/key-list", web.put_on_key_list, name="put_on_key_list"),
    path("regions", web.regions, name="regions"),
]
