"""Lists of makers move to organisations with what was written on them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("organisations", "0005_listing"), ("production", "0002_commissioners_tickets")]
    operations = [
        migrations.RunSQL(
            """
            INSERT INTO organisations_listing (list_name, organisation_id, region_code, is_member, authority, at,
                known_at, actor_id)
            SELECT list_name, organisation_id, region_code, is_member, authority, at, known_at, actor_id
            FROM production_listing ORDER BY id
            """,
            migrations.RunSQL.noop,
        ),
        migrations.DeleteModel("Listing"),
    ]
