"""An event log of 10,000 fines: every event, three past dates, and a clock of 60 days that is always met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from closedloop.warehouse import Scope, scoped_connection
from tests.asof.compare import compare
from tests.oracle.raw_rows import read_raw, work_items
from tests.oracle.reference import Reference
from tests.real_input.conftest import Loaded, require

require("traffic_fines.csv.gz")

pytestmark = pytest.mark.real_input

PENALTIES = [("2007-12-11", 2_011), ("2009-03-30", 4_614), ("2010-12-31", 4_635)]

TARGETS_AT = """
    with judged as (
        select
            marts.target_state(
                asked.as_of, k.known_until, t.started_at,
                t.ended_at, t.end_kind, t.breached_at, c.phase, c.due_at
            ) as state
        from (select cast(:as_of as timestamptz)) as asked (as_of)
        join marts.fct_sla_targets as t
            on t.target = 'penalty' and t.started_at <= asked.as_of
        left join marts.ops_coverage as k
            on k.station_id = t.station_id and k.source_table = t.source_table
        left join marts.fct_sla_clock as c
            on c.spell_id = t.spell_id
            and c.seg_from <= asked.as_of
            and (c.seg_to is null or asked.as_of < c.seg_to)
    )

    select state, count(*) from judged group by state
"""


@pytest.fixture(scope="module")
def fines(load_and_build: Callable[..., Loaded]) -> Loaded:
    return load_and_build("tasks", "traffic_fines.csv.gz", "traffic_fines.yml", "UTC")


def _end_of(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59").replace(tzinfo=UTC)


def test_every_event_has_its_stage(fines: Loaded) -> None:
    assert fines.ask(
        """
        select stage, count(*) from marts.fct_item_events
        where counts
        group by stage order by count(*) desc, stage
        """
    ) == [
        ("create", 10_000),
        ("send", 6_570),
        ("payment", 4_910),
        ("notify", 4_635),
        ("penalty", 4_635),
        ("settle", 3_387),
        ("appeal_date", 232),
        ("appeal_send", 227),
        ("appeal_result", 55),
        ("appeal_notify", 54),
        ("appeal_judge", 19),
    ]
    assert fines.ask("select count(*), sum(events) from marts.fct_work_items") == [(10_000, 34_724)]


def test_a_fine_stands_where_its_last_stage_left_it(fines: Loaded) -> None:
    """Payments and appeals are milestones: they move nothing. Only the collection closes a fine."""
    stages = dict(fines.ask("select stage, count(*) from marts.fct_work_items group by stage"))
    assert set(stages) <= {"create", "send", "notify", "penalty", "settle"}
    assert stages["settle"] == 3_387
    assert fines.ask("select count(*) from marts.fct_work_items where is_open") == [(10_000 - 3_387,)]


@pytest.mark.parametrize(("day", "count"), PENALTIES)
def test_penalties_up_to_a_day_are_those_of_the_log(fines: Loaded, day: str, count: int) -> None:
    as_of = _end_of(day)
    assert fines.ask(
        "select count(*) from marts.fct_item_events where stage = 'penalty' and occurred_at <= :as_of",
        as_of=as_of,
    ) == [(count,)]
    # A fine may have moved on to the collection; by then it has stood at this stage.
    assert fines.ask(
        """
        select count(distinct work_item_id)
        from marts.fct_loop_stages where stage = 'penalty' and valid_from <= :as_of
        """,
        as_of=as_of,
    ) == [(count,)]


@pytest.mark.parametrize(("day", "count"), PENALTIES)
def test_as_of_a_day_the_penalty_clock_is_met_for_just_those(fines: Loaded, day: str, count: int) -> None:
    """60 calendar days after the notification to the minute: in time, and never overdue meanwhile."""
    states = dict(fines.ask(TARGETS_AT, as_of=_end_of(day)))
    assert states.pop("met") == count
    assert set(states) <= {"running"}


def test_the_penalty_clock_is_met_for_every_notification(fines: Loaded) -> None:
    assert fines.ask(
        """
        select state, count(*), count(*) filter (where ended_at = due_at)
        from marts.fct_sla_targets where target = 'penalty' group by state
        """
    ) == [("met", 4_635, 4_635)]


@pytest.mark.parametrize("day", [day for day, _ in PENALTIES])
def test_the_replay_finds_every_fine_where_the_marts_have_it(fines: Loaded, day: str) -> None:
    with fines.warehouse.connect("owner") as connection:
        raw = read_raw(connection)
    reference = Reference.read(zone="UTC")
    asked = [(item, _end_of(day)) for item in work_items(raw, reference.with_stations(raw.stations))]
    with scoped_connection(Scope.city(), fines.warehouse.settings) as connection:
        result = compare(connection, raw, reference, asked)
    assert not result.differences, "\n".join(result.differences[:10])
    assert result.items > 2_000


def test_payments_that_differ_in_their_amount_alone_stay_apart(fines: Loaded) -> None:
    assert fines.ask(
        """
        select count(*) - count(distinct (work_item_id, occurred_at))
        from marts.fct_item_events where stage = 'payment'
        """
    ) == [(6,)]
