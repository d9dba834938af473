"""Tables every context shares: the trail, answered keys, published statements, and the log with its checkpoints."""

from __future__ import annotations

from django.db import models

from qipan.kernel import scope


class Fact(models.Model):
    """A row that is written once. The web role may insert and read it, never change it."""

    web_rights = "SELECT, INSERT"

    class Meta:
        abstract = True


class Told(Fact):
    """A fact with when it happened, when we knew it, who told us, and whether it is simulated."""

    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Event(Fact):
    """变更留痕. One thing that was done to one object: who, when, why, and of which division it is."""

    web_sees = f"{scope.within('region_code')} OR (region_code = '{scope.SHARED}' AND {scope.SEES_ANYTHING})"
    key = models.CharField(max_length=80)
    tenant = models.IntegerField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    detail = models.JSONField(default=dict)
    region_code = models.CharField(max_length=12, null=True)  # noqa: DJ001 (null: written before there was one)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"])]


class AnsweredKey(models.Model):
    """An idempotency key and the answer it got, ids and numbers: a repeat gets the same answer."""

    web_sees = scope.EVERYBODY
    key = models.UUIDField(primary_key=True)
    operation = models.CharField(max_length=80)
    actor_id = models.BigIntegerField()
    body_sha256 = models.CharField(max_length=64)
    answer = models.JSONField()
    known_at = models.DateTimeField()


class Publication(Fact):
    """A figure that somebody published, kept as it was said: value, qualifier, scope, source."""

    web_sees = scope.EVERYBODY
    at = models.DateTimeField()
    period = models.CharField(max_length=40)
    place = models.CharField(max_length=12)
    subject = models.CharField(max_length=40, blank=True)
    subject_as_published = models.CharField(max_length=60, blank=True)
    metric = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=18, decimal_places=3)
    unit = models.CharField(max_length=20)
    qualifier = models.CharField(max_length=20, blank=True)
    publisher = models.CharField(max_length=120)
    outlet = models.CharField(max_length=120)
    published_on = models.DateField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "place", "subject_as_published", "metric", "publisher", "value", "note"],
                name="publication_once",
            )
        ]
        indexes = [models.Index(fields=["metric", "place", "at"])]


class Log(models.Model):
    """A table of the log: written by its functions, read by the web role and by the sealer."""

    web_rights = "SELECT"
    web_sees = scope.EVERYBODY
    sealer_rights = "SELECT"

    class Meta:
        abstract = True


class Tenant(Log):
    """租户. Whose books these are; ``clock`` is ``server``, or ``driven`` for a replayed case."""

    id = models.IntegerField(primary_key=True)
    clock = models.CharField(max_length=8, default="server")


class Waiting(Log):
    """待封存. A booked row that waits for the sealer: its table, its id, and when it was recorded."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    ref = models.BigIntegerField()
    tenant = models.IntegerField()
    at = models.DateTimeField(db_index=True)


class Sealed(Log):
    """封存序. A leaf of the log: the order in which rows became known, from 1, and the hash of each."""

    n = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=40)
    ref = models.BigIntegerField()
    sealed_at = models.DateTimeField()
    leaf = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "ref"], name="sealed_once")]
        indexes = [models.Index(fields=["sealed_at"], name="kernel_sealed_at")]


class Block(Log):
    """The root over 256 leaves: block 0 is over leaves 1 to 256. Kept for speed; readers recompute it."""

    number = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()


class Checkpoint(Log):
    """检查点. The root over the first ``size`` leaves, signed: ``note`` is what goes to witnesses."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    made_at = models.DateTimeField(db_index=True)
    note = models.TextField()


class Cosignature(Log):
    """见证签名. A witness's signature under one of our checkpoints."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+")
    witness = models.CharField(max_length=80)
    line = models.CharField(max_length=300)
    known_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="cosigned_once")]


class Sighting(Log):
    """所见检查点. A checkpoint of somebody else's log that we have seen and cosigned."""

    origin = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    cosignature = models.CharField(max_length=300)
    known_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "size"], name="seen_once")]


class Throttle(models.Model):
    """How often somebody tried, in the shape Django's database cache reads and writes; every worker sees the same."""

    web_sees = scope.EVERYBODY
    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)
