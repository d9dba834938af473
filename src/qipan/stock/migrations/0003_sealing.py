"""Movements, holds and their ends are leaves of the kernel's log; the old numbering is carried over into it."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text("utf-8")
FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("stock", "0002_functions"), ("kernel", "0002_sealing")]
    operations = [
        migrations.RunSQL([(FUNCTIONS, None), (SQL, None)], migrations.RunSQL.noop),
        migrations.DeleteModel(name="Sealed"),
        migrations.DeleteModel(name="Unsealed"),
        migrations.DeleteModel(name="Tenant"),
    ]
