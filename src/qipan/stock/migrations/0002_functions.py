"""The ledger's functions; the web role may execute those that check its session."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text("utf-8")
DOORS = (
    "stock_post", "stock_hold_out", "stock_hold_end", "stock_open_account", "stock_open_lot", "stock_open_books",
    "stock_seal",
)
INSIDE = ("stock_check_session", "stock_claim", "stock_apply")
RIGHTS = f"""
DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname = ANY('{{{",".join(DOORS + INSIDE)}}}') LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'qipan_web') THEN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname = ANY('{{{",".join(DOORS)}}}') LOOP
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO qipan_web', f);
    END LOOP;
  END IF;
END $$;
"""
DROP = ";".join(f"DROP FUNCTION IF EXISTS {name} CASCADE" for name in DOORS + INSIDE)


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]
    operations = [migrations.RunSQL([(SQL, None), (RIGHTS, None)], DROP)]
