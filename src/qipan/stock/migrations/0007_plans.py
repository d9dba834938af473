"""Posting keeps its plans, and looks at holds and reversals only where there are any."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("stock", "0006_corrections")]
    operations = [migrations.RunSQL([(FUNCTIONS, None)], migrations.RunSQL.noop)]
