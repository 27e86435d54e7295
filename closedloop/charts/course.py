"""The course of a metric: a quiet line with its last point."""

from __future__ import annotations

from closedloop.charts.theme import CONFIG, LINE, MUTED


def course(name: str, number_format: str, titles: dict[str, str], height: int = 70) -> dict:
    """A line over calendar days with a gap where nobody reported, and a dot on the last day.

    Frame: ``day`` (date), ``value`` (None where nobody reported), ``n``, ``stations``. ``titles`` names them.
    """
    tooltip = [
        {"field": "day", "type": "temporal", "title": titles["day"], "format": "%Y-%m-%d"},
        {"field": "value", "type": "quantitative", "title": name, "format": number_format},
        {"field": "n", "type": "quantitative", "title": titles["n"], "format": ",d"},
        {"field": "stations", "type": "quantitative", "title": titles["stations"]},
    ]
    x = {
        "field": "day",
        "type": "temporal",
        "axis": {"title": None, "format": "%m-%d", "tickCount": 3, "labelFlush": True, "labelColor": MUTED},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": False, "nice": True},
        "axis": {"title": None, "tickCount": 2, "format": number_format, "labelColor": MUTED},
    }
    return {
        "layer": [
            {
                "mark": {
                    "type": "line",
                    "color": LINE,
                    "strokeWidth": 2,
                    "invalid": "break-paths-show-domains",
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "point", "color": LINE, "filled": True, "size": 18},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
        ],
        "height": height,
        "config": CONFIG,
    }
