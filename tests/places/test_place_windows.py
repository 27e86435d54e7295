"""The marts of places against the calls themselves, counted one by one and judged by the statistics."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from closedloop.statistics.exceedance import PlacePrior, benjamini_hochberg, place_exceedance, place_prior
from closedloop.warehouse import Scope, scoped_connection
from tests.oracle.stories import SHANGHAI
from tests.servers import Warehouse

WINDOW, MEMORY = timedelta(days=30), timedelta(days=364)


def _ask(city: Warehouse, statement: str, **parameters: object) -> list[tuple]:
    with city.connect("owner") as connection:
        return connection.execute(statement, parameters).fetchall()


@pytest.fixture(scope="module")
def calls(city: Warehouse) -> dict[tuple[int, str], list[tuple]]:
    """(place, category or all) → (received_at, withdrawn_at, is_merged, caller), in order of time."""
    found = defaultdict(list)
    for place, category, *call in _ask(
        city,
        "select place_id, category, received_at, withdrawn_at, is_merged, caller from "
        "intermediate.int_place_calls "
        "order by received_at",
    ):
        found[place, category].append(tuple(call))
        found[place, "all"].append(tuple(call))
    return found


def test_a_window_is_what_counting_finds(city: Warehouse, calls: dict) -> None:
    """Every span at its first moment, and once more just before its last one; and none is missing."""
    spans = _ask(
        city,
        "select place_id, category, valid_from, valid_to, calls, merged_calls, callers, history_calls "
        "from intermediate.int_place_spans",
    )
    begun = {(place, category, start) for place, category, start, *_ in spans}
    for key, rows in calls.items():
        for (first, withdrawn, *_), (then, *_) in pairwise(rows):
            if then < min(first + WINDOW, withdrawn or then + WINDOW):
                assert (*key, then) in begun
    assert len(spans) > 100
    for place, category, start, end, *counted in spans:
        for t in (start, end - timedelta(microseconds=1)) if end else (start,):
            standing = [c for c in calls[place, category] if c[0] <= t and (c[1] is None or c[1] > t)]
            window = [c for c in standing if c[0] > t - WINDOW]
            before = [c for c in standing if t - MEMORY < c[0] <= t - WINDOW]
            assert counted == [
                sum(not c[2] for c in window),
                sum(c[2] for c in window),
                len({c[3] for c in window} - {None}),
                sum(not c[2] for c in before),
            ], (place, category, t)


def test_what_is_expected_is_what_the_package_learns(city: Warehouse, calls: dict) -> None:
    """The prior of the last month, from every place known when it began."""
    ((month, start),) = _ask(
        city,
        "select max(month), max(month)::timestamp at time zone 'Asia/Shanghai' from "
        "intermediate.int_place_priors",
    )
    station = dict(_ask(city, "select place_id, station_id from marts.dim_places"))
    first = {place: rows[0][0] for (place, category), rows in calls.items() if category == "all"}
    since: dict[str, datetime] = {}
    for place, at in first.items():
        since[station[place]] = min(since.get(station[place], at), at)
    known = [place for place, at in first.items() if at < start]
    days = [min(334, max(0, (start - since[station[p]]).days - 30)) for p in known]
    checked = 0
    for category, shape, rate in _ask(
        city,
        "select category, shape, rate from intermediate.int_place_priors where month = %(month)s",
        month=month,
    ):
        # A withdrawn call counts until then; the changes at the very first moment of a month belong to it.
        events = [
            sum(
                start - MEMORY <= c[0] < start - WINDOW and not c[2] and (c[1] is None or c[1] >= start)
                for c in calls.get((place, category), ())
            )
            for place in known
        ]
        prior = place_prior(events, days)
        assert (shape, rate) == pytest.approx((prior.shape, prior.rate), rel=1e-9), category
        checked += 1
    assert checked > 5


def test_tails_agree_with_the_statistics(city: Warehouse) -> None:
    random = np.random.default_rng(20250425)
    n = 4000
    observed = random.integers(0, 60, n)
    shape, rate = np.exp(random.uniform(np.log(0.01), np.log(3000), n)), np.exp(random.uniform(0, 9, n))
    p = [
        value
        for (value,) in _ask(
            city,
            "select marts.place_tail(k, s, 30 / (r + 30)) from unnest(%(k)s::integer[], "
            "%(s)s::float8[], %(r)s::float8[]) "
            "with ordinality as t (k, s, r, n) order by n",
            k=observed.tolist(),
            s=shape.tolist(),
            r=rate.tolist(),
        )
    ]
    expected = [
        place_exceedance(k, 30, 0, 0, PlacePrior(s, r)).p
        for k, s, r in zip(observed, shape, rate, strict=True)
    ]
    np.testing.assert_allclose(p, expected, rtol=1e-9, atol=1e-290)
    ((worked,),) = _ask(city, "select marts.place_tail(3, 5, 30 / 430.0)")
    assert round(worked, 6) == 0.009598


def test_q_is_benjamini_hochberg_over_everything_looked_at(city: Warehouse, calls: dict) -> None:
    """Every window that stands at a day's end takes part: those found are the rows, and no other is found."""
    first_days = Counter(rows[0][0].astimezone(SHANGHAI).date() for rows in calls.values())
    by_day = defaultdict(list)
    for day, p, q, tests in _ask(city, "select judged_on, p, q, tests from marts.fct_place_days order by p"):
        by_day[day].append((p, q, tests))
    looked_at = defaultdict(list)
    for day, p in _ask(
        city,
        "select day::date, p from marts.fct_place_windows "
        "cross join (select max(covers_until) as as_of from intermediate.int_coverage) as known "
        "cross join lateral generate_series((valid_from at time zone 'Asia/Shanghai')::date, "
        "(coalesce(valid_to, as_of) at time zone 'Asia/Shanghai')::date - 1, interval '1 day') as day "
        "where p < 1 order by p",
    ):
        looked_at[day].append(p)
    assert len(by_day) > 30
    for day, known in looked_at.items():
        tests = sum(n for first, n in first_days.items() if first <= day)
        whole = benjamini_hochberg([*known, *[1.0] * (tests - len(known))], 0.2)
        rows = by_day.get(day, [])
        assert len(rows) == whole.found.sum() == whole.found[: len(rows)].sum(), day
        assert {t for *_, t in rows} <= {tests}
        np.testing.assert_allclose([q for _, q, _ in rows], whole.q[: len(rows)], rtol=1e-9)


