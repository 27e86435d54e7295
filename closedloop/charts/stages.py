"""Items at each stage of a loop, by whose hands they are in."""

from __future__ import annotations

from collections.abc import Sequence

from closedloop.charts.theme import CONFIG, HOLDERS


def stage_bars(stages: Sequence[str], holders: dict[str, str], titles: dict[str, str]) -> dict:
    """A bar per stage, in the loop's order, split by kind of holder.

    Frame: ``stage`` (its name), ``holder`` (its name), ``items``. ``holders`` gives the name of each kind,
    ``titles`` that of each column.
    """
    return {
        "mark": {"type": "bar", "height": {"band": 0.7}},
        "encoding": {
            "y": {
                "field": "stage",
                "type": "nominal",
                "sort": list(stages),
                "axis": {"title": None, "labelLimit": 120},
            },
            "x": {
                "field": "items",
                "type": "quantitative",
                "axis": {"title": titles["items"], "tickMinStep": 1, "tickCount": 5},
            },
            "color": {
                "field": "holder",
                "type": "nominal",
                "scale": {"domain": list(holders.values()), "range": [HOLDERS[kind] for kind in holders]},
                "legend": {"title": None, "orient": "bottom", "columns": 2},
            },
            "tooltip": [
                {"field": "stage", "type": "nominal", "title": titles["stage"]},
                {"field": "holder", "type": "nominal", "title": titles["holder"]},
                {"field": "items", "type": "quantitative", "title": titles["items"]},
            ],
        },
        "height": {"step": 30},
        "config": CONFIG,
    }
