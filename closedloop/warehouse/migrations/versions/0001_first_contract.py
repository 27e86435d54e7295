"""The raw contract as of the first release, its loads and builds, and what pages may know of them."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: As ``closedloop.intake.contract`` had it. A test compares the migrated schema with the contract of today.
RAW = """
create schema raw;

create table raw.bureaus (
    bureau_id text not null,
    name_zh text not null,
    name_en text,
    parent_bureau_id text,
    sort_order integer,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint bureaus_pkey primary key (bureau_id, version)
);
create unique index bureaus_current on raw.bureaus (bureau_id) where is_current;
create index bureaus_batch on raw.bureaus (batch_id);
comment on table raw.bureaus is
    'One row per version of a bureau: the city and the bureaus under it.';

create table raw.stations (
    station_id text not null,
    bureau_id text not null,
    name_zh text not null,
    name_en text,
    kind text,
    sort_order integer,
    lon double precision,
    lat double precision,
    member_from date,
    member_to date,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint stations_pkey primary key (station_id, version)
);
create unique index stations_current on raw.stations (station_id) where is_current;
create index stations_batch on raw.stations (batch_id);
comment on table raw.stations is
    'One row per version of a station, with the dates of its membership in a bureau.';

create table raw.posts (
    post_id text not null,
    station_id text not null,
    kind text,
    name_zh text,
    name_en text,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint posts_pkey primary key (post_id, version)
);
create unique index posts_current on raw.posts (post_id) where is_current;
create index posts_batch on raw.posts (batch_id);
comment on table raw.posts is
    'One row per version of a post: a position at a station, never a person.';

create table raw.incidents (
    incident_id text not null,
    source_no text,
    loop text,
    station_id text,
    source text,
    received_at timestamptz not null,
    dispatched_at timestamptz,
    arrived_at timestamptz,
    handled_at timestamptz,
    closed_at timestamptz,
    initial_type text,
    final_type text,
    priority text,
    outcome text,
    is_valid boolean,
    is_police_matter boolean,
    place text,
    place_key text,
    place_type text,
    lon double precision,
    lat double precision,
    response_zone integer,
    elements_recorded integer,
    reporter_key text,
    merged_into text,
    duty_team text,
    post_id text,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint incidents_pkey primary key (incident_id, version)
);
create unique index incidents_current on raw.incidents (incident_id) where is_current;
create index incidents_batch on raw.incidents (batch_id);
comment on table raw.incidents is
    'One row per version of an incident (警情).';

create table raw.disputes (
    dispute_id text not null,
    source_no text,
    loop text,
    station_id text,
    found_at timestamptz not null,
    source text,
    incident_id text,
    dispute_type text,
    severity text,
    outcome text,
    place text,
    place_key text,
    lead_department_id text,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint disputes_pkey primary key (dispute_id, version)
);
create unique index disputes_current on raw.disputes (dispute_id) where is_current;
create index disputes_batch on raw.disputes (batch_id);
comment on table raw.disputes is
    'One row per version of a dispute (矛盾纠纷).';

create table raw.directives (
    directive_id text not null,
    source_no text,
    loop text,
    bureau_id text,
    station_id text,
    issued_at timestamptz not null,
    severity text,
    kind text,
    title text,
    subject_loop text,
    subject_id text,
    measures text,
    due_at timestamptz,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint directives_pkey primary key (directive_id, version)
);
create unique index directives_current on raw.directives (directive_id) where is_current;
create index directives_batch on raw.directives (batch_id);
comment on table raw.directives is
    'One row per version of a directive (指令).';

create table raw.diversions (
    diversion_id text not null,
    source_no text,
    loop text,
    incident_id text,
    station_id text,
    department_id text not null,
    category text,
    sent_at timestamptz not null,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint diversions_pkey primary key (diversion_id, version)
);
create unique index diversions_current on raw.diversions (diversion_id) where is_current;
create index diversions_batch on raw.diversions (batch_id);
comment on table raw.diversions is
    'One row per version of a diversion (非警务分流).';

create table raw.tasks (
    task_id text not null,
    source_no text,
    loop text not null,
    station_id text,
    kind text,
    title text,
    severity text,
    opened_at timestamptz not null,
    due_at timestamptz,
    department_id text,
    place_key text,
    amount numeric,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint tasks_pkey primary key (task_id, version)
);
create unique index tasks_current on raw.tasks (task_id) where is_current;
create index tasks_batch on raw.tasks (batch_id);
comment on table raw.tasks is
    'One row per version of any other item in a loop of the bureau''s own; hazards (隐患) are the first.';

create table raw.loop_events (
    event_id text not null,
    loop text not null,
    item_id text not null,
    stage text,
    move text,
    occurred_at timestamptz not null,
    recorded_at timestamptz,
    severity text,
    due_at timestamptz,
    station_id text,
    post_id text,
    department_id text,
    outcome text,
    amount numeric,
    supersedes text,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint loop_events_pkey primary key (event_id, version)
);
create unique index loop_events_current on raw.loop_events (event_id) where is_current;
create index loop_events_batch on raw.loop_events (batch_id);
comment on table raw.loop_events is
    'One row per version of an event: a stage reached or a move made by a work item.';

create table raw.volunteer_posts (
    volunteer_post_id text not null,
    station_id text,
    name_zh text,
    opened_on date,
    closed_on date,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint volunteer_posts_pkey primary key (volunteer_post_id, version)
);
create unique index volunteer_posts_current on raw.volunteer_posts (volunteer_post_id) where is_current;
create index volunteer_posts_batch on raw.volunteer_posts (batch_id);
comment on table raw.volunteer_posts is
    'One row per version of a volunteer post (义警服务站).';

