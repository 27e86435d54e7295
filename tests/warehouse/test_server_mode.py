"""A warehouse on somebody's PostgreSQL: what is wrong with it is said before anything is done to it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from closedloop import access
from closedloop import warehouse as product
from closedloop.access import AccessError, Grant
from closedloop.access.logins import Login, add_login, logins, remove_login
from closedloop.errors import ClosedloopError
from closedloop.settings import Settings
from closedloop.warehouse import WarehouseError, WarehouseUnavailable, roles
from tests.servers import DebianServer, Warehouse

pytestmark = pytest.mark.pg15


def _settings(warehouse: Warehouse, **urls: str) -> Settings:
    return Settings(
        home=warehouse.settings.home, **{name: getattr(warehouse.settings, name) for name in _URLS} | urls
    )


_URLS = ("owner_url", "loader_url", "reader_url")


@pytest.fixture
def blank(debian_server: DebianServer):
    made = debian_server.blank()
    yield made
    debian_server.drop(made)


@pytest.fixture
def migrated(debian_server: DebianServer):
    made = debian_server.fresh()
    yield made
    debian_server.drop(made)


def test_a_server_of_version_15_is_migrated_by_an_owner_without_powers(blank: Warehouse) -> None:
    assert product.migrate(blank.settings) is True
    with blank.connect("owner") as connection:
        assert connection.info.server_version // 10000 == 15
        row = connection.execute(
            """
            select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls
            from pg_roles
            where rolname = current_user
            """
        ).fetchone()
        assert row == (False,)


def test_an_older_server_is_refused(blank: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "OLDEST_SERVER", 16)
    with pytest.raises(WarehouseError, match="is PostgreSQL 15; Closedloop needs 16 or newer"):
        product.migrate(blank.settings)
    with pytest.raises(WarehouseError, match="needs 16 or newer"), product.in_use(blank.settings):
        pass


def test_using_a_server_neither_starts_nor_stops_it(migrated: Warehouse, tmp_path: Path) -> None:
    elsewhere = migrated.settings.model_copy(update={"home": tmp_path / "home"})
    with product.in_use(elsewhere) as started:
        assert started is False
    assert not elsewhere.home.exists()
    with migrated.connect("owner") as connection:
        connection.execute("select 1")


def test_one_role_for_two_parts_is_refused(migrated: Warehouse) -> None:
    assert migrated.settings.owner_url is not None
    shared = _settings(migrated, reader_url=migrated.settings.owner_url.get_secret_value())
    with pytest.raises(WarehouseError, match="CLOSEDLOOP_READER_URL names clerk_owner, who has another part"):
        product.require_sound_roles(shared)


def test_an_owner_who_may_not_create_schemas_is_told_the_grant(blank: Warehouse) -> None:
    database = sql.Identifier(blank.database)
    with blank.server.admin() as admin:
        admin.execute(sql.SQL("alter database {} owner to postgres").format(database))
    with pytest.raises(WarehouseError, match=rf"grant create on database {blank.database} to clerk_owner"):
        product.migrate(blank.settings)
    with blank.server.admin() as admin:
        admin.execute(sql.SQL("grant create on database {} to clerk_owner").format(database))
    assert product.migrate(blank.settings) is True


def test_a_failed_migration_leaves_nothing(blank: Warehouse) -> None:
    with blank.connect("owner") as connection:
        connection.execute("create schema status")
    with pytest.raises(WarehouseError, match="status"):
        product.migrate(blank.settings)
    assert product.current_revision(blank.settings) is None
    with blank.connect("owner") as connection:
        assert connection.execute("select to_regnamespace('raw')").fetchone() == (None,)


def test_a_database_that_is_not_utf8_is_refused(debian_server: DebianServer) -> None:
    with debian_server.admin() as admin:
        admin.execute(
            "create database test_latin owner clerk_owner template template0 encoding 'LATIN1' locale 'C'"
        )
    latin = debian_server.at("test_latin")
    try:
        with pytest.raises(WarehouseError, match="encoded in LATIN1"):
            product.migrate(latin.settings)
    finally:
        debian_server.drop(latin)


def test_a_warehouse_of_a_newer_release_is_left_alone(migrated: Warehouse) -> None:
    with migrated.connect("owner") as connection:
        connection.execute("update ops.alembic_version set version_num = '9999'")
    with pytest.raises(WarehouseError, match=r"revision 9999.*newer"):
        product.migrate(migrated.settings)


def test_another_time_zone_is_refused(migrated: Warehouse) -> None:
    moved = migrated.settings.model_copy(update={"time_zone": "Europe/Berlin"})
    with pytest.raises(WarehouseError, match="counts its days in Asia/Shanghai"):
        product.migrate(moved)


def test_a_server_that_does_not_answer_is_named_without_its_password(migrated: Warehouse) -> None:
    lost = _settings(migrated, loader_url="postgresql://clerk_loader:tell-nobody@/x?host=/nowhere")
    with pytest.raises(WarehouseUnavailable, match="CLOSEDLOOP_LOADER_URL does not answer") as caught:
        product.connect("loader", lost)
    assert "tell-nobody" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense tell-nobody", "is no PostgreSQL address"),
        ("postgresql://:tell-nobody@host/x", "names no role"),
        ("postgresql://someone:tell-nobody@host", "names no database"),
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(
    migrated: Warehouse, url: str, said: str
) -> None:
    with pytest.raises(WarehouseError, match=f"CLOSEDLOOP_READER_URL {said}") as caught:
        product.urls(_settings(migrated, reader_url=url))
    assert "tell-nobody" not in str(caught.value)


def test_addresses_of_sqlalchemy_are_understood(migrated: Warehouse) -> None:
    assert migrated.settings.reader_url is not None
    url = migrated.settings.reader_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://")
    with product.connect("reader", _settings(migrated, reader_url=url)) as connection:
        assert connection.info.user == "clerk_reader"


def test_a_hash_key_must_be_given(migrated: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="CLOSEDLOOP_HASH_KEY is not set"):
        product.hash_key(_settings(migrated))
    assert product.hash_key(migrated.settings) == b"a key for tests"


def test_roles_with_any_name_get_their_grants(migrated: Warehouse) -> None:
    name = 'Le "lecteur"'
    reader = sql.Identifier(name)
    with migrated.server.admin() as admin:
        admin.execute(sql.SQL("create role {} login password 'x'").format(reader))
    try:
        assert migrated.settings.reader_url is not None
        host = product.urls(migrated.settings).parts("reader")["host"]
        url = f"postgresql://{quote(name)}:x@/{migrated.database}?host={host}"
        named = _settings(migrated, reader_url=url)
        product.migrate(named)
        with product.connect("owner", named) as connection:
            connection.execute("create table marts.one as select 1 as a")
        with product.connect("reader", named) as connection:
            assert connection.execute("select a from marts.one").fetchone() == (1,)
    finally:
        with migrated.server.admin(migrated.database) as admin:
            admin.execute(sql.SQL("drop owned by {}").format(reader))
            admin.execute(sql.SQL("drop role {}").format(reader))


def test_an_administrator_makes_a_login_with_the_statements_that_are_told(migrated: Warehouse) -> None:
    settings, addresses = migrated.settings, product.urls(migrated.settings)
    grant = Grant("analyst")
    access.grant("gateway", "chen", grant, by="tests", settings=settings)

    def add() -> Login:
        return add_login("gateway", "chen", "t_chen", by="tests", password=str, settings=settings)

    with pytest.raises(AccessError, match="an administrator of the server makes the login t_chen") as told:
        add()
    statements = [line for line in str(told.value).splitlines() if line.endswith(";")]
    assert statements[1] == 'grant "clerk_analysts" to "t_chen";'
    with migrated.connect("owner") as owner:
        owner.execute("create table marts.one as select 'S01'::text as station_id")
        owner.execute("alter table marts.one enable row level security")
        owner.execute(
            "create policy analyst on marts.one for select to clerk_analysts "
            "using ((select '*' = any (access.analyst_stations())))"
        )
        owner.execute("grant select on marts.one to clerk_analysts")
    with migrated.server.admin() as admin:
        for statement in statements:
            admin.execute(statement.replace("'…'", "'a password'"))
    try:
        assert add().login == "t_chen"
        host = addresses.parts("reader")["host"]
        with psycopg.connect(
            host=host, dbname=migrated.database, user="t_chen", password="a password", autocommit=True
        ) as theirs:
            assert theirs.execute("select count(*) from one").fetchone() == (1,)
            theirs.execute("create table mine as select * from one")
            for closed in (
                "select * from raw.stations",
                "create table public.mine (a int)",
                "set role clerk_owner",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    theirs.execute(closed)
            product.require_sound_roles(settings)
            access.revoke("gateway", "chen", by="tests", settings=settings)
            with pytest.raises(psycopg.OperationalError):
                theirs.execute("select 1")
        remove_login("t_chen", by="tests", drop_tables=True, settings=settings)
        assert logins(settings) == []
    finally:
        with migrated.server.admin(migrated.database) as admin:
            admin.execute("drop owned by t_chen")
            admin.execute("drop role t_chen")


def test_a_role_for_analysts_that_is_not_there_is_named(migrated: Warehouse) -> None:
    lost = migrated.settings.model_copy(update={"analyst_role": "nobody at all"})
    with pytest.raises(WarehouseError, match=r'ANALYST_ROLE names nobody at all.*create role "nobody'):
        product.migrate(lost)


def test_a_server_without_logins_works_without_them(migrated: Warehouse) -> None:
    plain = migrated.settings.model_copy(update={"analyst_role": None, "auditor_role": None})
    product.migrate(plain)
    product.require_sound_roles(plain)
    access.grant("gateway", "li", Grant("analyst"), by="tests", settings=plain)
    with pytest.raises(ClosedloopError, match="no logins for analysts on this server yet"):
        add_login("gateway", "li", "t_li", by="tests", password=str, settings=plain)
