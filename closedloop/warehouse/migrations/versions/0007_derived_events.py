"""The stage events of a row that never changed are read from its own times, and written down only when it
changes. What is in the warehouse stays as it is: a row without a rule has its events in raw.loop_events."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: Tables of items as the contract has them now: the key, and the times that are stages, in their order.
TIMES = {
    "incidents": ("incident_id", "received_at", "dispatched_at", "arrived_at", "handled_at", "closed_at"),
    "disputes": ("dispute_id", "found_at"),
    "directives": ("directive_id", "issued_at"),
    "diversions": ("diversion_id", "sent_at"),
    "tasks": ("task_id", "opened_at"),
}

#: Reference data change, and events do not: what the times of a row meant when it was loaded is kept.
RULES = """
create table ops.stage_rules (
    rule integer not null,
    position smallint not null,
    table_name text not null,
    loop text not null,
    stage text not null,
    constraint stage_rules_pkey primary key (rule, position)
);
comment on table ops.stage_rules is
    'One row per time of an item''s row that is a stage: under a rule, the n-th time of the table is that '
    'stage of that loop.';
"""

RULE_OF = "alter table raw.{name} add column stage_rule integer"

DERIVED = """
select
    md5('{name}|' || item.{key} || '|' || rules.stage) as event_id,
    rules.loop,
    item.{key} as item_id,
    rules.stage,
    null::text as move,
    {time} as occurred_at,
    null::timestamptz as recorded_at,
    null::text as severity,
    null::timestamptz as due_at,
    null::text as station_id,
    null::text as post_id,
    null::text as department_id,
    null::text as outcome,
    null::numeric as amount,
    null::text as supersedes,
    1 as version,
    true as is_current,
    false as retracted,
    item.batch_id,
    item.source_file,
    item.source_row,
    item.loaded_at,
    '{name}'::text as item_table
from raw.{name} as item
join ops.stage_rules as rules on rules.rule = item.stage_rule
where {time} is not null
"""

SAID = """
comment on view raw.derived_events is
    'One row per stage event of an item whose times were loaded once and never changed. raw.loop_events has '
    'all other events.';
"""

#: As before, and what is the same in every row of the load is told the table once: a value less to write and
#: to read a million times over.
FILLING = """
drop function raw.begin_filling(text);
create function raw.begin_filling(name text, same jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    filled text := 'raw.' || quote_ident(name);
    index record;
    value record;
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
    for value in select * from jsonb_each_text(same) loop
        execute 'alter table ' || filled || ' alter column ' || quote_ident(value.key)
            || ' set default ' || quote_literal(value.value);
    end loop;
    return true;
end
$$;
comment on function raw.begin_filling is
    'Set the indexes of an empty raw table aside until raw.end_filling, and let what every row has the same '
    'be its default; false, and nothing done, if it holds a row or somebody reads it. To be called in the '
    'transaction that fills the table.';

create or replace function raw.end_filling(name text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    filled text := 'raw.' || quote_ident(name);
    index record;
    value record;
begin
    for value in
        select attname from pg_attribute where attrelid = filled::regclass and atthasdef
    loop
        execute 'alter table ' || filled || ' alter column ' || quote_ident(value.attname)
            || ' drop default';
    end loop;
    for index in
        select definition from ops.set_aside_indexes where relation = name order by position
    loop
        execute index.definition;
    end loop;
    delete from ops.set_aside_indexes where relation = name;
end
$$;
comment on function raw.end_filling is
    'Make the indexes again that raw.begin_filling has set aside, and take its defaults back.';

revoke all on function raw.begin_filling, raw.end_filling from public;
"""


def _derived(name: str, key: str, *times: str) -> str:
    cases = " ".join(f"when {position} then item.{time}" for position, time in enumerate(times, 1))
    return DERIVED.format(name=name, key=key, time=f"case rules.position {cases} end")


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(RULES)
    for name in TIMES:
        connection.exec_driver_sql(RULE_OF.format(name=name))
    derived = "union all".join(_derived(name, *columns) for name, columns in TIMES.items())
    connection.exec_driver_sql(f"create view raw.derived_events as {derived}")
    connection.exec_driver_sql(SAID)
    connection.exec_driver_sql(FILLING)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
