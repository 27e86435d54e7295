"""Every number of the published reference comes out of our functions, to the digits it is given with."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pytest import approx

from closedloop.settings import PROJECT_ROOT
from closedloop.statistics.conformance import alignment_fitness, pooled, token_fitness
from closedloop.statistics.ears import ears
from closedloop.statistics.exceedance import poisson_exceedance
from closedloop.statistics.funnel import expected_at_limits, over_dispersion, ratio_funnel, share_limits
from closedloop.statistics.intervals import count_interval, wilson
from closedloop.statistics.rates import rate_ratio
from closedloop.statistics.survival import kaplan_meier
from closedloop.statistics.xmr import xmr
from tests.oracle.working_time import WorkingTime

Published = dict[str, Any]


def test_nothing_published_is_left_out(published: Published) -> None:
    reproduced_below = {
        "wilson",
        "poisson_exact_limits",
        "funnel_proportion",
        "rate_ratio",
        "xmr",
        "ears_c1_alpha05",
        "ears_hand",
        "poisson_tail_ge3",
        "km",
        "overdispersion",
        "conformance",
        "cn_calendar",
        "business_minutes",
    }
    assert set(published) - {"about"} == reproduced_below


def test_wilson(published: Published) -> None:
    for case in published["wilson"]:
        interval = wilson(case["x"], case["n"], case["conf"])
        assert (interval.lower, interval.upper) == approx(tuple(case["ci"]), abs=1e-9)


def test_exact_poisson_limits(published: Published) -> None:
    for case in published["poisson_exact_limits"]:
        ours = expected_at_limits(case["O"], case["conf"])
        assert ours == approx((case["E_low_side"], case["E_high_side"]), rel=1e-12)
        interval = count_interval(case["O"], case["conf"])
        assert (interval.upper, interval.lower) == approx(ours, rel=1e-12)


def test_funnel_of_shares(published: Published) -> None:
    theta = published["funnel_proportion"]["theta"]
    for row in published["funnel_proportion"]["rows"]:
        lower, _ = share_limits(theta, row["n"], method="normal")
        assert 100 * lower == approx(row["lo95"], rel=1e-12)


@pytest.mark.parametrize("method", ["exact", "wald"])
def test_ratio_of_two_rates(published: Published, method: str) -> None:
    for case in published["rate_ratio"]:
        ours = rate_ratio(case["x1"], case["t1"], case["x2"], case["t2"], method=method)
        assert ours.ratio == approx(case["ratio"], rel=1e-12)
        assert (ours.lower, ours.upper) == approx(tuple(case[method]), rel=1e-9)


def test_xmr(published: Published) -> None:
    for case in published["xmr"]:
        for name in ("screened", "unscreened"):
            chart = xmr(case["y"], screened=name == "screened")
            ours = (chart.centre[0], chart.lower[0], chart.upper[0])
            assert ours == approx(tuple(case[name]), abs=1e-9)


def test_ears_c1(published: Published) -> None:
    for case in published["ears_c1_alpha05"]:
        today = ears([*case["base"], 0], alpha=0.05)
        assert today.upper1[-1] == approx(case["upper"], abs=1e-6)


def test_ears_by_hand(published: Published) -> None:
    case = published["ears_hand"]
    ours = ears(case["y"])
    for day, value in case["C2"].items():
        assert ours.c2[int(day) - 1] == approx(value, abs=1e-6)
    assert ours.c1[11] == approx(case["C1_12"], abs=1e-6)
    assert ours.c3[11] == approx(case["C3_12"], abs=1e-6)


def test_poisson_tail(published: Published) -> None:
    for mean, p in published["poisson_tail_ge3"].items():
        assert poisson_exceedance(3, float(mean)) == approx(p, rel=1e-12)


def test_kaplan_meier(published: Published) -> None:
    for case in published["km"].values():
        for interval, name in (("log", "ci_log"), ("log-log", "ci_loglog")):
            lower, upper = (np.inf if limit is None else limit for limit in case[name])
            curve = kaplan_meier(case["t"], case["e"], interval=interval)
            assert curve.median == (case["median"], lower, upper)


def test_over_dispersion(published: Published) -> None:
    case = published["overdispersion"]
    ours = ratio_funnel(case["O"], case["E"]).dispersion
    assert (ours.phi, ours.tau2) == approx((case["phi"], case["tau2"]), abs=1e-9)
    observed, expected = np.array(case["O"]), np.array(case["E"])
    same = over_dispersion(np.log(observed / expected) * np.sqrt(expected), expected)
    assert (same.phi, same.tau2) == approx((ours.phi, ours.tau2))


def test_conformance(published: Published) -> None:
    case = published["conformance"]
    line = range(1, len(case["stages"]) + 1)
    walks = {name: [int(stage) for stage in trace] for name, trace in case["traces"].items()}
    for measure, numbers in ((token_fitness, case["token"]), (alignment_fitness, case["alignment"])):
        ours = {name: measure(walk, line) for name, walk in walks.items()}
        assert {name: fit.value for name, fit in ours.items()} == approx(
            {name: value for name, value in numbers.items() if name != "log"}
        )
        assert pooled(ours.values()).value == approx(numbers["log"])


def test_working_days(published: Published) -> None:
    calendar = WorkingTime.read(PROJECT_ROOT / "seeds" / "reference" / "calendar.csv", "Asia/Shanghai")
    working = {day for day, hours in calendar.days.items() if hours}
    case = published["cn_calendar"]
    for year, days in case["workdays"].items():
        assert sum(day.year == int(year) for day in working) == days
    weekends = sorted(day.isoformat() for day in working if day.year == 2026 and day.weekday() >= 5)
    assert weekends == case["weekend_workdays_2026"]
    for day, following in case["next_workday"].items():
        start = datetime.combine(date.fromisoformat(day), time(12), ZoneInfo("Asia/Shanghai"))
        close = calendar.close_of_nth_working_day(start, 1)
        assert close is not None and calendar.local_date(close).isoformat() == following


def test_working_minutes(published: Published) -> None:
    case = published["business_minutes"]
    total = timedelta()
    for schedule, valid in (("schedule1", "valid1"), ("schedule2", "valid2")):
        total += _worked(case[schedule], case[valid])
    assert total / timedelta(minutes=1) == approx(case["total"], abs=1e-6)


def _worked(slots: list[list[float]], window: list[float]) -> timedelta:
    """Slots in minutes of a week that begins on Sunday, some past midnight: told in a zone where none is."""
    sunday, west = datetime(2025, 4, 20, tzinfo=UTC), ZoneInfo("Etc/GMT+4")
    days: dict[date, tuple[time, time] | None] = {sunday.date() + timedelta(n): None for n in range(-1, 8)}
    for begins, ends in slots:
        opens, closes = ((sunday + timedelta(minutes=minute)).astimezone(west) for minute in (begins, ends))
        assert opens.date() == closes.date()
        days[opens.date()] = (opens.time(), closes.time())
    start, end = (sunday + timedelta(minutes=minute) for minute in window)
    worked = WorkingTime(west, days).worked_between(start, end)
    assert worked is not None
    return worked
