"""Time to close: page, sentence and download say what was asked; the likely view leads with its words."""

from __future__ import annotations

import csv
import io
import urllib.request
from datetime import datetime, time, timedelta

import numpy as np
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
