"""Every chart of every page is valid, as Altair reads it: Vega-Lite draws a wrong word as nothing at all."""

from __future__ import annotations

import json
from collections import Counter

import altair as alt
import pytest

from benchmarks.wire import Tab, sign_in
from closedloop.ui.registry import PAGES


@pytest.fixture(scope="module")
def addresses(item_and_place) -> list[tuple[str, str]]:
    """Every page, and further ones for the charts that only a choice shows."""
    item, place = item_and_place
    return [
        *((page.address, "lang=en") for page in PAGES),
        ("item", f"lang=en&item={item}"),
        ("places", f"lang=en&place={place}"),
        ("compare", "lang=en&metric=non_police_share&from=2024-10-01&to=2025-03-31"),
        ("closing", "lang=en&show=directive&show=incident&by=station"),
    ]


def test_altair_takes_every_chart_for_one_of_its_own(site, addresses):
    wrong, drawn = [], Counter()
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        for address, query in addresses:
            for element in tab.open(address, query).elements():
                if element.WhichOneof("type") != "vega_lite_chart":
                    continue
                spec = json.loads(element.vega_lite_chart.spec)
                drawn[address] += 1
                try:
                    alt.Chart.from_dict({"data": {"name": "figures"}, **spec}, validate=True)
                except alt.utils.schemapi.SchemaValidationError as error:
                    wrong.append(f"{address}: {error}")
    assert wrong == []
    # Each page with charts has drawn them, or the above would say nothing of them.
    assert drawn == {
        "loops": 1,
        "trends": 2,
        "compare": 1,
        "closing": 2,
        "places": 1,
        "disputes": 1,
        "diversions": 1,
        "volunteers": 3,
        "item": 1,
    }
