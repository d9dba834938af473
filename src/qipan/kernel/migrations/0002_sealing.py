"""The log of everything that was booked: what waits, what is sealed, its blocks and checkpoints, and its functions."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text("utf-8")
FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")
UNDO = """
DROP TRIGGER IF EXISTS kernel_event_waits ON kernel_event;
DROP VIEW IF EXISTS kernel_event_body;
DROP FUNCTION IF EXISTS kernel_seal, kernel_put_blocks, kernel_put_checkpoint, kernel_put_cosignature,
  kernel_put_sighting, kernel_event_waits, kernel_body, kernel_micros;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("clock", models.CharField(default="server", max_length=8)),
            ],
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("ref", models.BigIntegerField()),
                ("tenant", models.IntegerField()),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Sealed",
            fields=[
                ("n", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("ref", models.BigIntegerField()),
                ("sealed_at", models.DateTimeField()),
                ("leaf", models.BinaryField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["kind", "ref"], name="sealed_once")],
                "indexes": [models.Index(fields=["sealed_at"], name="kernel_sealed_at")],
            },
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("made_at", models.DateTimeField(db_index=True)),
                ("note", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("witness", models.CharField(max_length=80)),
                ("line", models.CharField(max_length=300)),
                ("known_at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kernel.checkpoint"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["checkpoint", "witness"], name="cosigned_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="Sighting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=200)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("cosignature", models.CharField(max_length=300)),
                ("known_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["origin", "size"], name="seen_once")]
            },
        ),
        migrations.RunSQL([(SQL, None), (FUNCTIONS, None)], UNDO),
    ]
