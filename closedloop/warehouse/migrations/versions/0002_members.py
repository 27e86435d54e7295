"""Who may come in: members, their grants, and the sessions they have open."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ACCESS = """
create schema access;

create table access.members (
    member_id bigint generated always as identity primary key,
    issuer text not null,
    subject text not null,
    name text,
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null,
    constraint members_identity unique (issuer, subject),
    constraint members_said check (issuer <> '' and subject <> '' and created_by <> '')
);
comment on table access.members is
    'One row per identity: what a provider (issuer) or the gateway calls somebody.';

create table access.grants (
    grant_id bigint generated always as identity primary key,
    member_id bigint not null references access.members,
    role text not null,
    bureau_id text,
    stations text[],
    valid_from timestamptz not null,
    valid_to timestamptz,
    granted_by text not null,
    granted_at timestamptz not null default clock_timestamp(),
    revoked_by text,
    revoked_at timestamptz,
    constraint grants_role check (
        role in (
            'leadership', 'station_head', 'instructor', 'control_post', 'duty_officer', 'analyst', 'operator',
            'account_admin', 'auditor', 'wall'
        )
    ),
    -- leadership, analyst, wall: the city, or a bureau.
    constraint grants_place check (
        case
            when role in ('station_head', 'instructor', 'control_post')
                then bureau_id is null and stations is not null and cardinality(stations) > 0
            when role = 'duty_officer' then bureau_id is not null and stations is null
            when role in ('operator', 'account_admin', 'auditor') then bureau_id is null and stations is null
            else stations is null
        end
    ),
    constraint grants_period check (valid_to is null or valid_to >= valid_from),
    constraint grants_revoked check ((revoked_by is null) = (revoked_at is null)),
    -- One part at a time: who keeps the accounts is not who reads the traces.
    constraint grants_do_not_overlap exclude using gist (
        int8range(member_id, member_id, '[]') with &&,
        tstzrange(valid_from, valid_to) with &&
    )
);
create index grants_by_member on access.grants (member_id, valid_from);
comment on table access.grants is
    'One row per grant of a role and its place to a member, from when until when; never deleted.';

create table access.sessions (
    session_id text primary key,
    issuer text not null,
    subject text not null,
    started_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    ended_by text,
    constraint sessions_ended check ((ended_at is null) = (ended_by is null))
);
create index sessions_by_start on access.sessions (started_at);
create index sessions_by_member on access.sessions (issuer, subject) where ended_at is null;
comment on table access.sessions is
    'One row per session of somebody signed in: a restart of the page server forgets none that was ended.';
"""

#: Functions run with the owner's rights: the page server may ask for one identity that it names, and can list
#: nobody.
FUNCTIONS = """
create function access.stations_of_bureau(asked text) returns text[]
language sql stable set search_path = pg_catalog
as $$
    with recursive bureaus as (
        select bureau_id
        from raw.bureaus
        where bureau_id = asked and is_current and not retracted

        union

        select below.bureau_id
        from raw.bureaus as below
        join bureaus on below.parent_bureau_id = bureaus.bureau_id
        where below.is_current and not below.retracted
    ),

    today as (
        select (now() at time zone value)::date as day from ops.warehouse_info where key = 'time_zone'
    )

    select coalesce(array_agg(stations.station_id order by stations.station_id), '{}')
    from raw.stations as stations
    join bureaus on stations.bureau_id = bureaus.bureau_id
    cross join today
    where stations.is_current
        and not stations.retracted
        and coalesce(stations.member_from <= today.day, true)
        and coalesce(stations.member_to > today.day, true)
$$;
comment on function access.stations_of_bureau is
    'Stations that belong to the bureau, or to one below it, today.';

create function access.begin_session(
    asked_issuer text, asked_subject text, asked_session text, absolute interval
) returns void
language plpgsql volatile security definer set search_path = pg_catalog
as $$
begin
    -- Long dead: their cookies are stale by themselves.
    delete from access.sessions where started_at < now() - absolute - interval '1 day';
    insert into access.sessions (session_id, issuer, subject)
    values (asked_session, asked_issuer, asked_subject)
    on conflict (session_id) do nothing;
end
$$;
comment on function access.begin_session is 'Somebody signed in.';

create function access.end_session(asked_session text, reason text) returns void
language sql volatile security definer set search_path = pg_catalog
as $$
    update access.sessions
    set ended_at = clock_timestamp(), ended_by = reason
    where session_id = asked_session and ended_at is null
$$;
comment on function access.end_session is 'Somebody signed out.';

create function access.session_state(
    asked_issuer text, asked_subject text, asked_session text, idle interval, absolute interval
) returns text
language plpgsql volatile security definer set search_path = pg_catalog
as $$
declare
    found_session access.sessions;
begin
    select * into found_session
    from access.sessions
    where session_id = asked_session and issuer = asked_issuer and subject = asked_subject;
    if not found then
        return 'unknown';
    end if;
    if found_session.ended_at is not null then
        return found_session.ended_by;
    end if;
    if found_session.started_at + absolute <= now() then
        perform access.end_session(asked_session, 'expired');
        return 'expired';
    end if;
    if found_session.seen_at + idle <= now() then
        perform access.end_session(asked_session, 'idle');
        return 'idle';
    end if;
    -- A session that is used all day writes once a minute, not once a click.
    if found_session.seen_at < now() - least(interval '1 minute', idle / 4) then
        update access.sessions set seen_at = now() where session_id = asked_session;
    end if;
    return 'open';
end
$$;
comment on function access.session_state is
    'open, or why not: unknown, signed_out, idle, expired. Being asked keeps an open session open.';

create function access.grant_of(asked_issuer text, asked_subject text) returns table (
    grant_id bigint, name text, role text, bureau_id text, stations text[]
)
language sql stable security definer set search_path = pg_catalog
as $$
    select
        grants.grant_id,
        members.name,
        grants.role,
        grants.bureau_id,
        case
            when grants.bureau_id is null then grants.stations
            else access.stations_of_bureau(grants.bureau_id)
        end
    from access.members as members
    join access.grants as grants on members.member_id = grants.member_id
    where members.issuer = asked_issuer
        and members.subject = asked_subject
        and grants.valid_from <= now()
        and coalesce(grants.valid_to > now(), true)
$$;
comment on function access.grant_of is
    'The grant in force of one identity: no row, or one. A bureau''s stations are those of today.';

revoke all on all functions in schema access from public;
"""


def upgrade() -> None:
    for script in (ACCESS, FUNCTIONS):
        op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