create table raw.volunteers (
    volunteer_id text not null,
    station_id text,
    volunteer_post_id text,
    squad text,
    kind text,
    joined_on date,
    left_on date,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint volunteers_pkey primary key (volunteer_id, version)
);
create unique index volunteers_current on raw.volunteers (volunteer_id) where is_current;
create index volunteers_batch on raw.volunteers (batch_id);
comment on table raw.volunteers is
    'One row per version of a volunteer: a number and a squad, never a name.';

create table raw.volunteer_activities (
    activity_id text not null,
    station_id text,
    volunteer_post_id text,
    squad text,
    kind text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    participants integer,
    children integer,
    accepted boolean,
    version integer not null,
    is_current boolean not null,
    retracted boolean not null,
    row_hash text not null,
    batch_id bigint not null,
    source_file text not null,
    source_row bigint not null,
    loaded_at timestamptz not null,
    constraint volunteer_activities_pkey primary key (activity_id, version)
);
create unique index volunteer_activities_current on raw.volunteer_activities (activity_id) where is_current;
create index volunteer_activities_batch on raw.volunteer_activities (batch_id);
comment on table raw.volunteer_activities is
    'One row per version of a volunteer activity; people in it are counts only.';
"""

#: ``ops``: what was loaded, refused, covered and built.
OPS = """
create table ops.warehouse_info (
    key text primary key,
    value text not null
);
comment on table ops.warehouse_info is 'One row per fact about the whole warehouse: demo, time_zone.';

create table ops.batches (
    batch_id bigint generated always as identity primary key,
    table_name text not null,
    source_file text not null,
    file_sha256 text not null,
    mapping text,
    mapping_sha256 text,
    extract text not null default 'delta',
    covers_from timestamptz,
    covers_until timestamptz,
    covers_stations text[],
    rows_read bigint not null default 0,
    rows_accepted bigint not null default 0,
    rows_unchanged bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_retracted bigint not null default 0,
    rows_derived_events bigint not null default 0,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    loaded_by text not null default 'cli',
    warnings text[] not null default '{}',
    constraint batches_extract check (extract in ('full', 'delta')),
    constraint batches_loaded_by check (loaded_by in ('cli', 'upload', 'replay', 'demo')),
    constraint batches_reconcile check (rows_read = rows_accepted + rows_unchanged + rows_quarantined),
    constraint batches_counts check (
        least(rows_read, rows_accepted, rows_unchanged, rows_quarantined, rows_retracted) >= 0
        and rows_derived_events >= 0
    )
);
create index batches_by_file on ops.batches (file_sha256, table_name);
comment on table ops.batches is
    'One row per load of one file into one table, numbered in the order of commits.';

create table ops.quarantine (
    quarantine_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batches,
    table_name text not null,
    source_file text not null,
    source_row bigint not null,
    file_sha256 text not null,
    station_id text,
    reasons jsonb not null,
    "row" jsonb,
    status text not null default 'open',
    replayed_batch_id bigint references ops.batches,
    created_at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    constraint quarantine_status check (status in ('open', 'replayed', 'discarded')),
    constraint quarantine_reasons check (jsonb_typeof(reasons) = 'array' and jsonb_array_length(reasons) > 0),
    constraint quarantine_resolved check ((status = 'open') = (resolved_at is null))
);
create index quarantine_by_batch on ops.quarantine (batch_id);
create index quarantine_open on ops.quarantine (table_name, quarantine_id) where status = 'open';
comment on table ops.quarantine is
    'One row per row refused by a load, masked, with every reason; no content for a line nobody could parse.';

create table ops.coverage (
    batch_id bigint not null references ops.batches,
    table_name text not null,
    station_id text not null,
    covers_from timestamptz,
    covers_until timestamptz not null,
    constraint coverage_pkey primary key (batch_id, table_name, station_id),
    constraint coverage_order check (covers_from is null or covers_from <= covers_until)
);
create index coverage_by_station on ops.coverage (table_name, station_id, covers_until);
comment on table ops.coverage is 'One row per station that a load covers completely, from when until when.';

create table ops.builds (
    build_id bigint generated always as identity primary key,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    status text not null default 'running',
    stage_failed text,
    message text,
    models integer,
    tests integer,
    tests_failed integer,
    seconds double precision,
    last_batch_id bigint,
    code_hash text,
    published_at timestamptz,
    constraint builds_status check (status in ('running', 'published', 'failed')),
    constraint builds_published check ((status = 'published') = (published_at is not null))
);
comment on table ops.builds is 'One row per run of the builder, published or not.';

create table ops.build_tests (
    build_id bigint not null references ops.builds,
    test text not null,
    status text not null,
    failures bigint,
    message text,
    model text,
    constraint build_tests_pkey primary key (build_id, test)
);
comment on table ops.build_tests is 'One row per data test of a build.';
"""

STATUS = """
create schema status;

-- What pages must know between builds: that one failed, and what came in since. Counts and times, no case.
-- These views read with their owner's rights, and stay shut to a session without a scope.
create view status.builds with (security_barrier) as
select
    build_id,
    status,
    started_at,
    finished_at,
    published_at,
    status = 'published' as published,
    stage_failed,
    message,
    last_batch_id
from ops.builds
where nullif(current_setting('closedloop.stations', true), '') is not null;
comment on view status.builds is 'One row per build, for any scope.';

create view status.loads with (security_barrier) as
select
    count(*) as batches,
    max(batch_id) as last_batch_id,
    max(finished_at) as last_loaded_at
from ops.batches
having nullif(current_setting('closedloop.stations', true), '') is not null;
comment on view status.loads is 'One row, for any scope: how many loads, and the last.';
"""


def upgrade() -> None:
    for script in (RAW, OPS, STATUS):
        op.get_bind().exec_driver_sql(script)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
