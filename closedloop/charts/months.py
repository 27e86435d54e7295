"""What was done month by month: a small chart for one kind, with a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence

from closedloop.charts.theme import CONFIG, LINE, MUTED, VALUE


def month_bars(months: Sequence[str], titles: dict[str, str], height: int = 110) -> dict:
    """A bar per month with its number.

    Frame: ``month`` (``2024-03``), ``items``. ``months`` are all of the period, also those without a bar;
    ``titles`` names month and items.
    """
    x = {
        "field": "month",
        "type": "ordinal",
        "scale": {"domain": list(months), "paddingOuter": 1},
        "axis": {
            "title": None,
            "labelAngle": 0,
            "labelOverlap": True,
            "labelColor": MUTED,
            "labelExpr": "slice(datum.value, 2)",
        },
    }
    y = {"field": "items", "type": "quantitative", "axis": None}
    return {
        "layer": [
            {
                "mark": {"type": "bar", "color": LINE},
                "encoding": {
                    "x": x,
                    "y": y,
                    "tooltip": [
                        {"field": "month", "type": "nominal", "title": titles["month"]},
                        {"field": "items", "type": "quantitative", "title": titles["items"]},
                    ],
                },
            },
            {
                "mark": {"type": "text", "dy": -6, "fontSize": 10, "color": VALUE},
                "encoding": {"x": x, "y": y, "text": {"field": "items", "type": "quantitative"}},
            },
        ],
        "height": height,
        "config": CONFIG,
    }
