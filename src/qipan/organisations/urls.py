"""Addresses of organisations."""

from django.urls import path

from qipan.organisations import web, web_people

app_name = "organisations"
urlpatterns = [
    path("units", web.units, name="units"),
    path("units/key-list", web.key_list, name="key_list"),
    path("units/register", web.register, name="register"),
    path("units/<int:pk>", web.unit, name="unit"),
    path("units/<int:pk>/list", web.put_on_list, name="put_on_list"),
    path("units/<int:pk>/key-list", web.put_on_key_list, name="put_on_key_list"),
    path("people", web_people.people, name="people"),
    path("people/<int:pk>", web_people.person, name="person"),
    path("regions", web.regions, name="regions"),
]
