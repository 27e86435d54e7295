"""Compare: figures of the marts, verdicts of the funnel, one station for its head."""

from __future__ import annotations

import csv
import io
import urllib.request

import pytest
from playwright.sync_api import expect

from closedloop.statistics.funnel import share_against, share_funnel
from tests.ui.streaming import sent, sign_in

WIDE = "metric=non_police_share&from=2024-10-01&to=2025-03-31&lang=en"


def _downloaded(site, who: str, query: str) -> list[dict]:
    request = urllib.request.Request(
        site.at(f"download/compare.csv?{query}"), headers={"Cookie": sign_in(site.url, who)}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        rows = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
    header, *body = rows[rows.index([]) + 1 :]
    return [dict(zip(header, row, strict=True)) for row in body]


def test_shares_are_those_of_the_mart_in_the_fixed_order_with_the_funnels_limits(site, city):
    with city.connect() as connection:
        expected = connection.execute(
            "select station_id, sum(numerator)::integer, sum(denominator)::integer "
            "from marts.fct_metric_daily inner join marts.dim_stations using (station_id) "
            "where metric_id = 'non_police_share' and dimension = '' and station_id <> 'UNASSIGNED' "
            "and metric_date between '2024-10-01' and '2025-03-31' "
            "group by station_id, sort_order order by sort_order, station_id"
        ).fetchall()
    found = _downloaded(site, "leadership", WIDE)
    assert [(row["Code"], int(row["Numerator"]), int(row["n"])) for row in found] == expected
    enough = [n >= 20 for _, _, n in expected]
    assert sum(enough) >= 5
    funnel = share_funnel(
        [x if ok else None for (_, x, _), ok in zip(expected, enough, strict=True)],
        [n if ok else None for (_, _, n), ok in zip(expected, enough, strict=True)],
    )
    for at, row in enumerate(found):
        if enough[at]:
            assert row["Upper 99.8 % limit"] == f"{100 * funnel.upper998[at]:.2f}"
            assert ("within chance" in row["Verdict"]) == (funnel.verdict[at] == 0)
        else:
            assert (row["Share in percent"], row["Upper 99.8 % limit"]) == ("", "")
            assert "too few to say" in row["Verdict"]


def test_a_period_too_short_gives_counts_and_no_verdict(site):
    rows = _downloaded(site, "leadership", "metric=inspections_failed&from=2025-04-20&to=2025-04-20&lang=en")
    assert len(rows) == 15
    assert {row["Share in percent"] for row in rows} == {""}
    received = sent(
        site.url,
        "compare",
        "metric=inspections_failed&from=2025-04-20&to=2025-04-20&lang=en",
        sign_in(site.url, "leadership"),
    )
    assert b"within chance \xc2\xb7" not in received


def test_a_cohort_is_compared_over_mature_days_only(site, city):
    query = "metric=disputes_concluded_30d&as_of=2025-01-31T08:00&from=2024-11-01&to=2025-01-30&lang=en"
    with city.connect() as connection:
        (mature,) = connection.execute(
            "select sum(denominator)::integer from marts.fct_metric_daily where metric_id = "
            "'disputes_concluded_30d' and dimension = '' and station_id <> 'UNASSIGNED' "
            "and metric_date between '2024-11-01' and '2024-12-31'"
        ).fetchone()
    assert sum(int(row["n"]) for row in _downloaded(site, "leadership", query) if row["n"]) == mature > 0


def test_a_head_gets_the_own_share_with_its_interval_and_nothing_of_the_others(site, city):
    (row,) = _downloaded(site, "station-S03", WIDE + "&station=S01")
    assert row["Code"] == "S03"
    assert float(row["Lower end of the 95 % interval"]) < float(row["Share in percent"])
    with city.connect() as connection:
        part, whole, days = connection.execute(
            "select sum(numerator), sum(denominator), count(*) from marts.city_metric_daily "
            "where metric_id = 'non_police_share' and metric_date between '2024-10-01' and '2025-03-31'"
        ).fetchone()
    if 2 * days >= 182:
        against = share_against([int(row["Numerator"])], [int(row["n"])], part / whole)
        assert row["Upper 99.8 % limit"] == f"{100 * against.upper998[0]:.2f}"
    else:
        assert (row["Upper 99.8 % limit"], row["Verdict"]) == ("", "own interval only")
    (city_row,) = [one for one in _downloaded(site, "leadership", WIDE) if one["Code"] == "S03"]
    assert row["Numerator"] == city_row["Numerator"]


@pytest.mark.browser
def test_a_verdict_is_said_and_a_name_leads_to_the_station(regular):
    visitor = regular(f"compare?{WIDE}", locale="en-US", width=390)
    page = visitor.page
    table = page.get_by_role("region", name="Share of non-police incidents by station")
    row = table.get_by_role("row").filter(has_text="within chance").first
    name = row.get_by_role("link").first.inner_text()
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    assert visitor.errors == []
