"""Stations of different size beside one another (同类比较图): each share over its n, between limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closedloop.charts.theme import CONFIG, LINE, MUTED, VALUE

#: A shape for every verdict of a funnel; the word stands beside it in the table and the tooltip.
SHAPES = {0: "circle", 1: "diamond", -1: "diamond", 2: "triangle-up", -2: "triangle-down"}


def compare(
    points: Sequence[Mapping], centre: float, number_format: str, titles: Mapping[str, str], height: int = 340
) -> dict:
    """Points over n, the common share as a line, and two pairs of limits.

    Frame: the lines, ``n`` with ``lower95``, ``upper95``, ``lower998``, ``upper998`` (shares).
    ``points``: ``n``, ``value``, ``station``, ``text``, ``interval``, ``verdict`` (0, ±1, ±2), ``word`` and
    ``label``, the name beside the point, empty within the limits. ``titles`` names ``n``, ``share``,
    ``station``, ``interval``, ``verdict``.
    """
    x = {
        "field": "n",
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": {"title": titles["n"], "tickCount": 5, "format": ",d"},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": False, "nice": True},
        "axis": {"title": None, "format": number_format, "tickCount": 5},
    }
    tooltip = [
        {"field": "station", "type": "nominal", "title": titles["station"]},
        {"field": "text", "type": "nominal", "title": titles["share"]},
        {"field": "of", "type": "nominal", "title": titles["n"]},
        {"field": "interval", "type": "nominal", "title": titles["interval"]},
        {"field": "word", "type": "nominal", "title": titles["verdict"]},
    ]
    shape = {
        "field": "shape",
        "type": "nominal",
        "scale": {"domain": sorted(set(SHAPES.values())), "range": sorted(set(SHAPES.values()))},
        "legend": None,
    }
    values = [{**point, "shape": SHAPES[point["verdict"]]} for point in points]
    return {
        "layer": [
            *(_limit(x, y, name, dash) for name, dash in (("95", [4, 4]), ("998", []))),
            {
                "data": {"values": [{"value": centre}]},
                "mark": {"type": "rule", "color": MUTED, "strokeWidth": 1.5},
                "encoding": {"y": y},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "filled": True, "size": 90, "color": LINE, "opacity": 1},
                "encoding": {"x": x, "y": y, "shape": shape, "tooltip": tooltip},
            },
            {
                "data": {"values": [value for value in values if value["label"]]},
                "mark": {"type": "text", "dy": -12, "fontSize": 12, "fontWeight": "bold", "color": VALUE},
                "encoding": {"x": x, "y": y, "text": {"field": "label", "type": "nominal"}},
            },
        ],
        "height": height,
        "config": CONFIG,
    }


def _limit(x: Mapping, y: Mapping, name: str, dash: Sequence[int]) -> dict:
    mark = {"type": "line", "color": MUTED, "strokeWidth": 1, "strokeDash": list(dash)}
    return {
        "layer": [
            {"mark": mark, "encoding": {"x": x, "y": {**y, "field": f"{side}{name}"}}}
            for side in ("lower", "upper")
        ]
    }
