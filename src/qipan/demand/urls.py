"""Addresses of need."""

from django.urls import path

from qipan.demand import web

app_name = "demand"
urlpatterns = [
    path("needs", web.gaps, name="gaps"),
    path("needs.xlsx", web.workbook, name="workbook"),
    path("needs/unread", web.unread, name="unread"),
    path("needs/voices", web.voices, name="voices"),
    path("needs/cases", web.cases, name="cases"),
    path("needs/import", web.load_file, name="import"),
    path("needs/template.xlsx", web.template, name="template"),
    path("needs/units/<int:pk>", web.unit, name="unit"),
]
