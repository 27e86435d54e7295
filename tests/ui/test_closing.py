"""Time to close: page, sentence and download say what was asked; the likely view leads with its words."""

from __future__ import annotations

import csv
import io
import urllib.request
from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.wire import Tab
from closedloop.queries.closing import Cohort, closing_times
from closedloop.ui.closing_lines import spread_apart
from closedloop.ui.closing_view import group_of
from closedloop.warehouse import Scope
from tests.oracle.stories import SHANGHAI
from tests.ui.streaming import sent, sign_in


def _downloaded(site, cookie: str, address: str) -> tuple[list[str], list[list[str]]]:
    request = urllib.request.Request(site.at(f"download/{address}"), headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=60) as answer:
        lines = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
    start = lines.index([]) + 1
    return lines[start], lines[start + 1 :]


@pytest.fixture(scope="module")
def directives(city):
    """The page's own cohort of directives, without an address: opened in the last 26 weeks."""
    with city.connect() as connection:
        (latest,) = connection.execute("select default_as_of from marts.ops_status").fetchone()
    today = datetime.combine(latest.astimezone(SHANGHAI).date(), time(), SHANGHAI)
    with city.in_environment():
        times = closing_times(
            Scope.city(), latest, Cohort(today - timedelta(weeks=26), today, loop="directive")
        )
    return group_of(times)


def test_page_and_downloads_say_what_was_asked(site, directives):
    cookie = sign_in(site.url, "leadership")
    page = sent(site.url, "closing", "loop=directive&lang=en", cookie).decode("utf-8", "replace")
    assert f"n = {directives.items}, {directives.open} of them still open" in page
    assert "the closed alone look faster than they are" in page and "log-rank" in page
    header, figures = _downloaded(site, cookie, "closing_figures.csv?loop=directive&lang=en")
    together = figures[-1]
    assert together[header.index("Opened (n)")] == str(directives.items)
    assert together[header.index("Still open (censored)")] == str(directives.open)
    header, steps = _downloaded(site, cookie, "closing_curves.csv?loop=directive&lang=en")
    assert sum(int(step[header.index("Closed")]) for step in steps) == directives.closed
    _, stations = _downloaded(site, cookie, "closing_figures.csv?loop=directive&by=station&lang=en")
    assert [line[0] for line in stations] != sorted(line[0] for line in stations), "fixed order, no ranking"


def test_few_items_get_no_figure(site):
    cookie = sign_in(site.url, "leadership")
    wire = sent(site.url, "closing", "loop=dispute&of=S03&from=2025-04-20&to=2025-04-24&lang=en", cookie)
    assert b"too few for a figure" in wire or b"No item of these filters" in wire


def test_what_is_likely_to_miss_is_said_in_words_with_what_it_rests_on(site):
    cookie = sign_in(site.url, "leadership")
    page = sent(site.url, "open", "view=likely&lang=en", cookie).decode("utf-8", "replace")
    assert "most likely to miss it first" in page
    header, lines = _downloaded(site, cookie, "open.csv?view=likely&lang=en")
    words = [line[header.index("Will it miss?")] for line in lines]
    assert any("miss" in word and word.endswith("%") for word in words)
    assert all(line[header.index("What that rests on")] for line in lines)
    order = [float(word.rsplit(" ", 1)[1].rstrip("%")) for word in words if word.endswith("%")]
    assert order == sorted(order, reverse=True)


def test_labels_of_lines_that_end_together_stand_apart():
    for ends in ([0.5, 0.5, 0.5], [0.0, 0.01, 0.9], [0.3]):
        placed = np.sort(spread_apart(np.array(ends)))
        assert (np.diff(placed) > 0.07).all() and placed.min() > 0


def test_a_choice_of_lines_is_offered_once_each_and_survives_another_loop(site):
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        tab.open("closing", "lang=en")
        offered = list(tab.widget("filter_band").options)
        assert len(offered) == len(set(offered)) > 1
        kept = tab.open("closing", "loop=incident&show=hazard&band=directive&lang=en").received
        assert b"so it was ignored" not in kept
        assert b"so it was ignored" in tab.open("closing", "band=nobody&lang=en").received


