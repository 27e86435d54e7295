"""Bars split into parts that are never added up by the eye alone: each part carries its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closedloop.charts.theme import CONFIG


def part_bars(members: Sequence[str], parts: Mapping[str, str], titles: Mapping[str, str]) -> dict:
    """A bar per member, in the order given, split into parts with their numbers.

    Frame: ``member``, ``part`` (names), ``place`` (order of the part), ``items``, ``label`` (its number,
    empty where there is no room). ``parts`` gives the colour of each part, in order,
    ``titles`` the name of ``member``, ``part`` and ``items``.
    """
    y = {
        "field": "member",
        "type": "nominal",
        "sort": list(members),
        "axis": {"title": None, "labelLimit": 130},
    }
    x = {
        "field": "items",
        "type": "quantitative",
        "stack": "zero",
        "axis": {"title": titles["items"], "tickMinStep": 1, "tickCount": 5},
    }
    order = {"field": "place", "type": "quantitative"}
    return {
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.72}},
                "encoding": {
                    "y": y,
                    "x": x,
                    "order": order,
                    "color": {
                        "field": "part",
                        "type": "nominal",
                        "scale": {"domain": list(parts), "range": list(parts.values())},
                        "legend": {"title": None, "orient": "bottom", "columns": 3},
                    },
                    "tooltip": [
                        {"field": "member", "type": "nominal", "title": titles["member"]},
                        {"field": "part", "type": "nominal", "title": titles["part"]},
                        {"field": "items", "type": "quantitative", "title": titles["items"]},
                    ],
                },
            },
            {
                "mark": {"type": "text", "color": "#FFFFFF", "fontSize": 11},
                "encoding": {
                    "y": y,
                    "x": {**x, "bandPosition": 0.5},
                    "order": order,
                    "detail": {"field": "part", "type": "nominal"},
                    "text": {"field": "label", "type": "nominal"},
                },
            },
        ],
        "height": {"step": 28},
        "config": CONFIG,
    }
