"""The loader loads, the reader reads the marts, and neither can do anything else."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from closedloop import warehouse as product
from closedloop.warehouse import WarehouseError
from tests.servers import Warehouse

Denied = psycopg.errors.InsufficientPrivilege


def test_every_connection_counts_in_utc(warehouse: Warehouse) -> None:
    for role in product.ROLES:
        with warehouse.connect(role) as connection:
            row = connection.execute("select current_setting('timezone'), now()").fetchone()
            assert row is not None and row[0] == "UTC" and row[1].utcoffset().total_seconds() == 0


def test_the_reader_owns_nothing_and_reads_only(warehouse: Warehouse) -> None:
    with warehouse.connect("reader") as connection:
        assert connection.execute("show transaction_read_only").fetchone() == ("on",)
        assert connection.execute("show transaction_isolation").fetchone() == ("read committed",)
    product.require_sound_roles(warehouse.settings)


@pytest.mark.parametrize("schema", ["raw", "ops", "reference", "staging", "intermediate"])
def test_the_reader_does_not_look_behind_the_marts(warehouse: Warehouse, schema: str) -> None:
    with warehouse.connect("owner") as connection:
        connection.execute(sql.SQL("create table {}.secret as select 1 as a").format(sql.Identifier(schema)))
    with warehouse.connect("reader") as connection, pytest.raises(Denied):
        connection.execute(sql.SQL("select * from {}.secret").format(sql.Identifier(schema)))


def test_the_reader_reads_tables_made_later_on_both_sides_of_a_swap(warehouse: Warehouse) -> None:
    with warehouse.connect("owner") as connection:
        connection.execute("create table marts.one as select 1 as a")
        connection.execute("create table marts_next.one as select 2 as a")
    for expected in (1, 2, 3):
        with warehouse.connect("reader") as connection:
            assert connection.execute("select a from marts.one").fetchone() == (expected,)
        with warehouse.connect("owner") as connection:
            connection.execute("alter schema marts rename to marts_old")
            connection.execute("alter schema marts_next rename to marts")
            connection.execute("alter schema marts_old rename to marts_next")
            connection.execute("drop table marts_next.one")
            connection.execute("create table marts_next.one as select %s::integer as a", [expected + 2])


def test_a_dropped_schema_gets_its_grants_again(warehouse: Warehouse) -> None:
    with warehouse.connect("owner") as connection:
        connection.execute("drop schema marts_next cascade")
        product.ensure_schemas(connection, product.urls(warehouse.settings))
        connection.execute("create table marts_next.one as select 1 as a")
    with warehouse.connect("reader") as connection:
        assert connection.execute("select a from marts_next.one").fetchone() == (1,)


def test_the_loader_adds_and_mends_but_deletes_nothing(warehouse: Warehouse) -> None:
    with warehouse.connect("loader") as connection:
        connection.execute(
            """
            insert into raw.bureaus (
                bureau_id, name_zh, version, is_current, retracted,
                batch_id, source_file, source_row, loaded_at
            )
            values ('B1', '市局', 1, true, false, 1, 'f', 1, now())
            """
        )
        connection.execute("update raw.bureaus set is_current = false")
        connection.execute("create temporary table upload (like raw.bureaus)")
        connection.commit()
        for statement in (
            "delete from raw.bureaus",
            "truncate raw.bureaus",
            "alter table raw.bureaus add column a text",
            "create table raw.mine (a int)",
            "insert into ops.builds (status) values ('running')",
            "delete from ops.batches",
            "create table marts.mine (a int)",
        ):
            with pytest.raises(Denied):
                connection.execute(statement)
            connection.rollback()


def test_a_batch_reconciles_or_is_refused(warehouse: Warehouse) -> None:
    insert = """
        insert into ops.batches (
            table_name, source_file, file_sha256, rows_read, rows_accepted, rows_quarantined
        )
        values ('incidents', 'a.csv', 'x', %s, %s, %s)
        returning batch_id
    """
    with warehouse.connect("loader") as connection:
        first = connection.execute(insert, [10, 8, 2]).fetchone()
        second = connection.execute(insert, [0, 0, 0]).fetchone()
        assert first is not None and second is not None and first[0] < second[0]
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(insert, [10, 8, 1])


def test_strangers_may_not_connect(warehouse: Warehouse) -> None:
    with warehouse.connect("owner") as connection:
        row = connection.execute(
            """
            select bool_or(grantee = 0)
            from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
            where datname = current_database()
            """
        ).fetchone()
        assert row == (False,)


def test_a_reader_who_owns_a_table_is_refused(warehouse: Warehouse) -> None:
    reader = product.urls(warehouse.settings).user("reader")
    with warehouse.server.admin(warehouse.database) as connection:
        connection.execute("create table marts.theirs (a int)")
        connection.execute(sql.SQL("alter table marts.theirs owner to {}").format(sql.Identifier(reader)))
    with pytest.raises(WarehouseError, match=r"reader \w+ owns table marts\.theirs"):
        product.require_sound_roles(warehouse.settings)
    with pytest.raises(WarehouseError, match=rf"marts\.theirs belongs to {reader}, not to the owner"):
        product.migrate(warehouse.settings)


def test_an_owner_under_row_security_is_refused(warehouse: Warehouse) -> None:
    with warehouse.connect("owner") as connection:
        connection.execute("create table marts.forced (a int)")
        connection.execute("alter table marts.forced enable row level security, force row level security")
    with pytest.raises(WarehouseError, match=r"under row security on marts\.forced"):
        product.require_sound_roles(warehouse.settings)


def test_a_table_of_somebody_else_is_refused(warehouse: Warehouse) -> None:
    with warehouse.server.admin(warehouse.database) as connection:
        connection.execute("create table marts.foreign_one (a int)")
        admin = connection.info.user
    with pytest.raises(WarehouseError, match=rf"marts\.foreign_one belongs to {admin}"):
        product.require_sound_roles(warehouse.settings)


def test_a_reader_who_may_see_or_write_more_is_refused(warehouse: Warehouse) -> None:
    reader = sql.Identifier(product.urls(warehouse.settings).user("reader"))
    with warehouse.connect("owner") as connection:
        connection.execute(sql.SQL("grant usage on schema staging to {}").format(reader))
        connection.execute(sql.SQL("grant create on schema marts to {}").format(reader))
        connection.execute("create table marts.one (a int)")
        connection.execute(sql.SQL("grant insert on marts.one to {}").format(reader))
    with pytest.raises(WarehouseError) as caught:
        product.require_sound_roles(warehouse.settings)
    for fault in ("look into schema staging", "create in schema marts", "may write marts.one"):
        assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("power", "said"),
    [
        ("bypassrls", "bypasses row security"),
        ("superuser", "is a superuser"),
        ("createrole", "may create roles"),
    ],
)
def test_a_powerful_reader_is_refused(warehouse: Warehouse, power: str, said: str) -> None:
    reader = sql.Identifier(product.urls(warehouse.settings).user("reader"))
    with warehouse.server.admin() as admin:
        admin.execute(sql.SQL("alter role {} {}").format(reader, sql.SQL(power)))
        try:
            with pytest.raises(WarehouseError, match=said):
                product.require_sound_roles(warehouse.settings)
        finally:
            admin.execute(sql.SQL("alter role {} {}").format(reader, sql.SQL(f"no{power}")))


def test_a_reader_who_can_become_the_owner_is_refused(warehouse: Warehouse) -> None:
    addresses = product.urls(warehouse.settings)
    pair = [sql.Identifier(addresses.user("owner")), sql.Identifier(addresses.user("reader"))]
    with warehouse.server.admin() as admin:
        admin.execute(sql.SQL("grant {} to {}").format(*pair))
        try:
            with pytest.raises(WarehouseError, match="is a member of"):
                product.require_sound_roles(warehouse.settings)
        finally:
            admin.execute(sql.SQL("revoke {} from {}").format(*pair))
