"""The ledger's functions (``functions.sql``); the web role may execute those that check its session."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.with_name("functions.sql").read_text("utf-8")
DOORS = ("stock_post", "stock_hold_out", "stock_hold_end", "stock_open_account", "stock_open_lot", "stock_open_books")
INSIDE = ("stock_check_session", "stock_claim", "stock_apply", "stock_check_holds", "stock_check_reversals")
DROP = ";".join(f"DROP FUNCTION IF EXISTS {name} CASCADE" for name in DOORS + INSIDE)


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]
    operations = [migrations.RunSQL([(SQL, None)], DROP)]
