"""The migrated schema is the contract, and migrating is repeatable, exclusive and all or nothing."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool

from closedloop import warehouse as product
from closedloop.intake import contract
from tests.servers import Warehouse


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
