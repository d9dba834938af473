"""What the web role may do to the tables, tried as the web role; and the owner as the negative control.

The lists are derived from the models' ``web_rights``: a new table is covered as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction

from tests.conftest import EMPTY
from tests.stock.books import NATION, Books, open_test_books

READ_ONLY, INSERT_ONLY = "SELECT", "SELECT, INSERT"
CHANGES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
INSIDE = (
    "stock_check_session", "stock_claim", "stock_apply", "stock_check_holds", "stock_check_reversals",
    "kernel_body", "kernel_micros",
)  # fmt: skip
SEALERS = ("kernel_put_blocks", "kernel_put_checkpoint", "kernel_put_cosignature", "kernel_put_sighting")
DOORS = (
    "stock_post", "stock_hold_out", "stock_hold_end", "stock_open_account", "stock_open_lot", "stock_open_books",
    "stock_take_snapshot", "kernel_seal",
)  # fmt: skip


def _tables(rights: str) -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "web_rights", "") == rights]


LEDGER, FACTS = _tables(READ_ONLY), _tables(INSERT_ONLY)


def _statement(change: str, model: type[models.Model]) -> str:
    """A statement of that kind that touches no row."""
    table, column = model._meta.db_table, connection.ops.quote_name(model._meta.concrete_fields[0].column)
    return {
        "INSERT": f"INSERT INTO {table} SELECT * FROM {table} WHERE false",
        "UPDATE": f"UPDATE {table} SET {column} = {column} WHERE false",
        "DELETE": f"DELETE FROM {table} WHERE false",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[change]


def _refused(sql: str) -> bool:
    """Whether the database says that the web role lacks the right."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except ProgrammingError as error:
        return getattr(error.__cause__, "sqlstate", "") == "42501"
    return False


