"""An event says of which division it is, so that only who reads that division sees it; older ones are the centre's."""

from pathlib import Path

from django.db import migrations, models

BODY = """
CREATE OR REPLACE VIEW kernel_event_body AS
SELECT e.id AS ref, kernel_body('event', e.id::text, e.key, e.tenant::text, e.actor_id::text, e.actor_name,
       e.subject, kernel_micros(e.at), kernel_micros(e.known_at), e.detail::text)
       || CASE WHEN e.region_code IS NULL THEN '' ELSE kernel_body(e.region_code) END AS body
FROM kernel_event e"""
BEFORE = """
CREATE OR REPLACE VIEW kernel_event_body AS
SELECT e.id AS ref, kernel_body('event', e.id::text, e.key, e.tenant::text, e.actor_id::text, e.actor_name,
       e.subject, kernel_micros(e.at), kernel_micros(e.known_at), e.detail::text) AS body
FROM kernel_event e"""
FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_sealing")]
    operations = [
        migrations.AddField("event", "region_code", models.CharField(max_length=12, null=True)),
        migrations.RunSQL([(BODY, None), (FUNCTIONS, None)], BEFORE),
    ]
