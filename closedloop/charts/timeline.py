"""In whose hands an item was, and when."""

from __future__ import annotations

from closedloop.charts.theme import CONFIG, HOLDERS


def holder_timeline(holders: dict[str, str], titles: dict[str, str]) -> dict:
    """One bar per interval on one line per kind of holder; deadlines as rules.

    Frame: ``holder`` (name), ``stage`` (name reached), ``since``, ``until`` (local times). ``holders`` gives
    the name of each kind.
    """
    return {
        "mark": {"type": "bar", "height": {"band": 0.6}, "cornerRadius": 2},
        "encoding": {
            "y": {
                "field": "holder",
                "type": "nominal",
                "sort": list(holders.values()),
                "axis": {"title": None, "labelLimit": 140},
            },
            "x": {
                "field": "since",
                "type": "temporal",
                "axis": {"title": None, "format": "%m-%d %H:%M", "tickCount": 5},
            },
            "x2": {"field": "until"},
            "color": {
                "field": "holder",
                "type": "nominal",
                "scale": {"domain": list(holders.values()), "range": [HOLDERS[kind] for kind in holders]},
                "legend": None,
            },
            "tooltip": [
                {"field": "holder", "type": "nominal", "title": titles["holder"]},
                {"field": "stage", "type": "nominal", "title": titles["stage"]},
                {"field": "since", "type": "temporal", "title": titles["since"], "format": "%Y-%m-%d %H:%M"},
                {"field": "until", "type": "temporal", "title": titles["until"], "format": "%Y-%m-%d %H:%M"},
            ],
        },
        "height": {"step": 34},
        "config": CONFIG,
    }
