"""Addresses of organisations."""

from django.urls import path

from qipan.organisations import web

app_name = "organisations"
urlpatterns = [
    path("units", web.units, name="units"),
    path("units/key-list", web.key_list, name="key_list"),
    path("units/<int:pk>", web.unit, name="unit"),
    path("regions", web.regions, name="regions"),
]
