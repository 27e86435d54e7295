"""What no calendar sends in place of two days: the page goes on with a period of its own."""

import pytest

from benchmarks.wire import Tab, sign_in
from closedloop.ui.registry import ALL_PAGES
from tests.wire.fuzzing import ours_in_tracebacks

DAYS = {
    "none": [],
    "three": ["2025/03/01", "2025/03/02", "2025/03/03"],
    "backwards": ["2025/03/09", "2025/03/02"],
    "one": ["2025/03/01"],
}


@pytest.fixture(scope="module")
def tab(site):
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        yield tab


@pytest.mark.parametrize("page", [page.address for page in ALL_PAGES])
def test_a_period_of_no_two_days_in_order_breaks_no_page(site, tab, page):
    before = len(site.log.read_text())
    tab.open(page, "lang=en")
    periods = [found.key for found in tab.widgets.values() if found.kind == "date_input"]
    for days in DAYS.values():
        for key in periods:
            tab.open(page, "lang=en")
            run = tab.change(key, days)
            assert [one for one in run.elements() if one.WhichOneof("type") == "exception"] == [], days
            assert "page_failed" not in run.texts()
            if days == DAYS["backwards"]:
                assert "=2025-03-02&" in tab.query and tab.query.endswith("=2025-03-09"), tab.query
            assert ours_in_tracebacks(site.log.read_text()[before:]) == [], days


def test_there_are_periods_to_try(tab):
    # Or the test above could not fail.
    for page in ("loops", "trends", "compare", "closing", "open", "station"):
        tab.open(page, "lang=en")
        assert "date_input" in {widget.kind for widget in tab.widgets.values()}, page
