"""What each database role may do: to a table everything, insert only (facts), or read only (the ledger).

A model says so by ``web_rights``, and by ``sealer_rights`` where the sealer reads; which rows a session sees it says
by ``web_sees`` (see ``scope``). A function with the owner's
rights is a door: the web role may execute it, but those that begin with ``kernel_put_`` are the sealer's;
every other function is executed by nobody but the owner. Applied by the owner after every migration.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

from qipan.kernel import scope

WEB_ROLE, SEALER_ROLE = "qipan_web", "qipan_sealer"
POLICY = "qipan_scope"
WRITING = {
    f"{POLICY}_insert": "FOR INSERT WITH CHECK",
    f"{POLICY}_update": "FOR UPDATE USING",
    f"{POLICY}_delete": "FOR DELETE USING",
}
ALL = "SELECT, INSERT, UPDATE, DELETE"
FUNCTIONS = """
    SELECT p.oid::regprocedure::text, p.proname, p.prosecdef AND p.prorettype <> 'trigger'::regtype
      FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND pg_get_userbyid(p.proowner) = current_user"""


def apply(using: str) -> int:
    """Grant each table's and function's rights; returns how many tables. Roles that do not exist are left out."""
    models = list(apps.get_models(include_auto_created=True))
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s)", [WEB_ROLE, SEALER_ROLE])
        roles = [name for (name,) in cursor.fetchall()]
        cursor.execute(FUNCTIONS)
        functions = cursor.fetchall()
        for function, _name, _is_door in functions:
            cursor.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        for model in models:
            for statement in _policies(model, connections[using].ops.quote_name(model._meta.db_table)):
                cursor.execute(statement)
        for role in roles:
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            for model in models:
                table = connections[using].ops.quote_name(model._meta.db_table)
                cursor.execute(f"REVOKE ALL ON {table} FROM {role}")
                if rights := _rights(model, role):
                    cursor.execute(f"GRANT {rights} ON {table} TO {role}")
            for function, name, is_door in functions:
                if is_door and _may_execute(role, name):
                    cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
        if WEB_ROLE in roles:
            cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WEB_ROLE}")
            cursor.execute(f"GRANT SELECT ON django_migrations TO {WEB_ROLE}")
    return len(models) if roles else 0


def _rights(model: Any, role: str) -> str:
    if role == SEALER_ROLE:
        return str(getattr(model, "sealer_rights", ""))
    return str(getattr(model, "web_rights", ALL))


def walled() -> list[str]:
    """The tables whose rows are seen by scope."""
    models = apps.get_models(include_auto_created=True)
    return sorted(m._meta.db_table for m in models if getattr(m, "web_sees", scope.EVERYBODY) != scope.EVERYBODY)


def _policies(model: Any, table: str) -> list[str]:
    """One policy for reading and writing, in force for the owner too; none on a table that all share.

    A model with ``web_reads`` has one for reading, and ``web_sees`` holds for each way of writing.
    """
    sees = getattr(model, "web_sees", scope.EVERYBODY)
    if sees == scope.EVERYBODY:
        return []
    found = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS {name} ON {table}" for name in (POLICY, *WRITING)),
    ]
    if reads := getattr(model, "web_reads", ""):
        found.append(f"CREATE POLICY {POLICY} ON {table} FOR SELECT USING ({reads})")
        return found + [f"CREATE POLICY {name} ON {table} {way} ({sees})" for name, way in WRITING.items()]
    return [*found, f"CREATE POLICY {POLICY} ON {table} USING ({sees})"]


def _may_execute(role: str, name: str) -> bool:
    return name.startswith("kernel_") if role == SEALER_ROLE else not name.startswith("kernel_put_")


def after_migrate(sender: Any, using: str, **_more: Any) -> None:
    """Signal receiver: runs once per migrate, after the last of our apps."""
    if sender.label == "transport":
        apply(using)
