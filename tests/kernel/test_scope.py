"""The database shows a session the rows of its divisions: asked directly, as the web role, with no page in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from qipan.kernel import clock, events, grants, scope, sealing
from qipan.kernel.access import Actor, Grant
from qipan.kernel.models import Event
from tests.conftest import EMPTY
from tests.provinces import Province

READ = frozenset({"read"})
LINKED = ("tenant", "region_code", "region_id", "place_id", "organisation_id", "account_id", "batch_id", "shipment_id")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_a_post_reads_its_division_and_a_post_at_a_unit_that_of_the_unit() -> None:
    by = Actor(1, "x", grants=(Grant(READ, reads="420000"), Grant(READ, unit=3, reads="610102")))
    assert scope.of(by) == "42%,610102%"
    assert scope.of(Actor(2, "y", grants=(Grant(READ, reads="100000"),))) == scope.EVERYTHING
    assert scope.of(Actor(3, "z")) == scope.NOTHING


def test_every_table_says_who_sees_its_rows() -> None:
    silent = [m.__name__ for m in apps.get_models() if m.__module__.startswith("qipan") and not hasattr(m, "web_sees")]
    assert silent == []


def test_a_table_that_names_a_place_and_is_shared_by_all_is_shared_on_purpose() -> None:
    """What everybody may read though it names a division, a unit or a tenant."""
    on_purpose = {
        "catalogue_material", "demand_casecount", "kernel_tenant", "kernel_waiting", "organisations_keyunit",
        "organisations_organisation", "organisations_place", "organisations_post", "stock_posting",
        "resumption_startrule",  # a rule is published
        "allocation_batchnumber", "transport_shipmentnumber",
        "socialaccount_socialtoken",  # "account" is one of a provider there, and none is stored
    }  # fmt: skip
    shared = {
        m._meta.db_table
        for m in apps.get_models()
        if m._meta.db_table not in grants.walled() and {f.column for f in m._meta.local_fields} & set(LINKED)
    }
    assert {name for name in shared if name.split("_")[0] in {a.label for a in apps.get_app_configs()}} <= on_purpose


@pytest.mark.parametrize("table", grants.walled())
def test_without_a_scope_there_is_nothing(shanxi: Province, table: str) -> None:
    there = _count(table)
    with scope.entered(scope.NOTHING):
        assert _count(table) == 0
    assert there > 0 or table in ("demand_unreadsettled", "demand_remark", "demand_unreadtext", "stock_snapshotrow")


@pytest.mark.parametrize("table", grants.walled())
def test_a_province_sees_fewer_rows_than_the_centre_and_together_no_more(shanxi: Province, table: str) -> None:
    everything = _count(table)
    with scope.entered("14%"):
        shanxi = _count(table)
    with scope.entered("42%"):
        hubei = _count(table)
    with scope.entered("14%,42%"):
        both = _count(table)
    assert max(shanxi, hubei) <= both <= everything
    if table not in ("stock_account",):  # what is outside the books is seen by all
        assert both == shanxi + hubei
    if everything:
        assert hubei < everything


def test_the_owner_sees_no_more(shanxi: Province, owner_url: Callable[[str], str]) -> None:
    """Forced: the ledger's functions run as the owner."""
    address = connection.settings_dict["NAME"]
    with psycopg.connect(owner_url(str(address))) as owner:
        owner.execute("SELECT set_config('qipan.scope', '', false)")
        assert owner.execute("SELECT count(*) FROM stock_account").fetchone() == (0,)


def test_a_session_cannot_book_into_another_division(shanxi: Province) -> None:
    """The ledger's function does not find the account, though it runs with the owner's rights."""
    sql = (
        "SELECT * FROM stock_post(100000, 7, gen_random_uuid(), now(), now(), ARRAY['use'], ARRAY[%s]::bigint[],"
        " ARRAY[0]::bigint[], ARRAY[%s]::bigint[], ARRAY[%s]::bigint[], ARRAY[1]::bigint[], ARRAY[NULL]::bigint[],"
        " ARRAY[NULL]::bigint[], ARRAY['recorded'], ARRAY['x'])"
    )
    values = [shanxi.item, shanxi.account, shanxi.outside]
    for patterns, is_booked in (("14%", True), ("42%", False)):
        with scope.entered(patterns), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('qipan.tenant', '100000', true), set_config('qipan.actor', '7', true)")
            if is_booked:
                cursor.execute(sql, values)
                assert len(cursor.fetchall()) == 1
            else:
                with pytest.raises(DatabaseError, match="account_unknown"), transaction.atomic():
                    cursor.execute(sql, values)


ENDS = (("source", "", ""), ("sink", "", ""), ("hubei", "420100", ""), ("shanxi", "140100", ""),
        ("road", "420100", "140100"))  # fmt: skip
"""Accounts, where they lie, and where they come from."""
WAYS = ("source>hubei", "hubei>shanxi", "shanxi>sink", "source>sink", "source>road")
MOVEMENT = (
    "INSERT INTO stock_movement (tenant, kind, material_id, lot, src_id, dst_id, qty, basis, document, actor, idem,"
    " line, occurred_at, recorded_at) SELECT 100000, 'count', 1, 0, s.id, d.id, 1, 'recorded', 'x', 1,"
    " gen_random_uuid(), 1, now(), now() FROM unnest(%s::bigint[]) s(id), unnest(%s::bigint[]) d(id)"
)


