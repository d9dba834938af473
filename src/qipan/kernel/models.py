"""Tables every context shares: the trail, answered keys, and published statements."""

from __future__ import annotations

from django.db import models


class Fact(models.Model):
    """A row that is written once. The web role may insert and read it, never change it."""

    web_rights = "SELECT, INSERT"

    class Meta:
        abstract = True


class Event(Fact):
    """变更留痕. One thing that was done to one object: who, when, why."""

    key = models.CharField(max_length=80)
    tenant = models.IntegerField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"])]


class AnsweredKey(models.Model):
    """An idempotency key and the answer it got: a repeat gets the same answer."""

    key = models.UUIDField(primary_key=True)
    operation = models.CharField(max_length=80)
    actor_id = models.BigIntegerField()
    body_sha256 = models.CharField(max_length=64)
    answer = models.JSONField()
    known_at = models.DateTimeField()


class Publication(Fact):
    """A figure that somebody published, kept as it was said: value, qualifier, scope, source."""

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
