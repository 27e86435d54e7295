"""Trends: figures that are those of the marts, lead to the items behind them, and leave as they are shown."""

from __future__ import annotations

import csv
import io
import re
import urllib.request
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from closedloop.ui.change_interval import change_intervals
from tests.ui.streaming import sent, sign_in


def _downloaded(site, who: str, query: str) -> list[dict]:
    request = urllib.request.Request(
        site.at(f"download/trends.csv?lang=en&{query}"), headers={"Cookie": sign_in(site.url, who)}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        rows = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
    header, *body = rows[rows.index([]) + 1 :]
    return [dict(zip(header, row, strict=True)) for row in body]


@pytest.fixture(scope="module")
def last_day(city) -> date:
    """The last full day of the city."""
    with city.connect() as connection:
        (day,) = connection.execute(
            "select (default_as_of at time zone time_zone)::date - 1 from marts.ops_status"
        ).fetchone()
    return day


def test_a_weeks_sum_is_that_of_the_mart_for_the_city_and_for_each_station(site, city, last_day):
    monday = last_day - timedelta(days=last_day.weekday() + 14)
    with city.connect() as connection:
        expected = dict(
            connection.execute(
                "select coalesce(station_id, ''), sum(numerator)::integer from marts.fct_metric_daily "
                "where metric_id = 'incidents_received' and dimension = '' "
                "and metric_date between %s and %s group by grouping sets ((station_id), ())",
                [monday, monday + timedelta(days=6)],
            ).fetchall()
        )
    expected.pop("UNASSIGNED", None)
    found = {
        row["Code"]: int(float(row["Incidents received"]))
        for row in _downloaded(site, "leadership", "metric=incidents_received&grain=week")
        if row["First day"] == monday.isoformat()
    }
    assert found == expected and len(found) == 16


def test_members_add_up_to_the_total(site):
    rows = _downloaded(site, "leadership", "metric=items_closed&grain=month&split=loop")
    total = sum(float(row["Items closed"]) for row in rows if not row["Code"])
    assert total == sum(float(row["Items closed"]) for row in rows if row["Code"]) > 0


def test_a_median_is_formed_from_the_observations_of_the_month(site, city, last_day):
    first = (last_day.replace(day=1) - timedelta(days=1)).replace(day=1)
    with city.connect() as connection:
        (median, n) = connection.execute(
            "select percentile_cont(0.5) within group (order by value), count(*) "
            "from marts.fct_metric_values "
            "where metric_id = 'minutes_to_arrive' and date_trunc('month', metric_date) = %s::date",
            [first],
        ).fetchone()
    rows = _downloaded(site, "leadership", "metric=minutes_to_arrive&grain=month")
    (row,) = [r for r in rows if not r["Code"] and r["First day"] == first.isoformat()]
    assert (float(row["Minutes to arrive"]), int(row["n"])) == (round(median, 2), n)


def test_a_cohort_ends_with_its_last_mature_day_at_any_moment(site, last_day):
    for moment, days in (("", 30), ("&as_of=2025-01-31T08:00", 0)):
        rows = _downloaded(site, "leadership", f"metric=disputes_concluded_30d&grain=week{moment}")
        mature = last_day - timedelta(days=days) if days else date(2025, 1, 30) - timedelta(days=30)
        assert max(row["Last day shown"] for row in rows) == mature.isoformat()


def test_a_silent_station_is_said_to_be_silent(site, city):
    with city.connect() as connection:
        (silent,) = connection.execute(
            "select distinct station_id from marts.ops_coverage "
            "where is_unreported and source_table = 'incidents'"
        ).fetchone()
    rows = _downloaded(site, "leadership", "metric=incidents_received&grain=day")
    newest = max(row["First day"] for row in rows)
    (own,) = [row for row in rows if row["Code"] == silent and row["First day"] == newest]
    assert (own["Incidents received"], own["On the year"]) == ("", "—")
    (city_row,) = [row for row in rows if not row["Code"] and row["First day"] == newest]
    assert int(city_row["Station-days reported"]) == int(city_row["Station-days due"]) - 1
    assert "only what both sides reported" in city_row["Remarks"]


def test_a_head_gets_no_line_but_the_own_stations(site):
    rows = _downloaded(site, "station-S03", "metric=open_items&stations=S01&station=S01")
    assert {row["Code"] for row in rows} == {""}
    received = sent(site.url, "trends", "stations=S01&lang=en", sign_in(site.url, "station-S03"))
    assert b"Incidents received" in received and b"By Station, on shared axes" not in received


@pytest.mark.browser
def test_a_stocks_period_leads_to_the_items_that_were_open_then(regular):
    visitor = regular("trends?metric=open_items&grain=month", locale="en-US")
    page = visitor.page
    table = page.get_by_role("region", name="Open items by period")
    row = table.get_by_role("row").nth(3)
    counted = row.get_by_role("cell").nth(1).inner_text()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Open and overdue")).to_be_visible()
    expect(page.get_by_role("radio", name=f"All {counted}", exact=True)).to_be_checked()
    page.go_back()
    expect(table).to_be_visible()
    station = page.get_by_role("region", name="Open items, newest period").get_by_role("link").nth(2)
    name = station.inner_text()
    station.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("station=S"))
    assert visitor.errors == []


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "dark"), ("en-US", "light")])
def test_a_station_prints_on_one_sheet(visit, locale, scheme):
    visitor = visit(locale=locale, scheme=scheme)
    page = visitor.sign_in("leadership", "station?station=S03")
    expect(page.locator("section.card").last).to_be_visible()
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", sheet)) == 1
    # One sheet is no feat if the rest is cut off: on paper nothing scrolls, and the last section ends on it.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 733, "height": 1062})
    ends = page.get_by_role("region", name=re.compile("Loaded until, by source|各来源数据截至"))
    assert ends.evaluate("part => part.getBoundingClientRect().bottom") < 1062
    expect(page.locator(".st-key-menu")).to_be_hidden()


def test_a_target_is_said_with_what_the_limits_make_of_it(site, city):
    cookie = sign_in(site.url, "leadership")
    asked = sent(site.url, "trends", "metric=minutes_to_arrive&grain=week&lang=en", cookie).decode(
        "utf-8", "replace"
    )
    assert "Asked: at most 6.0 min" in asked and "invented for the demo" in asked
    assert sum(asked.count(f"{mark} as things run now") for mark in "✔✘◐") == 1
    # Before 2025 another target held.
    then = sent(site.url, "trends", "metric=minutes_to_arrive&from=2024-10-01&to=2024-12-29&lang=en", cookie)
    assert b"Asked: at most 8.0 min" in then
    assert b"Asked:" not in sent(site.url, "trends", "metric=incidents_received&lang=en", cookie)


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        (37, 21, "+0.5% to +217%: more than chance"),
        (42, 25, "+0.04% to +188%: more than chance"),
        (33, 40, "-50% to +34%: within chance"),
        (48, 20, "+40% to +327%: more than chance"),
    ],
)
def test_an_interval_that_leaves_nought_outside_never_ends_in_nought(now, then, said):
    visit = SimpleNamespace(t=lambda text: text)
    choice = SimpleNamespace(is_stock=False, metric={"kind": "count", "unit": "items"})
    this, base = (SimpleNamespace(numerator=count, n=1) for count in (now, then))
    change = SimpleNamespace(this=this, base=base)
    assert change_intervals(visit, choice, [change], []) == [said]
