"""Alembic's environment: migrations run on the connection that ``warehouse.migrate`` lends, inside its
transaction."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=None, version_table_schema="ops", transactional_ddl=False
)
context.run_migrations()
