"""Traces are written, kept, and never in the way; nobody changes one."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from closedloop import access
from closedloop.access import AccessError, Grant, traces
from closedloop.access.traces import Event, Writer
from closedloop.cli.registry import command_line
from tests.servers import Warehouse

ISSUER = "https://sign-in.example"


def _events(house: Warehouse, subject: str) -> list[tuple]:
    with house.connect("owner") as connection:
        return connection.execute(
            "select event, role, place, detail from audit.events where subject = %s order by event_id",
            [subject],
        ).fetchall()


def test_what_is_handed_over_is_written_beside_the_work(house):
    writer = Writer(house.settings)
    for number in range(500):
        writer.put(Event("page", ISSUER, "reader", "leadership", None, {"page": "today", "n": number}))
    assert writer.flush() and writer.dropped == 0
    found = _events(house, "reader")
    assert [detail["n"] for *_, detail in found] == list(range(500))


def test_hostile_words_are_kept_as_words(house):
    said = "'); drop table audit.events; --\x00" + "长" * 5000
    writer = Writer(house.settings)
    writer.put(
        Event(
            "page", ISSUER, "hostile", detail={"q": said, "many": object(), **{f"k{n}": n for n in range(99)}}
        )
    )
    assert writer.flush() and writer.dropped == 0
    ((_, _, _, detail),) = _events(house, "hostile")
    assert detail["q"] == said.replace("\x00", "")[:255]
    assert len(detail) == 21 and detail["cut"] is True


@pytest.mark.parametrize(
    "detail",
    [
        {"长" * 5000: "x"},
        {f"{number} {'长' * 200}": "长" * 900 for number in range(30)},
        {"\x00name": "\x00"},
        {"half": "\ud800", "\udfff": 1},
        {"odds": float("nan"), "more": float("inf")},
        {"deep": {"a": [{"b": "c"}]}},
    ],
    ids=["a long name", "much", "no text", "half a sign", "no number", "no scalar"],
)
def test_no_address_keeps_its_own_trace_away(house, detail):
    subject = f"hides {abs(hash(str(detail)))}"
    writer = Writer(house.settings)
    writer.put(Event("page", ISSUER, subject, detail={"page": "today", **detail}))
    assert writer.flush() and writer.dropped == 0
    ((event, *_, kept),) = _events(house, subject)
    assert event == "page" and kept["page"] == "today"


def test_an_event_that_is_refused_takes_nobody_else_s_with_it(house, caplog):
    writer = Writer(house.settings)
    # The table knows no such kind: what the writer is handed is no business of whoever else is in the queue.
    for number in range(30):
        writer.put(Event("none of these" if number == 7 else "page", ISSUER, "beside"))  # type: ignore[arg-type]
    assert writer.flush() and writer.dropped == 1
    assert len(_events(house, "beside")) == 29 and "1 audit event(s) lost" in caplog.text


def test_a_warehouse_that_is_gone_costs_events_and_no_time(house, tmp_path, caplog):
    gone = house.settings.model_copy(update={"home": tmp_path / "nowhere"})
    writer = Writer(gone, waiting=50)
    began = time.monotonic()
    for _ in range(5000):
        writer.put(Event("page", ISSUER, "nobody"))
    assert time.monotonic() - began < 5
    assert writer.flush() and writer.dropped > 0
    assert f"{writer.dropped} since the start" in caplog.text


def test_a_full_queue_drops_and_does_not_wait(house, caplog):
    writer = Writer(house.settings, waiting=3)
    # A writer that never gets to write: its thread is this test's own.
    writer._thread = threading.main_thread()
    for _ in range(10):
        writer.put(Event("page", ISSUER, "waiting"))
    assert writer.dropped == 7 and "faster than they could be written" in caplog.text


@pytest.mark.parametrize("role", ["owner", "loader", "reader"])
@pytest.mark.parametrize(
    "statement",
    ["update audit.events set subject = 'x'", "delete from audit.events", "truncate audit.events"],
)
def test_nobody_changes_or_removes_a_trace(house, role, statement):
    traces.write([Event("page", ISSUER, "kept")], house.settings)
    with house.connect(role) as connection:
        connection.execute("set transaction read write")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_the_page_server_appends_and_reads_nothing(house):
    with house.connect("reader") as connection:
        connection.execute("set session characteristics as transaction read write")
        connection.commit()
        for statement in (
            "select * from audit.events",
            "insert into audit.events (event) values ('page')",
            "alter table audit.events disable trigger all",
            "drop trigger append_only on audit.events",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_only_somebody_who_is_an_auditor_now_reads_traces(house):
    since, until = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    traces.write([Event("page", ISSUER, "seen")], house.settings)
    for subject, grant in (("auditor", Grant("auditor")), ("leader", Grant("leadership")), ("nobody", None)):
        if grant is not None:
            access.grant(ISSUER, subject, grant, by="tests")
        found = traces.read(ISSUER, subject, since, until, "seen")
        assert bool(found) == (subject == "auditor")
    access.revoke(ISSUER, "auditor", by="tests")
    assert traces.read(ISSUER, "auditor", since, until) == []


def test_grants_loads_and_builds_are_traced_by_the_warehouse_itself(house):
    access.grant(ISSUER, "traced", Grant("leadership"), by="chief")
    access.revoke(ISSUER, "traced", by="deputy")
    assert [(event, role, detail["by"]) for event, role, _, detail in _events(house, "traced")] == [
        ("grant", "leadership", "chief"),
        ("revoke", "leadership", "deputy"),
    ]
    with house.connect("loader") as connection:
        connection.execute(
            """
            insert into ops.batches (
                table_name, source_file, file_sha256, rows_read, rows_accepted, finished_at
            )
            values ('incidents', 'a.csv', 'x', 7, 7, now())
            """
        )
    with house.connect("owner") as connection:
        connection.execute("insert into ops.builds (status) values ('running')")
        connection.execute("update ops.builds set status = 'failed'")
        rows = connection.execute(
            "select event, detail from audit.events where event in ('load', 'build') order by event_id"
        ).fetchall()
    assert [event for event, _ in rows] == ["load", "build"]
    assert (rows[0][1]["file"], rows[0][1]["read"], rows[1][1]["status"]) == ("a.csv", 7, "failed")


def test_traces_are_kept_for_six_months_at_least(house):
    with house.connect("owner") as connection:
        connection.execute(
            "insert into audit.events (event, subject, at) "
            "values ('page', 'old', now() - interval '400 days'), "
            "('page', 'young', now() - interval '300 days')"
        )
    for days in ("1", "364"):
        with pytest.raises(AccessError, match="kept for 365 days"):
            command_line().main(args=["audit", "purge", "--older-than", days], standalone_mode=False)
    command_line().main(args=["audit", "purge", "--older-than", "365"], standalone_mode=False)
    assert not _events(house, "old") and _events(house, "young")
    with house.connect("owner") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("set local closedloop.purge = 'older than six months'")
        connection.execute("delete from audit.events")
