"""Addresses of the return to work."""

from django.urls import path

from qipan.resumption import web, web_checks, web_permits

app_name = "resumption"
urlpatterns = [
    path("resumption", web.progress, name="progress"),
    path("resumption/firms", web.firms, name="firms"),
    path("resumption/firms/<int:pk>", web.firm, name="firm"),
    path("resumption/firms/<int:pk>/check", web_checks.check, name="check"),
    path("resumption/exemptions", web.exemptions, name="exemptions"),
    path("resumption/checklists", web_checks.checklists, name="checklists"),
    path("resumption/checklists/template.xlsx", web_checks.template, name="template"),
    path("resumption/permits", web_permits.permits, name="permits"),
    path("resumption/permits/<int:pk>", web_permits.permit, name="permit"),
]
