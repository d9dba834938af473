"""What the web role may do to each table: everything, insert only (facts), or read only (the ledger).

A model says so by ``web_rights``. Applied by the owner after every migration.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

WEB_ROLE = "qipan_web"
ALL = "SELECT, INSERT, UPDATE, DELETE"


def apply(using: str) -> int:
    """Grant each table's rights to the web role; returns how many tables. Does nothing without the role."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [WEB_ROLE])
        if cursor.fetchone() is None:
            return 0
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {WEB_ROLE}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WEB_ROLE}")
        models = apps.get_models(include_auto_created=True)
        for model in models:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"REVOKE ALL ON {table} FROM {WEB_ROLE}")
            cursor.execute(f"GRANT {getattr(model, 'web_rights', ALL)} ON {table} TO {WEB_ROLE}")
        cursor.execute(f"GRANT SELECT ON django_migrations TO {WEB_ROLE}")
        return len(list(models))


def after_migrate(sender: Any, using: str, **_more: Any) -> None:
    """Signal receiver: runs once per migrate, after the last of our apps."""
    if sender.label == "transport":
        apply(using)
