"""Goods that were made and not yet released await their release in an account of its own, with a balance."""

from pathlib import Path

from django.db import migrations, models

FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_declarations'),
        ('organisations', '0004_webhooks'),
        ('stock', '0007_plans'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='account',
            name='account_kind',
        ),
        migrations.RemoveConstraint(
            model_name='movement',
            name='movement_kind',
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('store', 'awaiting', 'road', 'seized', 'source', 'sink'))), name='account_kind'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('opening', 'output', 'release', 'supply', 'depart', 'receive', 'return', 'use', 'count', 'implied', 'loss', 'reversal'))), name='movement_kind'),
        ),
        migrations.RunSQL([(FUNCTIONS, None)], migrations.RunSQL.noop),
    ]