def test_the_open_items_of_a_cohort_are_those_that_the_list_shows(site):
    cookie = sign_in(site.url, "leadership")
    first, last = "2025-03-01", "2025-04-20"
    for loop, of in (("directive", ("S05", "S07")), ("hazard", ())):
        asked = "".join(f"&of={station}" for station in of)
        cohort = f"loop={loop}{asked}&from={first}&to={last}&lang=en"
        page = sent(site.url, "closing", cohort, cookie).decode("utf-8", "replace")
        assert all(f"of={station}" in page for station in of)
        assert f"opened_from={first}" in page and f"opened_to={last}" in page
        header, figures = _downloaded(site, cookie, f"closing_figures.csv?{cohort}")
        still = int(figures[-1][header.index("Still open (censored)")])
        asked = f"open.csv?loop={loop}{asked}&opened_from={first}&opened_to={last}&lang=en"
        header, listed = _downloaded(site, cookie, asked)
        # Opened again after the first closing: closed there, open here.
        again = [line for line in listed if int(line[header.index("Returned for rework")] or 0)]
        assert 0 < still <= len(listed) <= still + len(again)
        assert {line[header.index("Opened")][:10] for line in listed} <= {
            str(day.date()) for day in pd.date_range(first, last)
        }


def test_a_period_of_opening_is_two_days_in_order_or_said_to_be_none(site):
    cookie = sign_in(site.url, "leadership")
    for wrong in ("opened_from=2025-02-01", "opened_from=2025-03-01&opened_to=2025-02-01", "opened_to=soon"):
        assert b"so it was ignored" in sent(site.url, "open", f"{wrong}&lang=en", cookie), wrong
    kept = sent(
        site.url, "open", "opened_from=2025-02-01&opened_to=2025-02-01&from=2025-01-01&lang=en", cookie
    )
    assert b"so it was ignored" not in kept and "opened 2025-02-01 – 2025-02-01".encode() in kept
    past = "opened_from=2025-03-01&opened_to=2025-04-24&as_of=2025-03-10T08:00&lang=en"
    clipped = sent(site.url, "open", past, cookie)
    assert b"so it was ignored" not in clipped and "opened 2025-03-01 – 2025-03-10".encode() in clipped


def test_every_group_has_a_line_or_is_named(site):
    cookie = sign_in(site.url, "leadership")

    def page(asked: str) -> str:
        return sent(site.url, "closing", f"{asked}&lang=en", cookie).decode("utf-8", "replace")

    assert "Not drawn, with fewer than 20 items: Dispute, Hazard." in page("loop=")
    assert "Not drawn: Hazard; up to 4 can be chosen above." in page("from=2023-05-01")
    by_station = "loop=incident&by=station&from=2023-05-01"
    told = page(by_station)
    assert "Drawn are all of them together" in told and "Lines drawn (at most 4)" in told
    assert "Not drawn, with fewer than 20 items: Unassigned." in told
    with Tab(site.url, cookie) as tab:
        tab.open("closing", f"{by_station}&show=S03&show=S05&lang=en")
        assert len(tab.widget("filter_band").options) == 2
        whole = tab.open("closing", f"{by_station}&of=S03&of=S05&lang=en").received
        assert b"Not drawn" not in whole and b"Drawn are all" not in whole
        # A line chosen before its station was filtered out is no choice any more.
        tab.open("closing", f"{by_station}&show=S01&of=S03&of=S05&lang=en")
        assert len(tab.widget("filter_band").options) == 2 and len(tab.widget("filter_show").options) == 2


def test_what_all_did_in_time_has_an_interval_too(site):
    cookie = sign_in(site.url, "leadership")
    header, figures = _downloaded(site, cookie, "closing_figures.csv?loop=incident&lang=en")
    yellow = figures[1]
    within = yellow[header.index("Closed within the limit")]
    assert int(yellow[header.index("Still open (censored)")]) > 0
    assert within == "100.0% (95%: 93.5–100.0%)"


def test_stations_beside_the_chosen_one_are_said_to_be_ignored(site):
    cookie = sign_in(site.url, "leadership")
    for page in ("open", "closing"):
        told = sent(site.url, page, "station=S01&of=S03&lang=en", cookie)
        assert b"so it was ignored: `of=S03`" in told, page
        assert b"so it was ignored" not in sent(site.url, page, "station=S01&of=S01&lang=en", cookie), page


def test_a_download_names_the_stations_it_was_narrowed_to(site):
    cookie = sign_in(site.url, "leadership")
    for name in ("open.csv", "closing_figures.csv", "closing_curves.csv"):
        request = urllib.request.Request(
            site.at(f"download/{name}?of=S03&of=S05&lang=en"), headers={"Cookie": cookie}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            head = answer.read().decode("utf-8-sig").split("\r\n\r\n")[0].split("\n")
        (station,) = [line for line in head if line.startswith("Station,")]
        assert "Guihua Lane" in station and "Changdi" in station, name
