"""Tables of need, in its voices."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from qipan.kernel import scope
from qipan.kernel.models import Fact

OF_THE_UNIT = scope.through(
    f"organisations_organisation o WHERE o.id = organisation_id AND ({scope.within('o.region_id')})"
)


class NeedReport(Fact):
    """需求上报. One statement of a unit about one item: added, changed or removed; no number is no number."""

    web_sees = OF_THE_UNIT
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", null=True, on_delete=models.PROTECT, related_name="+")
    item_text = models.CharField(max_length=80)
    zone_code = models.CharField(max_length=8, blank=True)
    change = models.CharField(max_length=8)  # added | changed | removed
    quantity = models.BigIntegerField(null=True)
    unit_text = models.CharField(max_length=20, blank=True)
    specification = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    source = models.CharField(max_length=120)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(change__in=("added", "changed", "removed")), name="need_change"),
            models.CheckConstraint(condition=Q(quantity__isnull=True) | Q(quantity__gt=0), name="need_quantity"),
        ]
        indexes = [models.Index(fields=["organisation", "item_text", "at"]), models.Index(fields=["at"])]


class Remark(Fact):
    """说明. What a unit said beside its need: stock on hand, state, time, how to deliver; as it was said."""

    web_sees = OF_THE_UNIT
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)  # stock | status | time | transport
    material = models.ForeignKey("catalogue.Material", null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(null=True)
    unit_text = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    source = models.CharField(max_length=160)


class UnreadText(Fact):
    """待核文字. A piece of a file that could not be read for certain and waits for a person."""

    web_sees = OF_THE_UNIT
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=120)
    row = models.IntegerField()
    column = models.CharField(max_length=40)
    cell = models.TextField()
    start = models.IntegerField()
    end = models.IntegerField()
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()
    known_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "row", "column", "start", "end"], name="unread_once")]


class UnreadSettled(Fact):
    """核实. What a person decided about an unread text."""

    web_sees = scope.through("demand_unreadtext t WHERE t.id = unread_id")
    unread = models.OneToOneField(UnreadText, primary_key=True, on_delete=models.PROTECT, related_name="settled")
    decision = models.CharField(max_length=300)
    actor_id = models.BigIntegerField()
    at = models.DateTimeField()
    known_at = models.DateTimeField()


VOICES = ("official", "burn_rate", "scenario")


class PlaceNeed(Fact):
    """区域需求. A need per day said about a place, by voice: published, estimated from use, or of a scenario."""

    web_sees = scope.within("region_id")
    voice = models.CharField(max_length=10)
    region = models.ForeignKey("organisations.Region", on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    quantity_day = models.BigIntegerField()
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    source = models.CharField(max_length=200)
    scope = models.CharField(max_length=300, blank=True)
    actor_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(voice__in=VOICES), name="place_need_voice"),
            models.CheckConstraint(condition=Q(quantity_day__gt=0), name="place_need_quantity"),
        ]
        indexes = [models.Index(fields=["region", "material", "at"])]


class ApprovedNeed(Fact):
    """核定需求. What the health authority approved for a unit, item and use zone, per day; a new row replaces."""

    web_sees = OF_THE_UNIT
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    zone_code = models.CharField(max_length=8)
    quantity_day = models.BigIntegerField()
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    ground = models.CharField(max_length=200)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity_day__gte=0), name="approved_quantity")]
        indexes = [models.Index(fields=["organisation", "material", "zone_code", "at"])]


class ShortageGrade(models.Model):
    """紧缺等级. A grade of the official scale and the days of cover from which it holds."""

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=10, primary_key=True)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60)
    cover_days_min = models.DecimalField(max_digits=6, decimal_places=2)
    state = models.CharField(max_length=8)
    authority = models.CharField(max_length=160)


class CaseCount(Fact):
    """病例. Cumulative counts of a region as published; a later row may be lower: that is a revision."""

    web_sees = scope.EVERYBODY
    region_code = models.CharField(max_length=14)
    at = models.DateTimeField()
    confirmed = models.IntegerField()
    active = models.IntegerField(null=True)
    is_revision = models.BooleanField(default=False)
    quality = models.CharField(max_length=200, blank=True)
    known_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region_code", "at", "known_at"], name="case_count_once")]
