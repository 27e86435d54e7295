"""Signals on Trends and Today: a planted change is called, a silent station is not, chance stays chance."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from pytest import approx

from closedloop.statistics.xmr import xmr
from closedloop.ui.station_signals import station_signals
from closedloop.warehouse import dispose_engines
from closedloop.warehouse.scope import Scope
from tests.ui.streaming import sent, sign_in
from tests.ui.test_trends import _downloaded

#: Three a day everywhere; in the last week S05 has this many, S07 one day not reported, S08 fewer.
USUAL, MORE, FEWER = 3, 9, 0


@pytest.fixture(scope="module")
def planted(city, make_warehouse) -> tuple:
    """A copy of the city in which calls changed at S05, and the moment and last full day of it."""
    copy = make_warehouse(of=city)
    with copy.connect("owner") as connection:
        (latest,) = connection.execute("select default_as_of from marts.ops_status").fetchone()
        last = latest.date() - timedelta(days=1)
        connection.execute(
            "update marts.fct_metric_daily set numerator = case "
            "when station_id = 'S05' and metric_date > %(last)s - 7 then %(more)s "
            "when station_id = 'S08' and metric_date > %(last)s - 7 then %(fewer)s else %(usual)s end "
            "where metric_id = 'incidents_received' and dimension = ''",
            {"last": last, "more": MORE, "fewer": FEWER, "usual": USUAL},
        )
        connection.execute(
            "delete from marts.fct_metric_daily where metric_id = 'incidents_received' "
            "and station_id = 'S07' and metric_date = %s",
            [last - timedelta(days=13)],
        )
    return copy, latest, last


@pytest.fixture
def judged(planted):
    """``judged(scope)``: the calls of the planted city by station."""
    copy, latest, last = planted

    def ask(scope: Scope, day=last, at: datetime = latest) -> dict:
        with copy.in_environment():
            found = station_signals(scope, at, day)
            dispose_engines()
        calls = found[found["metric_id"] == "incidents_received"]
        return {row.station_id: row for row in calls.itertuples()}

    return ask


def test_a_planted_change_is_called_with_what_was_expected(judged, planted):
    found = judged(Scope.city())
    assert (found["S05"].called, found["S08"].called) == (1, -1)
    assert (found["S05"].days, found["S05"].now, found["S05"].expected) == (7, 7 * MORE, approx(7 * USUAL))
    assert found["S01"].judged and found["S01"].called == 0
    assert not found["S05"].is_new, "it was called the day before as well"
    # A day's worth of it: 9 against 3, once, is chance in a week of 27 against 21.
    assert judged(Scope.city(), planted[2] - timedelta(days=6))["S05"].called == 0


def test_a_day_not_reported_in_the_window_is_no_fall(judged):
    found = judged(Scope.city())["S07"]
    assert (found.judged, found.called) == (False, 0)


def test_a_head_is_told_of_the_own_station_alone(judged):
    assert set(judged(Scope.of_stations(["S05"]))) == {"S05"}
    assert judged(Scope.of_stations(["S03"]))["S03"].called == 0


def test_today_says_plainly_what_is_called_what_is_not_and_who_was_not_judged(site, city, planted):
    _, latest, last = planted
    with city.in_environment():
        found = station_signals(Scope.city(), latest, last)
        dispose_engines()
    received = sent(site.url, "", "lang=en", sign_in(site.url, "leadership"))
    assert b"Signals since the last duty day" in received
    judged = found[found["judged"].astype(bool)]
    said = {
        b"expected: more than chance": bool((judged["called"] != 0).any()),
        b"No change beyond the usual ups and downs.": bool(len(judged) and (judged["called"] == 0).all()),
        b"Too few cases, or too few reported days, to judge by.": not len(judged),
        b"Not judged for want of reported days": len(judged) < len(found),
    }
    assert {text: text in received for text in said} == said


def test_the_limits_are_those_of_the_points_shown_and_the_unfinished_week_is_none(site):
    query = "metric=incidents_received&grain=week&station=S05&from=2024-06-03&to=2024-12-31"
    rows = _downloaded(site, "leadership", query)
    said = np.array([row["Signal"] != "—" for row in rows])
    assert rows[-1]["Last day shown"] == "2025-01-05" or not said[-1]
    values = np.where(said, [float(row["Incidents received"] or "nan") for row in rows], np.nan)
    chart = xmr(values, floor=0)
    if len({row["Upper limit"] for row in rows}) == 1:
        assert float(rows[0]["Upper limit"]) == approx(chart.upper[0], abs=0.006)
    assert [row["Signal"] == "within chance" for row in rows] == list(said & (chart.signal == 0))


def test_a_stock_and_a_day_get_no_limits(site):
    for query in ("metric=open_items&grain=week", "metric=incidents_received&grain=day"):
        rows = _downloaded(site, "leadership", query)
        assert {(row["Upper limit"], row["Signal"]) for row in rows} == {("", "—")}
    received = sent(site.url, "trends", "metric=open_items&lang=en", sign_in(site.url, "leadership"))
    assert b"No limits of chance here" in received


def test_a_change_comes_with_its_interval_and_the_word(site):
    rows = _downloaded(site, "leadership", "metric=incidents_received&grain=month")
    compared = [row for row in rows if row["On the year"].endswith("%")]
    assert compared
    for row in compared:
        # The apostrophe keeps a spreadsheet from taking a sign for a formula.
        said = row["On the year, 95 % interval"].lstrip("'")
        low, high = (float(part.split("%")[0]) for part in said.split(" to "))
        assert low - 0.5 <= float(row["On the year"].strip("'%")) <= high + 0.5
        word = "within chance" if low <= 0 <= high else "more than chance"
        assert row["On the year, 95 % interval"].endswith(word)
