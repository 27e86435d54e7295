"""How far things came: a bar per step, its number beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closedloop.charts.theme import CONFIG, HOLDERS, LINE, VALUE


def step_bars(steps: Sequence[str], kinds: Sequence[str], titles: Mapping[str, str]) -> dict:
    """A bar per step, in the order given.

    Frame: ``step`` (name), ``items``, ``label`` (what stands beside the bar), ``kind``. ``kinds`` names the
    steps on the way, and those that lead back; ``titles`` the columns ``step``, ``items`` and ``label``.
    """
    y = {
        "field": "step",
        "type": "nominal",
        "sort": list(steps),
        "axis": {"title": None, "labelLimit": 150},
    }
    x = {
        "field": "items",
        "type": "quantitative",
        "axis": {"title": titles["items"], "tickMinStep": 1, "tickCount": 5},
    }
    return {
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.7}},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": list(kinds), "range": [LINE, HOLDERS["department"]]},
                        "legend": {"title": None, "orient": "bottom"},
                    },
                    "tooltip": [
                        {"field": "step", "type": "nominal", "title": titles["step"]},
                        {"field": "items", "type": "quantitative", "title": titles["items"]},
                        {"field": "label", "type": "nominal", "title": titles["label"]},
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "color": VALUE},
                "encoding": {"y": y, "x": x, "text": {"field": "label", "type": "nominal"}},
            },
        ],
        "height": {"step": 32},
        "config": CONFIG,
    }
