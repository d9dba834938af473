"""What a batch was planned from stands apart from the batch, because not everybody who is given goods may read it."""

import django.db.models.deletion
from django.db import migrations, models

APART = """
INSERT INTO allocation_batchinputs (batch_id, rows)
SELECT id, jsonb_build_object('supplies', frame->'supplies', 'wants', frame->'wants', 'edges', frame->'edges',
                              'usual', coalesce(frame->'usual', '[]')) FROM allocation_batch;
UPDATE allocation_batch SET frame = frame - ARRAY['supplies', 'wants', 'edges', 'usual'];
UPDATE allocation_batchline l SET region_code = n.region_code FROM allocation_batchneed n WHERE n.id = l.batch_need_id"""


class Migration(migrations.Migration):
    dependencies = [("allocation", "0001_initial")]
    operations = [
        migrations.AddField("batch", "place_code", models.CharField(blank=True, default="", max_length=12),
                            preserve_default=False),
        migrations.RenameField("batch", "inputs", "frame"),
        migrations.AddField("batchline", "region_code", models.CharField(default="", max_length=12),
                            preserve_default=False),
        migrations.CreateModel(
            name="BatchInputs",
            fields=[
                ("batch", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                                               related_name="+", serialize=False, to="allocation.batch")),
                ("rows", models.JSONField()),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(APART, migrations.RunSQL.noop),
    ]
