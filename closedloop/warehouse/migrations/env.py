"""Alembic's environment: migrations run in the transaction that ``warehouse.migrate`` lends."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=None, version_table_schema="ops", transactional_ddl=False
)
context.run_migrations()
