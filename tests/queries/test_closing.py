"""Time to close, and deadlines ahead: counted a second time from the intervals, item by item."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime, timedelta

import pytest

from benchmarks.deadlines import brier, calibration, predicted
from closedloop.queries.closing import Cohort, closing_times
from closedloop.queries.deadlines import deadlines_ahead
from closedloop.queries.reading import rows
from closedloop.queries.standing import OpenFilter, open_items
from closedloop.statistics.deadlines import ENOUGH
from closedloop.ui.likely import likely_items
from closedloop.warehouse import Scope
from tests.oracle.stories import local

CITY = Scope.city()
SINCE, UNTIL = local("2024-08-01 00:00"), local("2025-04-25 00:00")

_STORIES = """
    select i.work_item_id, i.loop, i.source_table, i.opened_at, s.station_id, s.status, s.valid_from
    from marts.fct_work_items as i
    join marts.fct_loop_stages as s on s.work_item_id = i.work_item_id and s.valid_from <= %(as_of)s
    where i.opened_at >= %(since)s and i.opened_at < %(until)s
    order by i.work_item_id, s.valid_from
"""


def _told_again(city, as_of: datetime) -> Counter:
    """(loop, station, outcome, minutes) → items, each item's intervals walked one after another."""
    with city.connect("owner") as connection:
        known = {
            (station, table): until
            for station, table, until in connection.execute(
                "select station_id, source_table, known_until from marts.ops_coverage"
            ).fetchall()
        }
        states = connection.execute(_STORIES, {"as_of": as_of, "since": SINCE, "until": UNTIL}).fetchall()
    stories: dict[str, list] = {}
    for state in states:
        stories.setdefault(state[0], []).append(state)
    found: Counter = Counter()
    for story in stories.values():
        _, loop, table, opened, *_ = story[0]
        station = story[-1][4]
        reported = [known.get((station, table)), known.get((station, "loop_events"))]
        watched = min([as_of, *(moment for moment in reported if moment is not None)])
        if opened > watched:
            continue
        ending = next((s for s in story if s[5] in ("closed", "cancelled")), None)
        outcome, at = ("open", watched)
        if ending is not None and ending[6] <= watched:
            outcome, at = ending[5], ending[6]
        found[loop, station, outcome, math.ceil((at - opened) / timedelta(minutes=1))] += 1
    return found


@pytest.mark.parametrize("moment", ["the latest", "a moment within"])
def test_each_item_takes_as_long_as_its_intervals_say(city, latest, moment):
    as_of = latest if moment == "the latest" else local("2024-12-17 14:37")
    answer: Counter = Counter()
    for row in rows(closing_times(CITY, as_of, Cohort(SINCE, UNTIL))):
        answer[row["loop"], row["station_id"], row["outcome"], int(row["minutes"])] += int(row["items"])
    expected = _told_again(city, as_of)
    assert answer == expected
    assert {outcome for _, _, outcome, _ in answer} == {"closed", "open", "cancelled"}


#: Of each item of the cohort, from its intervals and clocks: whether it moved, the station that has it at the
#: moment and has it now, its colour at issue if it has one at the moment, and its first limit by then.
_INTERVALS_AND_CLOCKS = """
    with whole as (
        select distinct p.loop, p.target
        from marts.dim_sla_policy as p
        join marts.dim_loops as l on l.loop = p.loop and l.first_stage = p.start_stage
        join marts.dim_loop_stages as s on s.loop = p.loop and s.stage = p.stop_stage and s.closes
    ),
    limits as (
        select distinct on (work_item_id) work_item_id, base_due_at
        from marts.fct_sla_targets join whole using (loop, target)
        where is_confirmed and base_due_at is not null and started_at <= %(as_of)s
        order by work_item_id, started_at, spell_no
    )
    select
        (select count(distinct station_id) > 1 or count(severity) not in (0, count(*))
         from marts.fct_loop_stages as every where every.work_item_id = i.work_item_id),
        s.station_id, i.station_id, i.loop,
        case when s.severity is not null then i.severity_at_issue end,
        extract(epoch from limits.base_due_at - i.opened_at)::integer / 60.0
    from marts.fct_work_items as i
    join marts.fct_loop_stages as s
        on s.work_item_id = i.work_item_id
        and s.valid_from <= %(as_of)s and (s.valid_to > %(as_of)s or s.valid_to is null)
    left join marts.ops_coverage as own
        on own.station_id = s.station_id and own.source_table = i.source_table
    left join marts.ops_coverage as events
        on events.station_id = s.station_id and events.source_table = 'loop_events'
    left join limits on limits.work_item_id = i.work_item_id
    where i.opened_at >= %(since)s and i.opened_at < %(until)s
        and i.opened_at <= least(%(as_of)s, own.known_until, events.known_until)
        and coalesce(own.covered_from <= i.opened_at, true)
"""


