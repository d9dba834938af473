"""Tables of the ledger, written by the functions of ``functions.sql`` alone, and the corrections that wait."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from qipan.kernel import scope
from qipan.kernel.models import Fact

ACCOUNT_KINDS = ("store", "awaiting", "road", "seized", "source", "sink")
KINDS = (
    "opening",
    "output",
    "release",
    "supply",
    "depart",
    "receive",
    "return",
    "use",
    "count",
    "implied",
    "loss",
    "reversal",
)
OWN_OR_OUTSIDE = f"{scope.within('region_code', 'origin_code')} OR (region_code = '' AND {scope.SEES_ANYTHING})"
"""What is outside the books, such as what was used up, lies in no division and is seen by all."""
INSIDE = "(SELECT a.id FROM stock_account a WHERE a.region_code <> '')"
BASES = ("recorded", "published", "implied", "simulated")


class Ledger(models.Model):
    """A table of the ledger: the web role may only read it."""

    web_rights = "SELECT"

    class Meta:
        abstract = True


class Account(Ledger):
    """账户. Where a quantity can be. Stores, what awaits release (待放行), roads and what was seized
    have balances; sources and sinks are outside."""

    web_sees = OWN_OR_OUTSIDE
    tenant = models.IntegerField()
    kind = models.CharField(max_length=8)
    code = models.CharField(max_length=60, unique=True)
    place = models.ForeignKey("organisations.Place", null=True, on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12, blank=True)
    origin_code = models.CharField(max_length=12, blank=True)  # of a road: the division the goods come from
    known_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ACCOUNT_KINDS), name="account_kind"),
        ]
        indexes = [models.Index(fields=["region_code", "kind"])]


class Lot(Ledger):
    """产品批号. A producer's lot of one item, with its expiry; lot 0 is "no lot stated"."""

    web_sees = scope.EVERYBODY
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["material", "number"], name="lot_once")]


class Posting(Ledger):
    """记账. One call to the ledger: its key, its person and the digest of its body."""

    web_sees = scope.EVERYBODY
    idem = models.UUIDField(primary_key=True)
    tenant = models.IntegerField()
    actor = models.BigIntegerField()
    body_sha256 = models.BinaryField()
    recorded_at = models.DateTimeField()


class Hold(Ledger):
    """占用. A quantity of a store that is promised and not yet gone."""

    web_sees = scope.through("stock_account a WHERE a.id = account_id")
    tenant = models.IntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    lot = models.BigIntegerField(default=0)
    qty = models.BigIntegerField()
    document = models.CharField(max_length=60)
    actor = models.BigIntegerField()
    idem = models.UUIDField()
    line = models.IntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0), name="hold_qty"),
            models.UniqueConstraint(fields=["idem", "line"], name="hold_once"),
        ]
        indexes = [models.Index(fields=["document"])]


class Movement(Ledger):
    """移动. A quantity of one item and lot goes from one account to another."""

    web_sees = scope.through(
        "stock_account a WHERE a.id = dst_id AND a.region_code <> ''",
        "stock_account a WHERE a.id = src_id AND a.region_code <> ''",
    )
    web_reads = scope.among(f"dst_id IN {INSIDE}", f"src_id IN {INSIDE}")
    tenant = models.IntegerField()
    kind = models.CharField(max_length=10)
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    lot = models.BigIntegerField(default=0)
    src = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    dst = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    qty = models.BigIntegerField()
    hold = models.BigIntegerField(null=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=10)
    document = models.CharField(max_length=60)
    actor = models.BigIntegerField()
    idem = models.UUIDField()
    line = models.IntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0), name="movement_qty"),
            models.CheckConstraint(condition=~Q(src=F("dst")), name="movement_goes_somewhere"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="movement_kind"),
            models.CheckConstraint(condition=Q(basis__in=BASES), name="movement_basis"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="movement_reversal",
            ),
            models.UniqueConstraint(fields=["idem", "line"], name="movement_once"),
        ]
        indexes = [
            models.Index(fields=["occurred_at"]),
            models.Index(fields=["material", "occurred_at"]),
            models.Index(fields=["dst", "material"]),
            models.Index(fields=["src", "material"]),
            models.Index(fields=["document"]),
        ]


class HoldEnd(Ledger):
    """占用终结. How a hold ended, once: posted with a movement, voided or expired."""

    web_sees = scope.through("stock_hold h WHERE h.id = hold_id")
    hold = models.OneToOneField(Hold, primary_key=True, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=8)
    idem = models.UUIDField()
    actor = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(how__in=("posted", "voided", "expired")), name="hold_end_how")
        ]


class Balance(Ledger):
    """余额. What an account has of an item and lot now, and how much of it is promised."""

    web_sees = scope.through("stock_account a WHERE a.id = account_id")
    pk = models.CompositePrimaryKey("account_id", "material_id", "lot")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    lot = models.BigIntegerField(default=0)
    onhand = models.BigIntegerField()
    held = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(held__gte=0) & Q(onhand__gte=F("held")), name="balance_not_oversold")
        ]


class Snapshot(Ledger):
    """快照. What was where at ``at``, of the first ``n`` leaves of the log, the last of them sealed at ``known_to``."""

    web_sees = scope.EVERYBODY
    at = models.DateTimeField()
    n = models.BigIntegerField()
    known_to = models.DateTimeField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["at", "n"], name="snapshot_once")]


class Late(Ledger):
    """迟到的移动. A movement that was sealed after a snapshot of a later instant had been kept; ``n`` is its leaf."""

    web_sees = scope.EVERYBODY
    n = models.BigIntegerField(primary_key=True)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField(db_index=True)


class SnapshotRow(Ledger):
    """One account, item and lot of a snapshot; rows that came to nothing stand too."""

    web_sees = scope.through("stock_account a WHERE a.id = account_id")
    pk = models.CompositePrimaryKey("snapshot_id", "account_id", "material_id", "lot")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.BigIntegerField()
    onhand = models.BigIntegerField()
    is_simulated = models.BooleanField()


class Correction(Fact):
    """更正申请. A write-off or a booking back that somebody proposed; it is booked when a second person confirms it."""

    web_sees = scope.within("region_code")
    tenant = models.IntegerField()
    kind = models.CharField(max_length=10)  # write_off | reversal
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    lot = models.BigIntegerField(default=0)
    qty = models.BigIntegerField()
    movement = models.ForeignKey(Movement, null=True, on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    is_controlled = models.BooleanField()
    reason = models.CharField(max_length=300)
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    known_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("write_off", "reversal")), name="correction_kind"),
            models.CheckConstraint(condition=Q(qty__gt=0), name="correction_qty"),
            models.CheckConstraint(
                condition=Q(kind="reversal", movement__isnull=False) | Q(kind="write_off", movement__isnull=True),
                name="correction_movement",
            ),
        ]
        indexes = [models.Index(fields=["account", "material"])]


class CorrectionEnd(Fact):
    """更正办结. How a proposal ended, once: confirmed and booked, rejected, or replaced by a later count."""

    web_sees = scope.through("stock_correction c WHERE c.id = correction_id")
    correction = models.OneToOneField(Correction, primary_key=True, on_delete=models.PROTECT, related_name="end")
    how = models.CharField(max_length=10)
    booked = models.BigIntegerField(null=True)
    note = models.CharField(max_length=300, blank=True)
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    known_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(how__in=("confirmed", "rejected", "replaced")), name="correction_how")
        ]
