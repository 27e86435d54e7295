"""A place's calls week by week, and what was usual for it."""

from __future__ import annotations

from closedloop.charts.theme import CONFIG, LINE, MUTED


def place_weeks_chart(titles: dict[str, str], marks: list[dict], height: int = 190) -> dict:
    """Bars of calls over the band that nine weeks of ten lie in.

    Frame: ``week`` and ``until`` (when it begins and ends), ``calls``, ``expected``, ``low``, ``high`` (None
    before anything was learnt), ``usual`` (in words). ``marks``: rows of ``day`` and ``label``, drawn as
    rules: a warning, a directive. ``titles`` names week, calls, expected, usual, mark.
    """
    x = {
        "field": "week",
        "type": "temporal",
        "axis": {"title": None, "format": "%Y-%m", "tickCount": 6, "labelColor": MUTED},
    }
    y = {"axis": {"title": titles["calls"], "tickMinStep": 1, "titleColor": MUTED, "labelColor": MUTED}}
    number = {"type": "quantitative", "format": ".1f"}
    tooltip = [
        {"field": "week", "type": "temporal", "title": titles["week"], "format": "%Y-%m-%d"},
        {"field": "calls", "type": "quantitative", "title": titles["calls"]},
        {**number, "field": "expected", "title": titles["expected"]},
        {"field": "usual", "type": "nominal", "title": titles["usual"]},
    ]
    return {
        "layer": [
            {
                "mark": {"type": "area", "color": MUTED, "opacity": 0.25, "interpolate": "step-after"},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "low", "type": "quantitative"},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "bar", "color": LINE, "xOffset": 1, "x2Offset": -1},
                "encoding": {
                    "x": x,
                    "x2": {"field": "until"},
                    "y": {**y, "field": "calls", "type": "quantitative"},
                    "tooltip": tooltip,
                },
            },
            {
                "data": {"values": marks},
                "mark": {"type": "rule", "strokeDash": [4, 3], "color": MUTED, "strokeWidth": 1.5},
                "encoding": {
                    "x": {"field": "day", "type": "temporal"},
                    "tooltip": [
                        {"field": "label", "type": "nominal", "title": titles["mark"]},
                        {"field": "day", "type": "temporal", "title": titles["week"], "format": "%Y-%m-%d"},
                    ],
                },
            },
        ],
        "height": height,
        "config": CONFIG,
    }
