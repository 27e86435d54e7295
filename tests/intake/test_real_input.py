"""Two public data sets that nobody here wrote go through the command line into warehouses of their own.

The figures were computed independently. Where the files are absent, one visible skip.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.raw_events import EVERY_EVENT

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
MAPPINGS = ROOT / "docs" / "mappings"

pytestmark = pytest.mark.real_input


def command(made, time_zone, *arguments):
    """Run the command line against a warehouse; its standard output."""
    environment = {**made.environment, "CLOSEDLOOP_TIME_ZONE": time_zone, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "closedloop", *map(str, arguments)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def montgomery(make_warehouse):
    if not (DATA / "montgomery_911.zip").exists():
        pytest.skip(f"no public data sets in {DATA}")
    made = make_warehouse()
    arguments = (
        "load",
        "incidents",
        DATA / "montgomery_911.zip",
        "--mapping",
        MAPPINGS / "montgomery_911.yml",
    )
    out = command(made, "America/New_York", *arguments)
    assert "incidents: 99,492 read, 99,492 accepted, 0 unchanged, 0 quarantined, 99,492 stage events" in out
    with made.connect("owner") as connection:
        yield lambda statement: connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def fines(make_warehouse):
    if not (DATA / "traffic_fines.csv.gz").exists():
        pytest.skip(f"no public data sets in {DATA}")
    made = make_warehouse()
    arguments = ("load", "tasks", DATA / "traffic_fines.csv.gz", "--mapping", MAPPINGS / "traffic_fines.yml")
    out = command(made, "UTC", *arguments)
    assert "tasks: 10,000 read, 10,000 accepted, 0 unchanged, 0 quarantined, 10,000 stage events" in out
    assert "loop_events: 24,724 read, 24,724 accepted, 0 unchanged, 0 quarantined" in out
    again = command(made, "UTC", *arguments)
    assert "tasks: 10,000 read, 0 accepted, 10,000 unchanged, 0 quarantined" in again
    assert "loop_events: 24,724 read, 0 accepted, 24,724 unchanged, 0 quarantined" in again
    with made.connect("owner") as connection:
        yield lambda statement: connection.execute(statement).fetchall()


def test_every_call_of_montgomery_is_there_with_its_type(montgomery):
    assert montgomery("select initial_type, count(*) from raw.incidents group by 1 order by 2 desc") == [
        ("EMS", 48877), ("Traffic", 35695), ("Fire", 14920),
    ]  # fmt: skip
    assert montgomery("select count(distinct final_type) from raw.incidents") == [(110,)]


def test_townships_of_montgomery_are_stations_and_a_blank_one_is_unassigned(montgomery):
    assert montgomery(
        "select station_id, count(*) from raw.incidents group by 1 order by 2 desc limit 3"
    ) == [("LOWER MERION", 8443), ("ABINGTON", 5977), ("NORRISTOWN", 5890)]
    assert montgomery("select count(*) from raw.incidents where station_id is null") == [(43,)]
    assert montgomery(
        "select count(*) from raw.incidents as i where station_id is not null and not exists "
        "(select from raw.stations as s where s.station_id = i.station_id)"
    ) == [(0,)]


def test_calls_of_montgomery_fall_into_their_local_months(montgomery):
    months = montgomery(
        f"""
        select to_char(occurred_at at time zone 'America/New_York', 'YYYY-MM'), count(*)
        from {EVERY_EVENT} as event where stage = 'receive' group by 1 order by 1
        """
    )
    assert [count for _, count in months] == [7969, 13205, 11467, 11101, 11326, 11423, 11786, 12137, 9078]
    assert (months[0][0], months[-1][0]) == ("2015-12", "2016-08")


def test_blanks_of_montgomery_stay_blank_and_repeats_stay_apart(montgomery):
    assert montgomery("select count(*) from raw.incidents where place_key is null") == [(519,)]
    assert montgomery(r"select count(*) from raw.incidents where place is null or place !~ '\d{5}$'") == [
        (12855,)
    ]
    assert montgomery("select count(distinct place_key) from raw.incidents") == [(23123,)]
    outside = "not (lat between 39.5 and 41 and lon between -76.5 and -74.5)"
    assert montgomery(f"select count(*) from raw.incidents where {outside}") == [(15,)]
    assert montgomery(
        """
        with calls as (
            select received_at, coalesce(split_part(place_key, '|', 2), '') as address, final_type
            from raw.incidents
        )

        select count(*) - count(distinct (received_at, address, final_type)) from calls
        """
    ) == [(980,)]


def test_every_event_of_the_fines_is_there_with_its_stage(fines):
    counts = (
        f"select stage, count(*) from {EVERY_EVENT} as event where is_current group by 1 order by 2 desc, 1"
    )
    assert fines(counts) == [
        ("create", 10000), ("send", 6570), ("payment", 4910), ("notify", 4635), ("penalty", 4635),
        ("settle", 3387), ("appeal_date", 232), ("appeal_send", 227), ("appeal_result", 55),
        ("appeal_notify", 54), ("appeal_judge", 19),
    ]  # fmt: skip


def test_penalties_follow_the_notification_by_sixty_days_and_fall_on_the_three_dates(fines):
    assert fines(
        """
        select count(*)
        from raw.loop_events as penalty
        join raw.loop_events as notified on notified.item_id = penalty.item_id and notified.stage = 'notify'
        where penalty.stage = 'penalty' and penalty.occurred_at = notified.occurred_at + interval '60 days'
        """
    ) == [(4635,)]
    for day, count in (("2007-12-11", 2011), ("2009-03-30", 4614), ("2010-12-31", 4635)):
        assert fines(
            f"select count(*) from raw.loop_events where stage = 'penalty' and occurred_at < date '{day}' + 1"
        ) == [(count,)]


def test_payments_that_differ_only_in_their_amount_stay_apart(fines):
    assert fines(
        """
        select count(*) - count(distinct (item_id, occurred_at))
        from raw.loop_events where stage = 'payment'
        """
    ) == [(6,)]
    assert fines("select count(*) from raw.tasks where amount is null") == [(0,)]
