"""Addresses of production."""

from django.urls import path

from qipan.production import web, web_field

app_name = "production"
urlpatterns = [
    path("production", web.days, name="days"),
    path("production.xlsx", web.workbook, name="workbook"),
    path("production/reporters", web.reporters, name="reporters"),
    path("production/import", web.load_file, name="import"),
    path("production/template.xlsx", web.template, name="template"),
    path("production/commissioners", web_field.commissioners, name="commissioners"),
    path("production/commissioners/<int:pk>/log", web_field.log, name="log"),
    path("production/tickets", web_field.tickets, name="tickets"),
    path("production/tickets/<int:pk>", web_field.ticket, name="ticket"),
    path("production/lines/new", web.register, name="register"),
    path("production/lines/<int:pk>", web.line, name="line"),
    path("production/lines/<int:pk>/report", web.report, name="report"),
]
