"""Database logins are given to who is granted, and limited; and taken away with all they made."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from closedloop import access
from closedloop import warehouse as product
from closedloop.access import AccessError, Grant
from closedloop.access.logins import logins as in_use
from closedloop.cli.registry import command_line
from closedloop.errors import ClosedloopError
from closedloop.warehouse import WarehouseError, people
from tests.access.logged_in import ISSUER, PASSWORD, Logins, refused


def _ours(*arguments: str) -> None:
    command_line().main(args=["access", "login", *arguments], standalone_mode=False)


def test_the_command_line_gives_lists_and_takes_a_login(house, tmp_path, capsys, monkeypatch):
    access.grant(ISSUER, "dr-chen", Grant("analyst", name="陈"), by="tests")
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    options = ("--issuer", ISSUER, "--by", "duty desk")
    _ours("add", "dr-chen", "--login", "chen", "--password-file", str(secret), *options)
    given = capsys.readouterr().out
    assert "chen  analyst  city  dr-chen  陈" in given and "by duty desk" in given and "user=chen" in given
    assert PASSWORD not in given
    with Logins(house).connection("chen") as theirs:
        theirs.execute("create table kept as select 1 as a")
        _ours("list")
        assert "1 relation(s) in analyst_chen" in capsys.readouterr().out
        with pytest.raises(AccessError, match=r"analyst_chen holds 1 relation.*--drop-tables"):
            _ours("remove", "chen")
        _ours("remove", "chen", "--drop-tables", "--by", "duty desk")
        with pytest.raises(psycopg.OperationalError):
            theirs.execute("select 1")
    assert in_use() == []
    with house.connect() as owner:
        assert owner.execute("select to_regrole('chen'), to_regnamespace('analyst_chen')").fetchone() == (
            None,
            None,
        )
        traced = owner.execute(
            "select event, detail->>'login', detail->>'by' from audit.events "
            "where subject = 'dr-chen' and detail ? 'login' order by event_id"
        ).fetchall()
    assert traced == [("grant", "chen", "duty desk"), ("revoke", "chen", "duty desk")]
    # The name may be somebody else's next, and the password may come from the environment.
    monkeypatch.setenv("CLOSEDLOOP_LOGIN_PASSWORD", PASSWORD)
    access.grant(ISSUER, "auditor-1", Grant("auditor"), by="tests")
    _ours("add", "auditor-1", "--login", "chen", *options)
    assert "chen  auditor" in capsys.readouterr().out
    _ours("remove", "chen")


def test_the_server_keeps_a_verifier_and_limits_and_no_password(house, logins):
    login = logins.of(Grant("analyst"))
    with house.server.admin() as admin:
        verifier, limit, until = admin.execute(
            "select rolpassword, rolconnlimit, rolvaliduntil from pg_authid where rolname = %s", [login]
        ).fetchone()
        assert verifier.startswith("SCRAM-SHA-256$") and (limit, until) == (people.CONNECTIONS, None)
    with logins.connection(login) as theirs:
        shown = {name: theirs.execute(f"show {name}").fetchone()[0] for name in people.LIMITS}
        assert shown == {**people.LIMITS, "timezone": "UTC"}
        assert theirs.execute("show search_path").fetchone() == (f"analyst_{login}, marts",)
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            held = [logins.connection(login) for _ in range(people.CONNECTIONS)]
            entered = []
            try:
                for each in held:
                    entered.append(each.__enter__() and each)
            finally:
                for each in entered:
                    each.__exit__(None, None, None)


@pytest.mark.parametrize(
    "name", ["", "Chen", "1a", "a-b", "a b", "pg_chen", "closedloop_owner", "analyst_x", "a" * 42]
)
def test_a_name_that_could_be_mistaken_is_refused(house, name):
    with pytest.raises(ClosedloopError, match="is no name for a login"):
        _ours("add", "somebody", "--login", name, "--issuer", ISSUER)


def test_a_login_is_for_analysts_and_auditors_and_one_each(house, logins, monkeypatch):
    monkeypatch.setenv("CLOSEDLOOP_LOGIN_PASSWORD", PASSWORD)

    def add(subject: str, login: str) -> None:
        _ours("add", subject, "--login", login, "--issuer", ISSUER)

    with pytest.raises(AccessError, match=r"nobody.* has no grant.*--role analyst first"):
        add("nobody", "someone")
    access.grant(ISSUER, "chief", Grant("leadership"), by="tests")
    with pytest.raises(AccessError, match=r"chief.* is leadership"):
        add("chief", "someone")
    first = logins.of(Grant("analyst"))
    with pytest.raises(AccessError, match="has a login already"):
        add(first, "second")
    access.grant(ISSUER, "other", Grant("analyst"), by="tests")
    with pytest.raises(AccessError, match=f"the login {first} is somebody's already"):
        add("other", first)
    with house.server.admin() as admin:
        admin.execute("create role taken")
    with pytest.raises(AccessError, match="there is a role taken already"):
        add("other", "taken")
    with house.server.admin() as admin:
        admin.execute("drop role taken")
    with pytest.raises(AccessError, match="there is no login nobody"):
        _ours("remove", "nobody")
    monkeypatch.delenv("CLOSEDLOOP_LOGIN_PASSWORD")
    with pytest.raises(AccessError, match="no password: name a file"):
        add("other", "someone")
    monkeypatch.setenv("CLOSEDLOOP_LOGIN_PASSWORD", "short")
    with pytest.raises(ClosedloopError, match="shorter than 12 characters"):
        add("other", "someone")
    with house.connect() as owner:
        assert owner.execute("select to_regrole('someone'), to_regrole('second')").fetchone() == (None, None)
        assert owner.execute("select count(*) from access.logins where login = 'someone'").fetchone() == (0,)


def test_a_login_with_more_than_its_part_is_found(house, logins):
    product.require_sound_roles(house.settings)
    analyst, auditor = logins.of(Grant("analyst")), logins.of(Grant("auditor"))
    product.require_sound_roles(house.settings)
    with house.server.admin(house.database) as admin:
        for given, taken, fault in (
            ("alter role {} bypassrls", "alter role {} nobypassrls", "bypasses row security"),
            ("alter role {} createrole", "alter role {} nocreaterole", "may create roles"),
            (
                "grant closedloop_reader to {}",
                "revoke closedloop_reader from {}",
                "is a member of closedloop_reader",
            ),
            (
                "grant pg_read_all_data to {}",
                "revoke pg_read_all_data from {}",
                "is a member of pg_read_all_data",
            ),
            (
                "grant usage on schema staging to {}",
                "revoke usage on schema staging from {}",
                "may look into schema staging",
            ),
            (
                "grant usage on schema marts_next to {}",
                "revoke usage on schema marts_next from {}",
                "may look into schema marts_next",
            ),
            (
                "grant create on schema public to {}",
                "revoke create on schema public from {}",
                "may create in schema public",
            ),
            (
                "grant insert on audit.events to {}",
                "revoke insert on audit.events from {}",
                r"may write audit\.events",
            ),
        ):
            for login in (analyst, auditor):
                name = sql.Identifier(login)
                admin.execute(sql.SQL(given).format(name))
                try:
                    with pytest.raises(WarehouseError, match=f"{login} {fault}"):
                        product.require_sound_roles(house.settings)
                finally:
                    admin.execute(sql.SQL(taken).format(name))
    product.require_sound_roles(house.settings)


def test_a_login_that_nobody_was_given_sees_nothing(house):
    with house.server.admin() as admin:
        admin.execute("create role stray login password 'x' in role closedloop_analyst")
    try:
        parts = product.urls(house.settings).parts("reader")
        with psycopg.connect(
            host=parts["host"], dbname=parts["dbname"], user="stray", password="x", autocommit=True
        ) as theirs:
            with house.connect() as owner:
                owner.execute("create table marts.one as select 'S01'::text as station_id")
                owner.execute("alter table marts.one enable row level security")
                owner.execute(
                    "create policy analyst on marts.one to closedloop_analyst "
                    "using ((select access.analyst_stations()) is not null)"
                )
                owner.execute("grant select on marts.one to closedloop_analyst")
            assert theirs.execute("select count(*) from marts.one").fetchone() == (0,)
            assert refused(theirs, "create table mine (a int)") is not None
    finally:
        with house.server.admin(house.database) as admin:
            admin.execute("drop owned by stray")
            admin.execute("drop role stray")
