"""Addresses of allocation."""

from django.urls import path

from qipan.allocation import web

app_name = "allocation"
urlpatterns = [
    path("batches", web.batches, name="batches"),
    path("policies", web.policies, name="policies"),
    path("batches/plan", web.plan, name="plan"),
    path("batches/<int:number>", web.batch, name="batch"),
    path("batches/<int:number>/what-if", web.what_if, name="what_if"),
    path("batches/<int:number>/step", web.step, name="step"),
    path("batches/<int:number>.xlsx", web.workbook, name="workbook"),
]
