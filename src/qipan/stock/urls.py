"""Addresses of stock."""

from django.urls import path

from qipan.stock import web, web_corrections

app_name = "stock"
urlpatterns = [
    path("stock", web.places, name="places"),
    path("stock.xlsx", web.workbook, name="workbook"),
    path("stock/corrections", web_corrections.corrections, name="corrections"),
    path("stock/open", web.open_store, name="open_store"),
    path("stock/<int:pk>", web.account, name="account"),
]
