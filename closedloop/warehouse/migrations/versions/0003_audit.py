"""Traces: who came in, what they opened and took away, what was granted, loaded and built. Append-only."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUDIT = """
create schema audit;

create table audit.events (
    event_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    event text not null,
    issuer text,
    subject text,
    role text,
    place text,
    detail jsonb not null default '{}',
    constraint events_event check (
        event in (
            'sign_in', 'refused', 'sign_out', 'page', 'item', 'export', 'grant', 'revoke', 'load', 'build'
        )
    ),
    constraint events_detail check (jsonb_typeof(detail) = 'object' and pg_column_size(detail) < 8000)
);
create index events_by_time on audit.events using brin (at);
create index events_by_subject on audit.events (subject, at);
comment on table audit.events is
    'One row per thing somebody did: never changed, and removed only when older than the purge may reach.';

-- Not even its owner changes or removes a row by mistake; the purge says that it is one.
create function audit.refuse() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
    if tg_op = 'DELETE' and current_setting('closedloop.purge', true) = 'older than six months'
        and old.at < now() - interval '183 days' then
        return old;
    end if;
    raise exception 'audit.events is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete on audit.events
    for each row execute function audit.refuse();
create trigger never_truncated before truncate on audit.events
    for each statement execute function audit.refuse();

create function audit.write(events jsonb) returns void
language sql volatile security definer set search_path = pg_catalog
as $$
    insert into audit.events (at, event, issuer, subject, role, place, detail)
    select
        -- A clock that is wrong, or lies, moves an event by an hour at most.
        least(greatest(told.at, now() - interval '1 hour'), now()),
        told.event, told.issuer, told.subject, told.role, told.place, coalesce(told.detail, '{}')
    from jsonb_to_recordset(events) as told (
        at timestamptz, event text, issuer text, subject text, role text, place text, detail jsonb
    )
$$;
comment on function audit.write is 'Append events; nothing else can be done to them.';

create function audit.read(
    asked_issuer text, asked_subject text, since timestamptz, until timestamptz, about text, row_limit integer
) returns setof audit.events
language sql stable security definer set search_path = pg_catalog
as $$
    select events.*
    from audit.events as events
    where exists (
        select from access.grant_of(asked_issuer, asked_subject) as mine where mine.role = 'auditor'
    )
        and events.at >= since
        and events.at < until
        and (about is null or events.subject = about or events.event = about)
    order by events.at desc, events.event_id desc
    limit row_limit
$$;
comment on function audit.read is 'Events for somebody who is an auditor now; for anybody else no row.';

-- What the warehouse itself sees happen is traced by the warehouse: no command can leave it out.
create function audit.trace() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
declare
    member access.members;
begin
    if tg_table_name = 'batches' then
        insert into audit.events (event, role, detail) values (
            'load', new.loaded_by,
            jsonb_build_object(
                'batch', new.batch_id, 'table', new.table_name, 'file', left(new.source_file, 255),
                'sha256', new.file_sha256, 'read', new.rows_read, 'accepted', new.rows_accepted,
                'quarantined', new.rows_quarantined
            )
        );
    elsif tg_table_name = 'builds' then
        insert into audit.events (event, detail) values (
            'build', jsonb_build_object('build', new.build_id, 'status', new.status, 'code', new.code_hash)
        );
    else
        select * into member from access.members where member_id = new.member_id;
        insert into audit.events (event, issuer, subject, role, place, detail) values (
            case when new.revoked_at is null then 'grant' else 'revoke' end,
            member.issuer, member.subject, new.role,
            coalesce(array_to_string(new.stations, ','), new.bureau_id),
            jsonb_build_object(
                'by', coalesce(new.revoked_by, new.granted_by), 'from', new.valid_from, 'until', new.valid_to
            )
        );
    end if;
    return null;
end
$$;
create trigger traced_load after insert on ops.batches
    for each row when (new.finished_at is not null) execute function audit.trace();
create trigger traced_load_end after update on ops.batches
    for each row when (old.finished_at is null and new.finished_at is not null)
    execute function audit.trace();
create trigger traced_build after update on ops.builds
    for each row when (old.status <> new.status) execute function audit.trace();
create trigger traced_grant after insert on access.grants for each row execute function audit.trace();
create trigger traced_revocation after update on access.grants
    for each row when (old.revoked_at is null and new.revoked_at is not null) execute function audit.trace();

revoke all on all functions in schema audit from public;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(AUDIT)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
