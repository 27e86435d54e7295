"""Raw tables that are cheaper to write: one index for both promises about versions, no digest of what stands
in the row anyway, and the first rows of an empty table written before its indexes."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

#: The tables of the contract as it is now, each with its key.
TABLES = {
    "bureaus": "bureau_id",
    "stations": "station_id",
    "posts": "post_id",
    "incidents": "incident_id",
    "disputes": "dispute_id",
    "directives": "directive_id",
    "diversions": "diversion_id",
    "tasks": "task_id",
    "loop_events": "event_id",
    "volunteer_posts": "volunteer_post_id",
    "volunteers": "volunteer_id",
    "volunteer_activities": "activity_id",
}

#: What builds made of raw tables by select * names every column they had. The next build makes it anew, and
#: one is due, because the sources of the models have changed. Pages read marts, which are tables. A view of
#: somebody else's stops the migration.
VIEWS_OF_BUILDS = """
do $$
declare
    views text;
begin
    select string_agg(quote_ident(schemaname) || '.' || quote_ident(viewname), ', ')
    into views
    from pg_views
    where schemaname in ('staging', 'staging_next', 'intermediate', 'intermediate_next');
    if views is not null then
        execute 'drop view ' || views;
    end if;
end
$$
"""

#: Versions count from 1, so 0 stands for the current one: a key has one current version at most, and each
#: superseded one once. Batches lie in the table in their order, so their ranges are index enough.
LIGHTER = """
alter table raw.{name} drop constraint {name}_pkey;
drop index raw.{name}_current, raw.{name}_batch;
alter table raw.{name} drop column row_hash;
create unique index {name}_versions on raw.{name}
    ({key}, ((not is_current)::integer * version));
create index {name}_batch on raw.{name} using brin (batch_id);
"""

#: The loader owns nothing and truncates nothing. What it may have done is no loss: only an empty table is
#: given new storage, which a server without standby need not log, and its indexes come back as they were.
FILLING = """
create table ops.set_aside_indexes (
    position bigint generated always as identity primary key,
    relation text not null,
    definition text not null
);
comment on table ops.set_aside_indexes is
    'Indexes of a raw table that is being filled for the first time; empty outside the transaction.';

create function raw.begin_filling(name text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    filled text := 'raw.' || quote_ident(name);
    index record;
    held boolean;
begin
    execute 'select exists (select from ' || filled || ')' into held;
    if held then
        return false;
    end if;
    begin
        -- A backup may be reading it: then the rows go in the ordinary way, and nobody waits for it.
        execute 'lock table ' || filled || ' in access exclusive mode nowait';
    exception
        when lock_not_available then
            return false;
    end;
    execute 'select exists (select from ' || filled || ')' into held;
    if held then
        return false;
    end if;
    insert into ops.set_aside_indexes (relation, definition)
    select name, pg_get_indexdef(indexrelid)
    from pg_index
    where indrelid = filled::regclass
    order by indexrelid;
    for index in
        select indexrelid::regclass as name
        from pg_index
        where indrelid = filled::regclass
    loop
        execute 'drop index ' || index.name;
    end loop;
    execute 'truncate ' || filled;
    return true;
end
$$;
comment on function raw.begin_filling is
    'Set the indexes of an empty raw table aside until raw.end_filling; false, and nothing done, if it holds '
    'a row or somebody reads it. To be called in the transaction that fills the table.';

create function raw.end_filling(name text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    index record;
begin
    for index in
        select definition from ops.set_aside_indexes where relation = name order by position
    loop
        execute index.definition;
    end loop;
    delete from ops.set_aside_indexes where relation = name;
end
$$;
comment on function raw.end_filling is 'Make the indexes again that raw.begin_filling has set aside.';

revoke all on function raw.begin_filling, raw.end_filling from public;
"""


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(VIEWS_OF_BUILDS)
    for name, key in TABLES.items():
        connection.exec_driver_sql(LIGHTER.format(name=name, key=key))
    connection.exec_driver_sql(FILLING)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
