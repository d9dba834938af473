"""Snapshots at the cuts, and the function that keeps them."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

TRIGGER = """
CREATE TRIGGER stock_movement_is_late AFTER INSERT ON kernel_sealed REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION stock_movement_is_late()"""
FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0002_classification'),
        ('stock', '0003_sealing'),
    ]

    operations = [
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('n', models.BigIntegerField()),
                ('known_to', models.DateTimeField()),
                ('taken_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Late',
            fields=[
                ('n', models.BigIntegerField(primary_key=True, serialize=False)),
                ('occurred_at', models.DateTimeField(db_index=True)),
                ('movement', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.movement')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SnapshotRow',
            fields=[
                ('pk', models.CompositePrimaryKey('snapshot_id', 'account_id', 'material_id', 'lot', blank=True, editable=False, primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.account')),
                ('material', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.material')),
                ('snapshot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stock.snapshot')),
                ('lot', models.BigIntegerField()),
                ('onhand', models.BigIntegerField()),
                ('is_simulated', models.BooleanField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['occurred_at'], name='stock_movem_occurre_3402b2_idx'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.UniqueConstraint(fields=('at', 'n'), name='snapshot_once'),
        ),
        migrations.RunSQL([(FUNCTIONS, None), (TRIGGER, None)], "DROP FUNCTION IF EXISTS stock_take_snapshot"),
    ]