@pytest.mark.parametrize("stations", [None, ["S01"], ["S03", "S05"]], ids=str)
def test_station_colour_and_limit_are_those_of_the_moment(city, latest, stations):
    scope = Scope.of_stations(stations) if stations else CITY
    moved = 0
    for as_of in (latest, local("2024-12-17 14:37"), local("2024-08-20 09:00")):
        answer: Counter = Counter()
        for row in rows(closing_times(scope, as_of, Cohort(SINCE, UNTIL))):
            if not row["unseen_minutes"]:
                limit = None if row["limit_minutes"] is None else round(row["limit_minutes"], 6)
                key = (row["station_id"], row["loop"], row["severity"], limit)
                answer[key] += int(row["items"])
        with city.connect("owner") as connection:
            told = connection.execute(
                _INTERVALS_AND_CLOCKS, {"as_of": as_of, "since": SINCE, "until": UNTIL}
            ).fetchall()
        expected = Counter(
            (then, loop, severity, None if limit is None else round(float(limit), 6))
            for _, then, now, loop, severity, limit in told
            if stations is None or {then, now} <= set(stations)
        )
        assert answer == expected
        moved += sum(has_moved for has_moved, *_ in told)
    assert moved, "a city without items that moved would prove little"


def test_a_cohort_begins_at_its_first_instant_and_ends_before_its_last(city, latest):
    with city.connect() as connection:
        (opened,) = connection.execute(
            "select max(opened_at) from marts.fct_work_items where loop = 'directive' and opened_at < %s",
            [UNTIL],
        ).fetchone()
    second = timedelta(seconds=1)
    for since, until, there in (
        (opened, opened + second, True),
        (opened + second / 1000, opened + second, False),
        (opened - second, opened, False),
    ):
        found = closing_times(CITY, latest, Cohort(since, until, loop="directive"))
        assert bool(found["items"].sum()) is there


def test_a_cohort_keeps_what_its_filters_name(city, latest):
    everything = closing_times(CITY, latest, Cohort(SINCE, UNTIL))
    for wanted, column, value in (
        (Cohort(SINCE, UNTIL, loop="dispute"), "loop", "dispute"),
        (Cohort(SINCE, UNTIL, stations=("S03",)), "station_id", "S03"),
        (Cohort(SINCE, UNTIL, severities=("red",)), "severity", "red"),
    ):
        kept = closing_times(CITY, latest, wanted)
        assert set(kept[column]) == {value}
        assert kept["items"].sum() == everything.loc[everything[column] == value, "items"].sum() > 0


def test_every_deadline_ahead_is_one_of_an_open_item_and_not_yet_due(city, latest):
    ahead = deadlines_ahead(CITY, latest, OpenFilter())
    assert ahead["spell_id"].is_unique and (ahead["due_at"] >= latest).all()
    assert set(ahead["work_item_id"]) <= set(open_items(CITY, latest, OpenFilter())["work_item_id"])
    assert ((ahead["elapsed"] >= 0) & (ahead["due_share"] >= ahead["elapsed"])).all()


def test_the_likeliest_come_first_each_item_once(city, latest):
    found = likely_items(CITY, latest, OpenFilter())
    chances = found["chance"].fillna(-1).tolist()
    assert chances == sorted(chances, reverse=True) and chances[0] > 0
    assert found["work_item_id"].is_unique
    assert set(found["all_items"]) == {len(found)}
    assert (
        likely_items(CITY, latest, OpenFilter(), 3)["work_item_id"].tolist()
        == found["work_item_id"].tolist()[:3]
    )


def test_what_was_told_in_the_past_is_compared_with_what_the_mart_says_came(city, latest):
    moments = [latest - timedelta(weeks=weeks) for weeks in (2, 20, 40)]
    told = predicted(CITY, latest, moments)
    with city.connect() as connection:
        states = dict(connection.execute("select spell_id, state from marts.fct_sla_targets").fetchall())
    assert len(told) > 20
    for row in rows(told):
        assert states[row["spell_id"]] in (("late", "overdue") if row["missed"] else ("met",))
        assert (row["chance"] is None) == (row["basis"] == "nothing")
        assert row["basis"] == "nothing" or row["rests_on"] >= ENOUGH
    bands = calibration(told)
    assert bands["clocks"].sum() == told["chance"].notna().sum() > 0
    assert all(0 <= error <= 1 for error in brier(told))
