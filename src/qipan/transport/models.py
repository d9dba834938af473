"""Tables of shipments."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from qipan.kernel import scope
from qipan.kernel.models import Fact


class Shipment(Fact):
    """运单. One load on one vehicle from one store to one receiver."""

    web_sees = scope.through("stock_account a WHERE a.id = road_account")
    tenant = models.IntegerField()
    number = models.CharField(max_length=20, unique=True)
    batch_number = models.IntegerField(null=True)
    source_account = models.BigIntegerField()
    road_account = models.BigIntegerField(unique=True)
    source_place = models.ForeignKey("organisations.Place", on_delete=models.PROTECT, related_name="+")
    consignee_place = models.ForeignKey("organisations.Place", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    vehicle = models.CharField(max_length=40)
    planned_arrival = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["batch_number"]), models.Index(fields=["region_code"])]


class Contact(models.Model):
    """联系人. Who drives, escorts or waits for a load: closed words and their masks, erased after ``keep_until``."""

    web_sees = scope.through("transport_shipment s WHERE s.id = shipment_id")
    web_rights = "SELECT, INSERT, UPDATE (closed, name_shown, phone_shown, erased_at)"
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="contacts")
    role = models.CharField(max_length=8)
    name_shown = models.CharField(max_length=10, blank=True)
    phone_shown = models.CharField(max_length=20, blank=True)
    closed = models.TextField(blank=True)
    keep_until = models.DateTimeField(db_index=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "role"], name="contact_once"),
            models.CheckConstraint(condition=Q(role__in=("driver", "escort", "receiver")), name="contact_role"),
        ]


class ShipmentNumber(models.Model):
    """运单号. The last number given out per tenant."""

    web_sees = scope.EVERYBODY
    tenant = models.IntegerField(primary_key=True)
    last = models.IntegerField(default=0)


class ShipmentLine(Fact):
    """运单行. What is on the load: an item, a lot, how much, and the hold it came from."""

    web_sees = scope.through("transport_shipment s WHERE s.id = shipment_id")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    number = models.IntegerField()
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    lot = models.BigIntegerField(default=0)
    qty = models.BigIntegerField()
    hold = models.BigIntegerField(null=True, unique=True)
    batch_line = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "number"], name="shipment_line_once"),
            models.CheckConstraint(condition=Q(qty__gt=0), name="shipment_line_qty"),
        ]


class ShipmentStep(Fact):
    """运单步骤. Departed, arrived or received: when it was, when we knew, who said so; each once."""

    web_sees = scope.through("transport_shipment s WHERE s.id = shipment_id")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=8)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    receiver = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "step"], name="shipment_step_once"),
            models.CheckConstraint(condition=Q(step__in=("departed", "arrived", "received")), name="shipment_step"),
        ]
        indexes = [models.Index(fields=["step", "at"])]


class ReceiptLine(Fact):
    """签收行. What the receiver counted of one line, and what is missing."""

    web_sees = scope.through("transport_shipmentline l WHERE l.id = line_id")
    line = models.OneToOneField(ShipmentLine, primary_key=True, on_delete=models.PROTECT, related_name="receipt")
    counted = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(counted__gte=0), name="receipt_counted")]


class Photo(Fact):
    """照片. What the receiver photographed of a load; its digest stands in the sealed trail."""

    web_sees = scope.through("transport_shipment s WHERE s.id = shipment_id")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="photos")
    jpeg = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
