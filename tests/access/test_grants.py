"""A grant says who, as what, for where, from when until when; and the database says no to the rest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from closedloop import access
from closedloop import warehouse as product
from closedloop.access import AccessError, Grant, Person
from closedloop.access.entrance import new_session
from closedloop.cli.registry import command_line
from closedloop.settings import PROJECT_ROOT
from tests.servers import Warehouse

ISSUER = "https://sign-in.example"
HEAD = Grant("station_head", stations=("S03",))


@pytest.fixture(scope="module")
def peopled(city: Warehouse, make_warehouse) -> Iterator[Warehouse]:
    """A copy of the city; every test names its own people."""
    made = make_warehouse(of=city)
    with made.in_environment():
        yield made
    product.dispose_engines()


@pytest.fixture
def who(request: pytest.FixtureRequest) -> str:
    return f"{request.node.name}"[:200]


def _enter(subject: str) -> access.Entry:
    person = Person(ISSUER, subject, new_session())
    access.begin_session(person)
    return access.enter(person)


def test_a_grant_gives_its_scope_and_nothing_before_it(peopled, who):
    assert _enter(who) == access.Entry("open", None)
    given = access.grant(ISSUER, who, HEAD, by="ops")
    assert (given.place, given.in_force, given.granted_by) == ("S03", True, "ops")
    entry = _enter(who)
    assert entry.is_open and entry.grant.scope() == product.Scope.of_stations(["S03"], "station_head")


def test_the_identity_is_the_whole_of_issuer_and_subject(peopled, who):
    access.grant(ISSUER, who, HEAD, by="ops")
    for issuer, subject in (
        (ISSUER, who.upper()),
        (ISSUER + "/", who),
        ("gateway", who),
        (ISSUER, who + " "),
    ):
        person = Person(issuer, subject, new_session())
        access.begin_session(person)
        assert access.enter(person).grant is None


@pytest.mark.parametrize(
    ("wanted", "setting"),
    [
        (Grant("leadership"), "*"),
        (Grant("analyst"), "*"),
        (Grant("instructor", stations=("S07", "S03")), "S03,S07"),
        (Grant("control_post", stations=("S01",)), "S01"),
        (Grant("operator"), "-"),
        (Grant("account_admin"), "-"),
        (Grant("auditor"), "-"),
        (Grant("wall"), "-"),
    ],
    ids=lambda value: getattr(value, "role", value),
)
def test_every_role_has_its_scope(peopled, who, wanted, setting):
    access.grant(ISSUER, who, wanted, by="ops")
    assert _enter(who).grant.scope().setting() == setting


def _bureaus(peopled: Warehouse) -> dict[str, list[str]]:
    with peopled.connect() as connection:
        rows = connection.execute(
            "select bureau_id, array_agg(station_id order by station_id) from raw.stations "
            "where is_current and not retracted group by bureau_id having count(*) > 1 order by 1"
        ).fetchall()
    return dict(rows)


def test_a_bureau_is_the_stations_that_belong_to_it_today(peopled, who):
    bureau, stations = next(iter(_bureaus(peopled).items()))
    access.grant(ISSUER, who, Grant("duty_officer", bureau), by="ops")
    assert _enter(who).grant.scope().stations == set(stations)
    moved = stations[0]
    with peopled.connect("owner") as connection:
        connection.execute(
            "update raw.stations set member_to = current_date where station_id = %s and is_current", [moved]
        )
    try:
        assert _enter(who).grant.scope().stations == set(stations) - {moved}
    finally:
        with peopled.connect("owner") as connection:
            connection.execute(
                "update raw.stations set member_to = null where station_id = %s and is_current", [moved]
            )


def test_the_city_as_a_bureau_holds_every_station_below_it(peopled, who):
    with peopled.connect() as connection:
        top = connection.execute(
            "select bureau_id from raw.bureaus where is_current and parent_bureau_id is null"
        ).fetchone()[0]
        every = {
            row[0]
            for row in connection.execute(
                "select station_id from raw.stations where is_current and not retracted and member_to is null"
            )
        }
    access.grant(ISSUER, who, Grant("leadership", top), by="ops")
    scope = _enter(who).grant.scope()
    assert every <= scope.stations and not scope.sees_all


def test_a_bureau_whose_stations_have_gone_shows_nothing(peopled, who):
    assert Grant("leadership", "B9", ()).scope() is None


def test_revoked_is_out_at_the_next_question_and_signed_out_everywhere(peopled, who):
    access.grant(ISSUER, who, HEAD, by="ops")
    person = Person(ISSUER, who, new_session())
    access.begin_session(person)
    assert access.enter(person).grant is not None
    taken = access.revoke(ISSUER, who, by="chief")
    assert [(t.revoked_by, t.in_force) for t in taken] == [("chief", False)]
    assert access.enter(person) == access.Entry("revoked", None)
    assert _enter(who).grant is None
    access.grant(ISSUER, who, Grant("leadership"), by="ops")
    assert _enter(who).grant.role == "leadership", "a member may be granted another part afterwards"
    with pytest.raises(AccessError, match="no grant to revoke"):
        access.revoke(ISSUER, "nobody", by="ops")


def test_a_grant_begins_and_ends_when_it_says(peopled, who):
    now = datetime.now(UTC)
    access.grant(
        ISSUER, who, HEAD, by="ops", valid_from=now - timedelta(days=2), valid_to=now + timedelta(hours=1)
    )
    assert _enter(who).grant is not None
    access.grant(ISSUER, who, Grant("auditor"), by="ops", valid_from=now + timedelta(hours=1))
    with peopled.connect("owner") as connection:
        # An hour passes.
        connection.execute(
            "update access.grants set valid_to = valid_to - interval '1 hour' "
            "where role = 'station_head' "
            "and member_id = (select member_id from access.members where subject = %s)",
            [who],
        )
        connection.commit()
        assert _enter(who).grant is None
        connection.execute(
            "update access.grants set valid_from = now() where role = 'auditor' and member_id = "
            "(select member_id from access.members where subject = %s)",
            [who],
        )
    assert _enter(who).grant.role == "auditor"


def test_nobody_has_two_parts_at_once(peopled, who):
    access.grant(ISSUER, who, Grant("account_admin"), by="ops")
    with pytest.raises(
        AccessError, match=r"already has a grant in that time \(account_admin from .*one part"
    ):
        access.grant(ISSUER, who, Grant("auditor"), by="ops")
    later = datetime.now(UTC) + timedelta(days=9)
    with pytest.raises(AccessError, match="already has a grant"):
        access.grant(ISSUER, who, HEAD, by="ops", valid_from=later)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Grant("chief"), "no role; there are leadership"),
        (Grant("station_head", stations=("S99", "S03")), "no station S99 has been loaded"),
        (Grant("station_head", stations=("s03",)), "no station s03"),
        (Grant("station_head", stations=("*",)), r"no station \*"),
        (Grant("station_head", stations=("UNASSIGNED",)), "no station UNASSIGNED"),
        (Grant("station_head"), "with --station"),
        (Grant("station_head", "B1"), "with --station"),
        (Grant("leadership", stations=("S03",)), "with --city or --bureau"),
        (Grant("duty_officer"), "with --bureau"),
        (Grant("duty_officer", "B999"), "no bureau B999"),
        (Grant("auditor", stations=("S03",)), "without a place"),
        (Grant("operator", "B1"), "without a place"),
        (Grant("leadership", "B1", ("S03",)), "not both"),
    ],
)
def test_what_is_no_grant_is_refused_with_the_mend(peopled, who, wanted, said):
    with pytest.raises(AccessError, match=said):
        access.grant(ISSUER, who, wanted, by="ops")
    assert _enter(who).grant is None


@pytest.mark.parametrize("subject", ["", " a", "a ", "a\nb", "a\x00b", "x" * 256])
def test_an_identity_that_could_be_mistaken_is_refused(peopled, subject):
    with pytest.raises(AccessError, match="is no subject"):
        access.grant(ISSUER, subject, HEAD, by="ops")


def test_the_database_itself_refuses_what_is_no_grant(peopled, who):
    access.grant(ISSUER, who, HEAD, by="ops")
    insert = """
        insert into access.grants (member_id, role, bureau_id, stations, valid_from, granted_by)
        select member_id, {}, now() + interval '5 years', 'x' from access.members where subject = %s
    """
    with peopled.connect("owner") as connection:
        for values, refusal in (
            ("'station_head', null, null", psycopg.errors.CheckViolation),
            ("'station_head', null, '{}'::text[]", psycopg.errors.CheckViolation),
            ("'leadership', null, '{S03}'", psycopg.errors.CheckViolation),
            ("'auditor', 'B1', null", psycopg.errors.CheckViolation),
            ("'chief', null, null", psycopg.errors.CheckViolation),
            ("'leadership', null, null", psycopg.errors.ExclusionViolation),
        ):
            with pytest.raises(refusal):
                connection.execute(insert.format(values), [who])
            connection.rollback()


def test_the_page_server_asks_for_one_and_cannot_list(peopled):
    with peopled.connect("reader") as connection:
        connection.execute("set session characteristics as transaction read write")
        connection.commit()
        for statement in (
            "select * from access.members",
            "select count(*) from access.grants",
            "select * from access.sessions",
            "insert into access.grants (member_id, role, valid_from, granted_by) values "
            "(1, 'leadership', now(), 'me')",
            "update access.sessions set ended_at = null, ended_by = null",
            "delete from access.sessions",
            "select access.stations_of_bureau('B1')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()
        assert connection.execute("select * from access.grant_of('nobody', 'nobody')").fetchall() == []
    with peopled.connect("loader") as connection:
        for statement in (
            "select * from access.grants",
            "select access.grant_of('a', 'b')",
            "select access.end_session('a', 'b')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def _ours(*arguments: str) -> None:
    command_line().main(args=["access", *arguments], standalone_mode=False)


def test_the_command_line_grants_lists_exports_and_revokes(peopled, tmp_path, capsys):
    options = ("--issuer", ISSUER, "--by", "duty desk")
    _ours("grant", "=clerk", "--role", "station_head", "--station", "S07", "--name", "七所", *options)
    given = capsys.readouterr().out
    assert "station_head  S07  =clerk  七所" in given and "by duty desk" in given
    _ours("list")
    assert given.strip() in capsys.readouterr().out
    _ours("revoke", "=clerk", *options)
    assert "revoked" in capsys.readouterr().out
    out = tmp_path / "grants.csv"
    _ours("export", "--out", str(out))
    assert "'=clerk" in out.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--role", "leadership"], "say for where"),
        (["--role", "leadership", "--city", "--bureau", "B1"], "choose one"),
        (["--role", "station_head", "--city"], "not granted for the whole city"),
        (["--role", "auditor", "--until", "soon"], "--until 'soon' is no time"),
        (["--role", "auditor", "--until", "2001-01-01"], "choose a later end"),
    ],
)
def test_the_command_line_says_what_to_write_instead(peopled, arguments, said):
    with pytest.raises(AccessError, match=said):
        _ours("grant", "somebody", *arguments, "--issuer", ISSUER)


def test_a_refusal_is_one_sentence_and_exit_code_2(peopled):
    refused = subprocess.run(
        [sys.executable, "-m", "closedloop", "access", "grant", "somebody", "--role", "auditor"],
        env={"PATH": "/usr/bin:/bin", **peopled.environment},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert refused.returncode == 2 and "say who vouches for the identity" in refused.stderr
    assert "Traceback" not in refused.stderr
