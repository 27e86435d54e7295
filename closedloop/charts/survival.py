"""The share still open by age: a step line per group, and the interval of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from closedloop.charts.theme import CONFIG, MUTED

#: Told apart by pattern and mark too, not by colour alone.
DASHES = ((1, 0), (7, 3), (2, 2), (9, 3, 2, 3))


@dataclass(frozen=True)
class AgeAxis:
    """Ages in minutes: where the axis begins and ends, and its ticks with their texts."""

    first: float
    last: float
    ticks: Mapping[float, str]
    logarithmic: bool = False


def open_by_age(
    colours: Mapping[str, str],
    shapes: Mapping[str, str],
    age: AgeAxis,
    titles: Mapping[str, str],
    height: int = 340,
) -> dict:
    """Steps that fall from 1 as items are closed.

    Frame: ``line`` (name), ``minutes`` (age), ``share`` still open at more than that age, ``lower`` and
    ``upper`` (interval, None where none is drawn), ``age`` and ``interval`` (in words), ``label`` and
    ``label_y`` (at a line's last row: what stands at the right edge, and where), ``mark`` (true where the
    line's mark is drawn).
    ``colours`` gives each line's colour, in order, ``shapes`` its mark; ``titles`` names ``line``,
    ``age``, ``share``, ``interval``.
    """
    names = list(colours)
    x = {
        "field": "minutes",
        "type": "quantitative",
        "scale": {
            "type": "log" if age.logarithmic else "linear",
            "domain": [age.first, age.last],
            "nice": False,
            "clamp": True,
        },
        "axis": {
            "title": titles["age"],
            "values": list(age.ticks),
            "labelExpr": _said(age.ticks),
            "labelOverlap": True,
            "grid": False,
        },
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {
            "title": titles["share"],
            "format": ".0%",
            "tickCount": 5,
            "grid": True,
            "gridOpacity": 0.25,
        },
    }
    colour = {
        "field": "line",
        "type": "nominal",
        "scale": {"domain": names, "range": list(colours.values())},
        "legend": None,
    }
    tooltip = [
        {"field": "line", "type": "nominal", "title": titles["line"]},
        {"field": "age", "type": "nominal", "title": titles["age"]},
        {"field": "share", "type": "quantitative", "title": titles["share"], "format": ".1%"},
        {"field": "interval", "type": "nominal", "title": titles["interval"]},
    ]
    return {
        "layer": [
            {
                "transform": [{"filter": "datum.lower !== null"}],
                "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.18},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": "lower"},
                    "y2": {"field": "upper"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "rule", "strokeDash": [2, 4], "color": MUTED, "opacity": 0.7},
                "data": {"values": [{"half": 0.5}]},
                "encoding": {"y": {**y, "field": "half"}},
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": colour,
                    "strokeDash": _by_line(names, DASHES),
                },
            },
            {
                "transform": [{"filter": "datum.mark"}],
                "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": colour,
                    "shape": _by_line(names, [shapes[name] for name in names]),
                },
            },
            {
                "mark": {"type": "point", "opacity": 0, "size": 90},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            {
                "transform": [{"filter": "datum.label !== null"}],
                "mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 12, "fontWeight": 600},
                "encoding": {
                    "x": {"value": "width"},
                    "y": {**y, "field": "label_y"},
                    "color": colour,
                    "text": {"field": "label", "type": "nominal"},
                },
            },
        ],
        "height": height,
        "config": CONFIG,
    }


def _by_line(names: Sequence[str], values: Sequence) -> dict:
    scale = {"domain": list(names), "range": [values[place % len(values)] for place in range(len(names))]}
    return {"field": "line", "type": "nominal", "scale": scale, "legend": None}


def _said(ticks: Mapping[float, str]) -> str:
    """A Vega expression that gives each tick its text; the texts are ours and hold no quote."""
    told = "''"
    for value, text in reversed(list(ticks.items())):
        told = f"datum.value == {value:g} ? '{text}' : {told}"
    return told
