"""Addresses of the catalogue."""

from django.urls import path

from qipan.catalogue import web

app_name = "catalogue"
urlpatterns = [
    path("catalogue/<str:code>/classes", web.classify, name="classify"),
    path("catalogue/<str:code>/control", web.control, name="control"),
    path("emergencies", web.emergencies, name="emergencies"),
    path("catalogue", web.materials, name="materials"),
    path("catalogue.xlsx", web.workbook, name="workbook"),
    path("catalogue/<str:code>", web.material, name="material"),
]
