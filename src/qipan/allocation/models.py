"""Tables of policies and batches."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from qipan.kernel import scope
from qipan.kernel.models import Fact

POOLS = ("plant", "own_reserve", "every_reserve", "import", "donation", "ministry")
"""What a batch may draw on: production, reserves of the provinces in need or of all, and the other kinds of store."""


class Policy(models.Model):
    """保障政策. A named, versioned rule of who comes first, with validity period and authority."""

    web_sees = scope.EVERYBODY
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    code = models.CharField(max_length=40)
    version = models.IntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    authority = models.CharField(max_length=160)
    pools = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="policy_version_once")]


class PolicyTier(models.Model):
    """保障档次. One tier: which needs it takes. The first tier whose every stated condition holds takes a need."""

    web_sees = scope.EVERYBODY
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="tiers")
    rank = models.SmallIntegerField()
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    regions = models.JSONField(default=list)  # [] = any
    zones = models.JSONField(default=list)  # [] = any
    is_key_unit = models.BooleanField(null=True)  # null = either
    weight_milli = models.IntegerField(default=1000)
    minimum_share_pct = models.SmallIntegerField(default=0)
    cap_pct = models.SmallIntegerField(default=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "rank"], name="tier_rank_once")]


class Batch(Fact):
    """调拨批次. A numbered batch; the number is unique and never reused, also when the batch is voided."""

    web_sees = scope.within("place_code") + (
        " OR EXISTS (SELECT FROM allocation_batchneed n WHERE n.batch_id = allocation_batch.id)"
    )
    tenant = models.IntegerField()
    number = models.IntegerField()
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateTimeField()
    deadline = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    place_code = models.CharField(max_length=12, blank=True)  # what it was planned for; "" is the nation
    frame = models.JSONField()
    inputs_sha256 = models.CharField(max_length=64)
    certificate = models.JSONField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="batch_number_once")]


class BatchInputs(Fact):
    """批次输入. The stocks, needs and ways a batch was planned from: with the batch's ``frame`` they are its inputs."""

    web_sees = scope.through(f"allocation_batch b WHERE b.id = batch_id AND ({scope.within('b.place_code')})")
    batch = models.OneToOneField(Batch, primary_key=True, on_delete=models.PROTECT, related_name="+")
    rows = models.JSONField()


class BatchNumber(models.Model):
    """批号. The last number given out per tenant."""

    web_sees = scope.EVERYBODY
    tenant = models.IntegerField(primary_key=True)
    last = models.IntegerField(default=0)


class BatchNeed(Fact):
    """批次需求. One need of a batch and what it got, with the reason."""

    web_sees = (
        f"{scope.within('region_code')} OR EXISTS"
        " (SELECT FROM allocation_batchline l WHERE l.batch_need_id = allocation_batchneed.id)"
    )
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="needs")
    position = models.IntegerField()
    place = models.ForeignKey("organisations.Place", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    zone_code = models.CharField(max_length=8)
    tier = models.SmallIntegerField()
    need = models.BigIntegerField()
    covered = models.BigIntegerField()
    given = models.BigIntegerField()
    level = models.FloatField()
    part = models.IntegerField()
    cause = models.CharField(max_length=24)
    reason = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="batch_need_once")]


class BatchLine(Fact):
    """批次行. So much of an item and lot from one store to one receiver for one need."""

    web_sees = f"{scope.within('region_code')} OR EXISTS (SELECT FROM stock_account a WHERE a.id = source_account)"
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines")
    number = models.IntegerField()
    batch_need = models.ForeignKey(BatchNeed, on_delete=models.PROTECT, related_name="lines")
    source_account = models.BigIntegerField()
    source_place = models.ForeignKey("organisations.Place", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)  # where it goes
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    lot = models.BigIntegerField(default=0)
    qty = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_line_once"),
            models.CheckConstraint(condition=Q(qty__gt=0), name="batch_line_qty"),
        ]


class BatchStep(Fact):
    """批次步骤. Planned, approved, issued or voided: by whom, when; each once."""

    web_sees = scope.through("allocation_batch b WHERE b.id = batch_id")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=8)
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "step"], name="batch_step_once"),
            models.CheckConstraint(
                condition=Q(step__in=("planned", "approved", "issued", "voided")), name="batch_step_known"
            ),
        ]


class LineHold(Fact):
    """行占用. The ledger's hold of an issued batch line."""

    web_sees = scope.through("allocation_batchline l WHERE l.id = line_id")
    line = models.OneToOneField(BatchLine, primary_key=True, on_delete=models.PROTECT, related_name="hold")
    hold = models.BigIntegerField(unique=True)
