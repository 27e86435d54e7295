"""The migrated schema is the contract, and migrating is repeatable, exclusive and all or nothing."""

from __future__ import annotations

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool

from closedloop import intake
from closedloop import warehouse as product
from closedloop.intake import contract
from tests.servers import Server, Warehouse


def test_the_migrated_raw_schema_is_the_contract(warehouse: Warehouse) -> None:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: warehouse.connect("owner"), poolclass=pool.NullPool
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, parents: kind != "schema" or name == contract.RAW_SCHEMA,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, contract.metadata) == []


def test_migrating_twice_does_nothing_the_second_time(warehouse: Warehouse) -> None:
    assert product.migrate(warehouse.settings) is False
    assert product.is_current(warehouse.settings)


def test_a_warehouse_of_an_earlier_release_is_closed_to_analysts_before_they_come(server: Server) -> None:
    """Its published marts have policies for everybody, which a person with SQL could answer as they liked."""
    made = server.at_revision("0003")
    addresses = product.urls(made.settings)
    with made.connect("owner") as connection:
        product.ensure_schemas(connection, addresses)
        for name in ("marts", "marts_next"):
            connection.execute(f"create table {name}.items as select 'S01'::text as station_id")
            connection.execute(f"alter table {name}.items enable row level security")
            connection.execute(
                f"create policy scope on {name}.items for select to public "
                "using (current_setting('closedloop.stations', true) = '*')"
            )
    assert product.migrate(made.settings) is True
    with made.connect("owner") as connection:
        named = connection.execute(
            "select schemaname, policyname, roles::text[] from pg_policies "
            "where tablename = 'items' order by 1"
        ).fetchall()
        assert named == [
            ("marts", "scope", [addresses.user("reader")]),
            ("marts_next", "scope", [addresses.user("reader")]),
        ]
        # What analysts may look at, they see no row of until a build gave it their policy.
        may = "select has_table_privilege(%s, %s, 'select')"
        assert connection.execute(may, [addresses.analysts, "marts.items"]).fetchone() == (True,)
        assert connection.execute(may, [addresses.analysts, "marts_next.items"]).fetchone() == (False,)
    with made.connect("reader") as connection:
        connection.execute("set local closedloop.stations = '*'")
        assert connection.execute("select count(*) from marts.items").fetchone() == (1,)
    product.require_sound_roles(made.settings)
    server.drop(made)


def test_rows_of_an_earlier_release_are_known_again_after_the_migration(server: Server, tmp_path) -> None:
    """Their content is compared with what arrives, and no longer a digest that only they have."""
    made = server.at_revision("0005")
    with made.connect("owner") as connection:
        connection.execute(
            """
            insert into raw.bureaus (
                bureau_id, name_zh, version, is_current, retracted,
                row_hash, batch_id, source_file, source_row, loaded_at
            )
            values
                ('B1', '旧局', 1, false, false, 'a', 1, 'a.csv', 2, now()),
                ('B1', '市局', 2, true, false, 'b', 2, 'a.csv', 2, now()),
                ('B2', '城东分局', 1, true, false, 'c', 1, 'a.csv', 3, now())
            """
        )
        # Builds look at every column of it, in views upon views.
        product.ensure_schemas(connection, product.urls(made.settings))
        for suffix in ("", "_next"):
            connection.execute(f"create view staging{suffix}.stg_bureaus as select * from raw.bureaus")
            connection.execute(
                f"create view intermediate{suffix}.bureaus as "
                f"select row_hash from staging{suffix}.stg_bureaus"
            )
        connection.execute("create schema mine")
        connection.execute("create view mine.bureaus as select row_hash from raw.bureaus")
    with pytest.raises(product.WarehouseError, match=r"changed nothing: [\s\S]*view mine.bureaus depends on"):
        product.migrate(made.settings)
    with made.connect("owner") as connection:
        connection.execute("drop schema mine cascade")
    assert product.migrate(made.settings) is True
    file = tmp_path / "b.csv"
    file.write_text("bureau_id,name_zh\nB1,市局\nB2,城西分局\n", encoding="utf-8")
    with made.in_environment():
        report = intake.load_file("bureaus", file)
    assert (report.total("unchanged"), report.total("accepted")) == (1, 1)
    versions = "select bureau_id, version, name_zh, is_current from raw.bureaus order by 1, 2"
    with made.connect("owner") as connection:
        assert connection.execute(versions).fetchall() == [
            ("B1", 1, "旧局", False),
            ("B1", 2, "市局", True),
            ("B2", 1, "城东分局", False),
            ("B2", 2, "城西分局", True),
        ]
        for twice in ("('B1', '市局', 3, true)", "('B1', '市局', 1, false)"):
            with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
                connection.execute(
                    f"""
                    insert into raw.bureaus (
                        bureau_id, name_zh, version, is_current, retracted,
                        batch_id, source_file, source_row, loaded_at
                    )
                    values ({twice[1:-1]}, false, 1, 'a.csv', 2, now())
                    """
                )
    server.drop(made)
