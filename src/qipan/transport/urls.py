"""Addresses of transport."""

from django.urls import path

from qipan.transport import web

app_name = "transport"
urlpatterns = [
    path("shipments", web.shipments, name="shipments"),
    path("shipments/<str:number>", web.shipment, name="shipment"),
    path("shipments/<str:number>/photos/<int:photo_id>.jpg", web.photo, name="photo"),
    path("shipments/<str:number>/step", web.step, name="step"),
    path("batches/<int:number>/load", web.load_batch, name="load_batch"),
]
