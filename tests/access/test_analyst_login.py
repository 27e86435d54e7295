"""An analyst's database login sees what the analyst is granted, whatever SQL it is used with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from closedloop import access
from closedloop import warehouse as product
from closedloop.access import Grant
from tests.access.logged_in import ISSUER, Logins, refused
from tests.access.marts import declared
from tests.servers import Warehouse

Denied = psycopg.errors.InsufficientPrivilege
COUNT = "select count(*) from marts.fct_work_items"


@pytest.fixture(scope="module")
def house(city: Warehouse, make_warehouse) -> Iterator[Warehouse]:
    made = make_warehouse(of=city)
    with made.in_environment():
        yield made
    product.dispose_engines()


@pytest.fixture(scope="module")
def s03(logins: Logins) -> str:
    return logins.of(Grant("analyst", stations=("S03",)))


def _bureau(house: Warehouse) -> tuple[str, list[str]]:
    """A bureau and the stations that belong to it, which are not all there are."""
    with house.connect() as owner:
        return owner.execute(
            "select bureau_id, access.stations_of_bureau(bureau_id) from raw.bureaus "
            "where is_current and parent_bureau_id is not null order by bureau_id limit 1"
        ).fetchone()


@pytest.mark.parametrize("place", ["stations", "bureau", "city"])
def test_every_mart_shows_an_analyst_what_their_grant_gives(house, logins, place):
    bureau, below = _bureau(house)
    grant = {
        "stations": Grant("analyst", stations=("S03", "S07")),
        "bureau": Grant("analyst", bureau),
        "city": Grant("analyst"),
    }[place]
    seen = {"stations": ["S03", "S07"], "bureau": below, "city": None}[place]
    with logins.connection(logins.of(grant)) as theirs, house.connect() as owner:
        for relation, scope in declared().items():
            count = sql.SQL("select count(*) from marts.{}").format(sql.Identifier(relation))
            homes = sql.SQL("not is_small_home") if scope == "place" else sql.SQL("true")
            if scope == "any" or seen is None:
                expected = owner.execute(sql.SQL("{} where {}").format(count, homes)).fetchone()
            elif scope == "city":
                expected = (0,)
            else:
                expected = owner.execute(
                    sql.SQL("{} where station_id = any (%s) and {}").format(count, homes), [seen]
                ).fetchone()
            assert theirs.execute(count).fetchone() == expected, relation
        assert theirs.execute(COUNT).fetchone()[0] > 0


#: What would show more than the grant if the database believed it.
TRICKS = (
    "set closedloop.stations = '*'",
    "set closedloop.role = 'leadership'",
    "select set_config('closedloop.stations', '*', false)",
    "set role closedloop_analyst",
    "set search_path = pg_temp, marts",
    "set session characteristics as transaction isolation level serializable",
    "create temporary table logins as select session_user::text as login",
    "create domain pg_temp.text as pg_catalog.text",
    "create domain pg_temp.date as pg_catalog.date",
    "create function pg_temp.analyst_stations() returns text[] language sql as $$ select '{*}'::text[] $$",
    "set plan_cache_mode = force_generic_plan",
)


def test_no_setting_no_role_and_no_temporary_thing_shows_an_analyst_more(house, logins, s03):
    with logins.connection(s03) as theirs, house.connect() as owner:
        expected = owner.execute(f"{COUNT} where station_id = 'S03'").fetchone()
        everything = owner.execute(COUNT).fetchone()
        assert (0,) < expected < everything
        for trick in TRICKS:
            theirs.execute(trick)
            assert theirs.execute(COUNT).fetchone() == expected, trick
        theirs.execute("reset role")
        theirs.execute("set row_security = off")
        with pytest.raises(Denied, match="would be affected by row-level security"):
            theirs.execute(COUNT)


#: What an analyst does not need, as each would be tried in psql.
REFUSED = (
    *(f"select * from {name}" for name in (
        "raw.incidents", "ops.batches", "ops.quarantine", "staging.stg_incidents", "reference.loops",
        "intermediate.int_work_items", "marts_next.fct_work_items", "access.grants", "access.logins",
        "access.members", "access.sessions", "audit.events", "status.builds", "pg_authid", "pg_statistic",
        "pg_user_mapping", "pg_largeobject", "pg_hba_file_rules", "pg_file_settings",
    )),
    "select access.grant_of('a', 'b')",
    "select access.analyst_stations()",
    "select access.begin_session('a', 'b', 'c', '1 day')",
    "select access.stations_of_bureau('B1')",
    "select audit.write('[]')",
    "select audit.read('a', 'b', now(), now(), null, 1)",
    "insert into marts.fct_work_items (work_item_id) values ('x')",
    "update marts.fct_work_items set severity = 'red'",
    "delete from marts.fct_work_items",
    "truncate marts.fct_work_items",
    "lock table marts.fct_work_items in exclusive mode",
    "alter table marts.fct_work_items disable row level security",
    "drop policy analyst on marts.fct_work_items",
    "alter policy analyst on marts.fct_work_items using (true)",
    "create policy mine on marts.fct_work_items using (true)",
    "create index on marts.fct_work_items (title)",
    "create trigger mine before insert on marts.fct_work_items "
    "execute function suppress_redundant_updates_trigger()",
    "create table marts.mine (a int)",
    "create table public.mine (a int)",
    "create schema mine",
    "create function marts.mine() returns int language sql as 'select 1'",
    "create extension dblink",
    "create event trigger mine on ddl_command_end execute function suppress_redundant_updates_trigger()",
    "create role mine",
    "create database mine",
    "create publication mine for all tables",
    "create server mine foreign data wrapper postgres_fdw",
    "set role closedloop_owner",
    "set role closedloop_reader",
    "set role closedloop_loader",
    "set role closedloop_auditor",
    "set session authorization closedloop_owner",
    "grant closedloop_owner to current_user",
    "grant closedloop_analyst to closedloop_reader",
    "alter role current_user superuser",
    "alter role current_user bypassrls",
    "alter role current_user connection limit 100",
    "set temp_file_limit = '-1'",
    "set session_replication_role = replica",
    "alter system set log_statement = 'all'",
    "load 'auto_explain'",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/closedloop-never-written'",
    "copy pg_temp.lines from program 'id'",
    "copy pg_temp.lines from '/etc/passwd'",
    "select pg_read_file('postgresql.conf')",
    "select pg_read_binary_file('postgresql.conf')",
    "select pg_ls_dir('.')",
    "select pg_stat_file('postgresql.conf')",
    "select pg_current_logfile()",
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '/tmp/closedloop-never-written')",
    "select dblink('host=/tmp', 'select 1')",
    "select query_to_xml('select * from raw.incidents', true, true, '')",
    "select pg_reload_conf()",
    "select pg_switch_wal()",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'closedloop_owner'",
    "do language plpython3u 'x'",
)  # fmt: skip


def test_an_analyst_is_refused_what_analysis_does_not_need(house, logins, s03):
    with logins.connection(s03) as theirs, house.connect():
        theirs.execute("create temporary table lines (line text)")
        carried_out = [statement for statement in REFUSED if refused(theirs, statement) is None]
        assert carried_out == []
        assert theirs.execute(COUNT).fetchone() > (0,)


def test_a_cheap_function_is_not_shown_what_the_policy_hides(logins, s03):
    with logins.connection(s03) as theirs:
        told: list[str] = []
        theirs.add_notice_handler(lambda notice: told.append(notice.message_primary))
        theirs.execute(
            """
            create function peep(value text) returns boolean language plpgsql cost 0.000000001 as $$
            begin raise notice '%', value; return true; end $$
            """
        )
        theirs.execute(f"{COUNT} where peep(station_id)")
        theirs.execute(f"{COUNT} as items join marts.dim_stations using (station_id) where peep(station_id)")
        assert set(told) == {"S03"}
        # Planning neither asks the statistics of hidden rows nor lists them.
        assert theirs.execute("select count(*) from pg_stats where schemaname = 'marts'").fetchone() == (0,)
        assert refused(theirs, "select stavalues1 from pg_statistic") is Denied
        # An error message would show the value that it stumbled over.
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match='"S03"'):
            theirs.execute(f"{COUNT} where station_id::integer > 0")


def test_what_an_analyst_makes_is_in_their_schema_and_nobody_else_sees_it(house, logins, s03):
    other = logins.of(Grant("analyst", stations=("S07",)))
    with logins.connection(s03) as theirs, logins.connection(other) as others:
        theirs.execute("create table items as select * from marts.fct_work_items")
        theirs.execute("create view now_open as select * from marts.fct_work_items where is_open")
        theirs.execute("create view asked with (security_invoker) as select * from marts.fct_work_items")
        mine = theirs.execute("select distinct station_id from items").fetchall()
        assert mine == [("S03",)]
        assert theirs.execute("select distinct station_id from now_open").fetchall() == [("S03",)]
        # Even handed over: the schema is not theirs to open.
        theirs.execute("grant all on items, now_open, asked to public")
        # A warning, and no grant.
        theirs.execute(sql.SQL("grant usage on schema {} to public").format(sql.Identifier(f"analyst_{s03}")))
        for relation in ("items", "now_open", "asked"):
            assert refused(others, f"select * from analyst_{s03}.{relation}") is Denied
        assert refused(others, f"create table analyst_{s03}.mine (a int)") is Denied
        with house.connect("reader") as reader:
            assert refused(reader, f"select * from analyst_{s03}.items") is Denied


def test_a_revoked_analyst_sees_no_row_at_the_next_statement(house, logins):
    login = logins.of(Grant("analyst"))
    with logins.connection(login) as theirs:
        theirs.execute("set plan_cache_mode = force_generic_plan")
        theirs.execute(f"prepare asked as {COUNT}")
        assert theirs.execute("execute asked").fetchone() > (0,)
        with house.connect() as owner:
            # As the end of its time would, without a word to the connection.
            owner.execute(
                "update access.grants set valid_to = clock_timestamp() where member_id = "
                "(select member_id from access.members where subject = %s)",
                [login],
            )
        assert theirs.execute("execute asked").fetchone() == (0,)
        assert theirs.execute(COUNT).fetchone() == (0,)
        for relation in declared():
            assert theirs.execute(f"select count(*) from marts.{relation}").fetchone() == (0,), relation


def test_a_transaction_that_stays_open_does_not_outlive_the_grant(house, logins):
    login = logins.of(Grant("analyst"))
    with logins.connection(login) as theirs, theirs.transaction():
        assert theirs.execute(COUNT).fetchone() > (0,)
        with house.connect() as owner:
            owner.execute(
                "update access.grants set valid_to = clock_timestamp() where member_id = "
                "(select member_id from access.members where subject = %s)",
                [login],
            )
        assert theirs.execute(COUNT).fetchone() == (0,)


def test_revoking_ends_a_snapshot_from_before(logins):
    login = logins.of(Grant("analyst"))
    with logins.connection(login) as theirs:
        theirs.execute("begin isolation level repeatable read")
        assert theirs.execute(COUNT).fetchone() > (0,)
        access.revoke(ISSUER, login, by="tests")
        with pytest.raises(psycopg.OperationalError):
            theirs.execute(COUNT)


def test_a_grant_that_begins_later_or_is_for_another_part_shows_no_row(house, logins):
    later = datetime.now(UTC) + timedelta(days=1)
    login = logins.of(Grant("analyst"))
    access.revoke(ISSUER, login, by="tests")
    access.grant(ISSUER, login, Grant("analyst"), by="tests", valid_from=later)
    with logins.connection(login) as theirs:
        assert theirs.execute(COUNT).fetchone() == (0,)
        access.revoke(ISSUER, login, by="tests")
    access.grant(ISSUER, login, Grant("leadership"), by="tests")
    with logins.connection(login) as theirs:
        assert theirs.execute(COUNT).fetchone() == (0,)


def test_an_auditor_reads_every_trace_and_not_one_case(house, logins):
    login = logins.of(Grant("auditor"))
    with logins.connection(login) as theirs, house.connect() as owner:
        everything = owner.execute("select count(*) from audit.events").fetchone()
        owner.commit()
        assert theirs.execute("select count(*) from audit.events").fetchone() == everything > (0,)
        carried_out = [
            statement
            for statement in (
                *(s for s in REFUSED if "audit.events" not in s and s != "set role closedloop_auditor"),
                "select * from marts.fct_work_items",
                "select * from marts.dim_stations",
                "create temporary table mine (a int)",
                "create table mine (a int)",
                "insert into audit.events (event) values ('page')",
                "update audit.events set subject = 'x'",
                "delete from audit.events",
                "truncate audit.events",
                "alter table audit.events disable trigger all",
                "alter table audit.events disable row level security",
                "drop trigger append_only on audit.events",
            )
            if refused(theirs, statement) is None
        ]
        assert carried_out == []
        access.revoke(ISSUER, login, by="tests")
    with logins.connection(login) as theirs:
        assert theirs.execute("select count(*) from audit.events").fetchone() == (0,)


def test_functions_of_the_owner_look_into_no_temporary_schema(house):
    with house.connect() as owner:
        rows = owner.execute(
            """
            select format('%s.%s', nspname, proname), proconfig
            from pg_proc
            join pg_namespace on pg_namespace.oid = pronamespace
            where prosecdef
            """
        ).fetchall()
    assert len(rows) > 8
    assert {name for name, config in rows if config != ["search_path=pg_catalog, pg_temp"]} == set()
