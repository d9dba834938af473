"""A road says where it comes from, so that both its ends see it."""

from pathlib import Path

from django.db import migrations, models

DROP = "DROP FUNCTION IF EXISTS stock_open_account(int, bigint, text[], text[], bigint[], text[], timestamptz)"
ORIGINS = """
UPDATE stock_account a SET origin_code = s.region_code FROM transport_shipment t, stock_account s
 WHERE a.id = t.road_account AND s.id = t.source_account"""
FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("stock", "0004_snapshots"), ("kernel", "0003_scope"), ("transport", "0001_initial")]
    operations = [
        migrations.AddField("account", "origin_code", models.CharField(blank=True, default="", max_length=12),
                            preserve_default=False),
        migrations.RunSQL([(ORIGINS, None), (DROP, None), (FUNCTIONS, None)], migrations.RunSQL.noop),
    ]