@pytest.fixture
def ends(django_db_setup: None, owner_url: Callable[[str], str]) -> Iterator[tuple[psycopg.Connection, dict[str, int]]]:
    """The owner's connection, and accounts by name; a movement of each of WAYS is there; all of it is rolled back."""
    with psycopg.connect(owner_url(EMPTY)) as owner:
        account = (
            "INSERT INTO stock_account (tenant, kind, code, region_code, origin_code, known_at)"
            " VALUES (100000, 'store', %s, %s, %s, now()) RETURNING id"
        )
        made = {name: owner.execute(account, [name, *regions]).fetchone() for name, *regions in ENDS}
        ids = {name: row[0] for name, row in made.items() if row}
        for way in WAYS:
            owner.execute(MOVEMENT, [[ids[end]] for end in way.split(">")])
        yield owner, ids
        owner.rollback()


@pytest.mark.parametrize(
    ("patterns", "ways"),
    [
        ("%", set(WAYS)),
        ("42%", {"source>hubei", "hubei>shanxi", "source>road"}),
        ("14%", {"hubei>shanxi", "shanxi>sink", "source>road"}),
        ("14%,42%", {*WAYS} - {"source>sink"}),
        ("140200%", set()),
        ("", set()),
    ],
)
def test_a_movement_is_read_written_and_changed_from_its_ends(
    ends: tuple[psycopg.Connection, dict[str, int]], patterns: str, ways: set[str]
) -> None:
    """Reading and each way of writing have a policy of their own; they show and let through the same."""
    owner, ids = ends
    names = {number: name for name, number in ids.items()}
    owner.execute("SELECT set_config('qipan.scope', %s, false)", [patterns])
    for act, back in (
        ("SELECT src_id, dst_id FROM stock_movement", ""),
        ("UPDATE stock_movement SET document = 'y'", "RETURNING src_id, dst_id"),
        ("DELETE FROM stock_movement", "RETURNING src_id, dst_id"),
    ):
        found = owner.execute(f"{act} WHERE document IN ('x', 'y') {back}").fetchall()
        assert {f"{names[src]}>{names[dst]}" for src, dst in found} == ways, act
    for way in WAYS:
        values = [[ids[end]] for end in way.split(">")]
        if way in ways:
            assert owner.execute(MOVEMENT, values).rowcount == 1
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
                owner.execute(MOVEMENT, values)


def test_changing_a_movement_without_reading_it_asks_for_its_ends_too(
    ends: tuple[psycopg.Connection, dict[str, int]],
) -> None:
    """An UPDATE or DELETE without a condition does not ask whether a row may be read."""
    owner, _ids = ends
    owner.execute("SELECT set_config('qipan.scope', '42%', false)")
    assert owner.execute("UPDATE stock_movement SET document = 'y'").rowcount == 3
    assert owner.execute("DELETE FROM stock_movement").rowcount == 3


def test_what_was_written_before_there_were_divisions_is_the_centres(db: None) -> None:
    Event.objects.create(key="x", tenant=1, actor_id=1, actor_name="x", subject="early", at=clock.now(),
                         known_at=clock.now())  # fmt: skip
    for patterns, seen in ((scope.EVERYTHING, 1), ("42%", 0), (scope.NOTHING, 0)):
        with scope.entered(patterns):
            assert Event.objects.filter(subject="early").count() == seen


def test_a_session_cannot_write_a_row_it_would_not_see(shanxi: Province) -> None:
    sql = (
        "INSERT INTO demand_placeneed (voice, region_id, material_id, quantity_day, at, known_at, source, scope,"
        " actor_id) VALUES ('scenario', '140000', %s, 1, now(), now(), '', '', 1)"
    )
    refused = pytest.raises(DatabaseError, match="row-level security")
    with scope.entered("42%"), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(sql, [shanxi.item])
    with scope.entered("14%"), connection.cursor() as cursor:
        cursor.execute(sql, [shanxi.item])


@pytest.mark.parametrize("function", ["kernel_seal(10)", "stock_take_snapshot(now())"])
def test_who_sees_a_part_can_neither_seal_nor_keep_a_snapshot(shanxi: Province, function: str) -> None:
    """Of a part either would be wrong for everybody."""
    refused = pytest.raises(DatabaseError, match="scope_too_narrow")
    with scope.entered("42%"), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(f"SELECT {function}")


def test_what_a_province_books_is_sealed_too(shanxi: Province) -> None:
    """Where no worker seals, the request's own thread does, and it sees every row for that moment alone."""
    with scope.entered("14%"):
        events.record("test.done", by=Actor(1, "x"), subject="test/1", at=clock.now(), region="140000")
        assert sealing.seal() > 0
        assert scope.present() == "14%"
    assert sealing.waiting_since(clock.real_now()) == 0


def test_the_policy_is_what_keeps_them_apart(shanxi: Province, owner_url: Callable[[str], str]) -> None:
    """Control: the same session, the policy taken away, and the other province's rows are there."""
    sees = "SELECT count(*) FROM demand_placeneed WHERE region_id = '140000'"
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SELECT set_config('qipan.scope', '42%%', false)")
        cursor.execute(sees)
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('qipan.scope', '%%', false)")
        cursor.execute(sees)
        assert cursor.fetchone() == (1,)


def test_a_scope_is_left_when_its_part_is_over(db: None) -> None:
    with scope.entered("42%"):
        with scope.entered("14%"):
            assert scope.present() == "14%"
        assert scope.present() == "42%"
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('qipan.scope')")
            assert cursor.fetchone() == ("42%",)
    assert scope.present() == scope.EVERYTHING
