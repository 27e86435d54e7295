"""Database logins of analysts and auditors: what each sees hangs on their grant, and not on a setting."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LOGINS = """
-- An analyst may work for some stations as well.
alter table access.grants drop constraint grants_place;
alter table access.grants add constraint grants_place check (
    case
        when role in ('station_head', 'instructor', 'control_post')
            then bureau_id is null and stations is not null and cardinality(stations) > 0
        when role = 'duty_officer' then bureau_id is not null and stations is null
        when role in ('operator', 'account_admin', 'auditor') then bureau_id is null and stations is null
        when role = 'analyst'
            then stations is null or (bureau_id is null and cardinality(stations) > 0)
        else stations is null
    end
);

create table access.logins (
    login_id bigint generated always as identity primary key,
    login text not null,
    member_id bigint not null references access.members,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    ended_by text,
    ended_at timestamptz,
    constraint logins_said check (login <> '' and created_by <> ''),
    constraint logins_ended check ((ended_by is null) = (ended_at is null))
);
create unique index logins_in_use on access.logins (login) where ended_at is null;
create unique index logins_one_each on access.logins (member_id) where ended_at is null;
comment on table access.logins is
    'One row per database login of a member, an analyst or an auditor: whose it is, since when, until when.';
"""

#: session_user and not current_user: inside the function that is the owner, outside a SET ROLE changes it.
#: clock_timestamp() and not now(): a transaction that stays open does not outlive the grant.
FUNCTIONS = """
create function access.analyst_stations() returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select
        case
            when grants.bureau_id is null then coalesce(grants.stations, '{*}')
            else access.stations_of_bureau(grants.bureau_id)
        end
    from access.logins as logins
    join access.grants as grants on logins.member_id = grants.member_id
    where logins.login = session_user
        and logins.ended_at is null
        and grants.role = 'analyst'
        and grants.valid_from <= clock_timestamp()
        and coalesce(grants.valid_to > clock_timestamp(), true)
$$;
comment on function access.analyst_stations is
    'Stations that whoever is logged in may see as an analyst, {*} for the city; null for anybody else.';

create function access.login_is_auditor() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from access.logins as logins
        join access.grants as grants on logins.member_id = grants.member_id
        where logins.login = session_user
            and logins.ended_at is null
            and grants.role = 'auditor'
            and grants.valid_from <= clock_timestamp()
            and coalesce(grants.valid_to > clock_timestamp(), true)
    )
$$;
comment on function access.login_is_auditor is 'Whether whoever is logged in is granted to read the traces.';

create function access.trace_login() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into audit.events (event, issuer, subject, detail)
    select
        case when new.ended_at is null then 'grant' else 'revoke' end,
        members.issuer,
        members.subject,
        jsonb_build_object('login', new.login, 'by', coalesce(new.ended_by, new.created_by))
    from access.members as members
    where members.member_id = new.member_id;
    return null;
end
$$;
create trigger traced_login after insert on access.logins
    for each row execute function access.trace_login();
create trigger traced_login_end after update on access.logins
    for each row when (old.ended_at is null and new.ended_at is not null)
    execute function access.trace_login();

revoke all on function access.analyst_stations, access.login_is_auditor, access.trace_login from public;

-- Its owner, and so every function that writes or reads traces, is under no policy; an auditor's login is.
alter table audit.events enable row level security;

-- Without pg_temp at its end a search path has it at its beginning: whoever may make temporary types could
-- put one of their own under a name that a function of the owner says.
alter function access.stations_of_bureau set search_path = pg_catalog, pg_temp;
alter function access.begin_session set search_path = pg_catalog, pg_temp;
alter function access.end_session set search_path = pg_catalog, pg_temp;
alter function access.session_state set search_path = pg_catalog, pg_temp;
alter function access.grant_of set search_path = pg_catalog, pg_temp;
alter function audit.refuse set search_path = pg_catalog, pg_temp;
alter function audit.write set search_path = pg_catalog, pg_temp;
alter function audit.read set search_path = pg_catalog, pg_temp;
alter function audit.trace set search_path = pg_catalog, pg_temp;
"""


def upgrade() -> None:
    for script in (LOGINS, FUNCTIONS):
        op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