@pytest.fixture(scope="module")
def owner(django_db_setup: None, owner_url: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """The owner of the tables; whatever is done is rolled back."""
    with psycopg.connect(owner_url(EMPTY), options="-c lock_timeout=20s") as found:
        yield found
        found.rollback()


def test_the_tests_run_as_the_web_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("qipan_web", False, False)


def test_the_web_role_owns_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchall() == []
        cursor.execute("SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user")
        assert cursor.fetchall() == []


def test_every_table_of_the_ledger_is_read_only() -> None:
    """Corrections that wait are facts: they are written beside the ledger, and never changed."""
    names = {model.__name__ for model in apps.get_app_config("stock").get_models()} - {"Correction", "CorrectionEnd"}
    assert {"Movement", "Balance", "Hold", "HoldEnd", "Posting", "Account"} <= names
    assert {model.__name__ for model in LEDGER if model._meta.app_label == "stock"} == names


def test_there_are_facts_in_several_contexts() -> None:
    assert {"Event", "Publication"} <= {model.__name__ for model in FACTS}
    assert len({model._meta.app_label for model in FACTS}) >= 3


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("model", LEDGER, ids=lambda model: model.__name__)
def test_the_ledger_is_not_written_to(db: None, model: type[models.Model], change: str) -> None:
    assert _refused(_statement(change, model))


@pytest.mark.parametrize("change", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
def test_a_fact_is_not_changed(db: None, model: type[models.Model], change: str) -> None:
    assert _refused(_statement(change, model))


@pytest.mark.parametrize("model", LEDGER + FACTS, ids=lambda model: model.__name__)
def test_everything_may_be_read(db: None, model: type[models.Model]) -> None:
    assert model._default_manager.count() >= 0


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
def test_a_fact_may_be_added(db: None, model: type[models.Model]) -> None:
    assert not _refused(_statement("INSERT", model))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("model", LEDGER + FACTS, ids=lambda model: model.__name__)
def test_the_owner_could(owner: psycopg.Connection, model: type[models.Model], change: str) -> None:
    """The negative control: the statements are right, only the rights are missing."""
    with owner.transaction(force_rollback=True):
        owner.execute(_statement(change, model))


def test_the_owner_could_write_a_movement_behind_the_functions_back(
    committed: None, owner_url: Callable[[str], str]
) -> None:
    """The negative control: the same row that the web role cannot insert."""
    books = open_test_books()
    sql = (
        "INSERT INTO stock_movement (tenant, kind, material_id, lot, src_id, dst_id, qty, basis, document, actor,"
        f" idem, line, occurred_at, recorded_at) VALUES ({NATION}, 'opening', {books.items['GOG']}, 0,"
        f" {books.accounts['outside']}, {books.accounts['plant']}, 5, 'recorded', 'x', 1, '{uuid4()}', 1, now(), now())"
    )
    assert _refused(sql)
    with psycopg.connect(owner_url("qipan_committed")) as found:
        assert found.execute(sql).rowcount == 1
    assert books.balance("plant", item="GOG") == (0, 0)


@pytest.mark.parametrize("name", INSIDE[:5])
def test_a_function_inside_is_not_called(books: Books, name: str) -> None:
    calls = {
        "stock_check_session": "SELECT stock_check_session(100000, 1)",
        "stock_claim": f"SELECT stock_claim('{uuid4()}', 100000, 1, 'x', now())",
        "stock_apply": f"SELECT stock_apply(ARRAY[{books.accounts['plant']}]::bigint[], ARRAY[{books.items['GOG']}]"
        "::bigint[], ARRAY[0]::bigint[], ARRAY[1000]::bigint[], ARRAY[0]::bigint[])",
        "stock_check_holds": f"SELECT stock_check_holds(100000{', ARRAY[1]::bigint[]' * 5})",
        "stock_check_reversals": f"SELECT stock_check_reversals(100000{', ARRAY[1]::bigint[]' * 6})",
    }
    assert _refused(calls[name])
    assert books.balance("plant", item="GOG") == (0, 0)


def test_every_function_is_a_door_or_inside(db: None) -> None:
    sql = """
        SELECT proname, has_function_privilege('qipan_web', oid, 'EXECUTE'), prosecdef,
               coalesce(array_to_string(proconfig, ','), ''), prorettype = 'trigger'::regtype
          FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = {name: rest for name, *rest in cursor.fetchall()}
    triggers = {name for name, rest in found.items() if rest[3]}
    assert triggers == {
        "kernel_event_waits",
        "stock_movement_waits",
        "stock_hold_waits",
        "stock_holdend_waits",
        "stock_movement_is_late",
    }
    assert set(found) == {*DOORS, *INSIDE, *SEALERS, *triggers}
    assert {name for name, rest in found.items() if rest[0]} == set(DOORS)
    assert {name for name, rest in found.items() if rest[1]} == {*DOORS, *SEALERS, *triggers}
    assert all(rest[2].startswith("search_path=") for rest in found.values())


def test_the_sealer_executes_the_functions_of_the_log_and_no_other(db: None) -> None:
    sql = "SELECT proname FROM pg_proc WHERE has_function_privilege('qipan_sealer', oid, 'EXECUTE') AND"
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} pronamespace = 'public'::regnamespace")
        assert {name for (name,) in cursor.fetchall()} == {"kernel_seal", *SEALERS}


def test_nobody_else_may_execute_a_function_of_the_ledger(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, proacl::text FROM pg_proc WHERE proname LIKE 'stock\\_%'")
        for name, rights in cursor.fetchall():
            assert "{=X" not in rights, name
            assert ",=X" not in rights, name


@pytest.mark.parametrize(
    "name", ["stock_balance", "stock_posting", "stock_account", "stock_movement", "stock_hold", "kernel_tenant"]
)
def test_a_temporary_table_of_the_same_name_is_not_taken_for_ours(books: Books, name: str) -> None:
    """A function with the owner's rights that reads the caller's table would book whatever the caller likes."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} (LIKE public.{name} INCLUDING ALL)")
        cursor.execute(f"GRANT ALL ON pg_temp.{name} TO PUBLIC")
        books.put("plant", 5)
        cursor.execute(f"SELECT count(*) FROM pg_temp.{name}")
        assert cursor.fetchone() == (0,)
        cursor.execute(f"DROP TABLE pg_temp.{name}")
    assert books.balance("plant") == (5, 0)


@pytest.mark.parametrize(
    "sql",
    [
        "SET ROLE qipan_owner",
        "CREATE TABLE public.mine (x int)",
        "ALTER TABLE stock_movement DISABLE TRIGGER ALL",
        "DROP FUNCTION stock_post",
        "SELECT pg_read_file('/etc/passwd')",
        "SET session_replication_role = replica",
    ],
)
def test_the_web_role_cannot_give_itself_more(db: None, sql: str) -> None:
    refusal = pytest.raises(Exception, match=r"denied|must be owner|does not exist")
    with refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_web_role_grants_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON stock_movement TO qipan_web")
        cursor.execute("SELECT has_table_privilege('stock_movement', 'INSERT, UPDATE, DELETE, TRUNCATE')")
        assert cursor.fetchone() == (False,)