def test_a_warned_place_is_silent_for_thirty_days(city: Warehouse) -> None:
    beyond = defaultdict(list)
    for place, category, day in _ask(
        city,
        "select place_id, category, judged_on from marts.fct_place_days order by judged_on",
    ):
        beyond[place, category].append(day)
    spoken = set()
    for key, days in beyond.items():
        last = None
        for day in days:
            if last is None or day - last > timedelta(days=30):
                spoken.add((*key, day))
                last = day
    assert spoken == set(_ask(city, "select place_id, category, judged_on from marts.fct_warnings"))
    assert spoken


def test_what_came_of_a_warning_is_what_the_calls_and_directives_of_its_month_say(
    city: Warehouse, calls: dict
) -> None:
    directives = defaultdict(list)
    for place, at in _ask(
        city, "select place_id, opened_at from marts.fct_place_actions where source_table = 'directives'"
    ):
        directives[place].append(at)
    warnings = _ask(
        city,
        "select w.place_id, w.category, w.issued_at, w.calls_after, w.directive_at, w.p_after, "
        "d.shape, d.rate from marts.fct_warnings as w "
        "join marts.fct_place_days as d using (place_id, category, judged_on)",
    )
    assert warnings
    for place, category, issued, after, directed, p, shape, rate in warnings:
        over = issued + timedelta(days=30)
        came = [
            at
            for at, withdrawn, is_merged, _ in calls[place, category]
            if issued <= at < over and not is_merged and (withdrawn is None or withdrawn >= over)
        ]
        followed = min((at for at in directives[place] if issued <= at < over), default=None)
        assert (after, directed) == (len(came), followed), (place, category, issued)
        assert abs(p - float(place_exceedance(after, 30, 0, 0, PlacePrior(shape, rate)).p)) < 1e-9


def test_a_busy_place_is_warned_about_only_beyond_what_is_usual_for_it(city: Warehouse) -> None:
    """The mall is the busiest place of the city, and always has been."""
    assert _ask(
        city,
        "select count(*) from marts.fct_warnings as w join marts.dim_places as p using (place_id) "
        "where p.place = '云锦路1号金穗广场'",
    ) == [(0,)]
    assert _ask(
        city, "select count(*) from marts.fct_warnings where observed < 3 or observed <= expected or q > 0.2"
    ) == [(0,)]


PLACE_MARTS = (
    "dim_places",
    "fct_place_calls",
    "fct_place_windows",
    "fct_place_days",
    "fct_place_actions",
    "fct_warnings",
    "rollup_place_calls",
)


@pytest.mark.parametrize("mart", PLACE_MARTS)
def test_small_cells_of_homes_are_for_the_station_and_those_above(city: Warehouse, mart: str) -> None:
    def seen(scope: Scope) -> tuple[int, int]:
        with scoped_connection(scope, city.settings) as connection:
            row = connection.exec_driver_sql(
                f"select count(*), count(*) filter (where is_small_home) from marts.{mart}"
            ).one()
        return row[0], row[1]

    everything, homes = seen(Scope.city("leadership"))
    assert seen(Scope.city("duty_officer")) == (everything, homes)
    for role in ("analyst", "wall", "operator", "auditor", "somebody"):
        assert seen(Scope.city(role)) == (everything - homes, 0)
    assert homes or mart in ("fct_place_days", "fct_warnings")
    ((station, own),) = _ask(
        city,
        f"select station_id, count(*) from marts.{mart} group by 1 "
        "order by count(*) filter (where is_small_home) desc, 1 limit 1",
    )
    assert seen(Scope.of_stations([station], "station_head"))[0] == own
    assert seen(Scope.nowhere("wall")) == (0, 0)


def test_no_caller_is_in_the_marts(city: Warehouse) -> None:
    assert (
        _ask(
            city,
            "select table_name, column_name from information_schema.columns where table_schema = 'marts' "
            "and (column_name like 'reporter%%' or column_name = 'caller') and %(yes)s",
            yes=True,
        )
        == []
    )
