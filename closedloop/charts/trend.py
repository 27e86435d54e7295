"""A metric's course over periods: one line in full, and many on shared axes.

Periods are written as the tables write them (``2025-04``, the Monday of a week), so a chart and its table can
be read side by side, and no browser's time zone can move a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from closedloop.charts.theme import CONFIG, LINE, MUTED, VALUE

#: One line among many: its height in pixels, the share that the figures fill, where its name stands.
_ROW, _FILLED, _NAME = 52, 0.6, 0.86


#: The shapes that mark a point as more than chance.
SHAPES = ("triangle-up", "triangle-down", "diamond", "square", "cross")


@dataclass(frozen=True)
class Band:
    """A stretch of periods that something ran in: a campaign."""

    name: str
    first: str
    last: str


@dataclass(frozen=True)
class Words:
    """What a trend's axes and tooltips say: the metric, and the words for period, n, remark, series."""

    metric: str
    period: str
    n: str
    notes: str
    series: str
    campaign: str
    signal: str
    target: str = ""


def trend(
    periods: Sequence[str],
    number_format: str,
    words: Words,
    *,
    from_zero: bool,
    bands: Sequence[Band] = (),
    with_limits: bool = False,
    target: float | None = None,
    height: int = 240,
) -> dict:
    """One line over ``periods``, gaps where there is no figure, hollow points for unfinished periods.

    Frame: ``period``, ``value`` (None for a gap), ``text`` (the figure as written), ``n``, ``notes``,
    ``unfinished``, ``joined`` (False: the line does not lead there). ``with_limits`` draws ``lower``,
    ``centre`` and ``upper``, and a ``shape`` around every point that a rule marks, in words ``signal``.
    ``target``, in the unit of ``value``, is a line of dots over the whole width, named by ``words.target``.
    """
    x = _x(periods)
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": from_zero, "nice": True},
        "axis": {"title": None, "format": number_format, "tickCount": 5, "grid": True, "gridOpacity": 0.25},
    }
    return {
        "layer": [
            *_bands(periods, bands, words),
            *(_limits(x, y) if with_limits else []),
            *([] if target is None else _target(y, target, words)),
            *([_marked(x, y, 190)] if with_limits else []),
            _line(x, y),
            _points(x, y, _tooltip(words, with_limits)),
        ],
        "height": height,
        "config": CONFIG,
    }


def small_multiples(
    periods: Sequence[str],
    names: Sequence[str],
    low: float,
    high: float,
    words: Words,
    *,
    bands: Sequence[Band] = (),
    with_signals: bool = False,
) -> dict:
    """A line per name, one below the other in the order given, all between ``low`` and ``high``.

    Frame: ``series`` (the name), ``row`` (its place, 0 on top), ``is_last`` (True on its last period),
    ``label`` (the figure with its n), and the columns of :func:`trend`. Drawn in one view, because a view of
    its own per name fits no phone. ``with_signals`` draws the shapes alone: limits of fifteen lines on one
    another would be read by nobody, and stand in the table.
    """
    rows = len(names)
    x = _x(periods)
    label = [str(name) for name in names]
    y = {
        "field": "place",
        "type": "quantitative",
        "scale": {"domain": [0, rows], "nice": False},
        "axis": {
            "title": None,
            # Names stand over their lines, inside the plot: beside it a phone would have no room for both.
            "values": [rows - 1 - row + _NAME for row in range(rows)],
            "labelExpr": f"{_literal(label)}[{rows - 1} - floor(datum.value)]",
            "labelAlign": "left",
            "labelPadding": -4,
            "labelLimit": 260,
            "labelOverlap": False,
        },
    }
    floor = {"field": "floor", "type": "quantitative"}
    by_series = {"field": "series", "type": "nominal"}
    span = (high - low) or 1
    place = f"{rows - 1} - datum.row + {_FILLED} * (datum.value - {low}) / {span}"
    return {
        "transform": [
            {"calculate": f"isValid(datum.value) ? {place} : null", "as": "place"},
            {"calculate": f"{rows - 1} - datum.row", "as": "floor"},
        ],
        "layer": [
            *_bands(periods, bands, words),
            {
                "transform": [{"filter": "datum.is_last"}],
                "mark": {"type": "rule", "color": MUTED, "opacity": 0.35},
                "encoding": {"y": floor},
            },
            *([_marked(x, y, 120)] if with_signals else []),
            _line(x, y, detail=by_series),
            _points(
                x,
                y,
                [
                    {"field": "series", "type": "nominal", "title": words.series},
                    *_tooltip(words, with_signals),
                ],
                size=26,
            ),
            {
                "transform": [{"filter": "datum.is_last && isValid(datum.value)"}],
                "mark": {
                    "type": "text",
                    "align": "right",
                    "dx": 0,
                    "dy": -9,
                    "fontSize": 11,
                    "color": MUTED,
                    "fontWeight": "bold",
                },
                "encoding": {"x": x, "y": y, "text": {"field": "label", "type": "nominal"}},
            },
        ],
        "height": rows * _ROW,
        "config": CONFIG,
    }


def _x(periods: Sequence[str]) -> dict:
    return {
        "field": "period",
        "type": "ordinal",
        "scale": {"type": "band", "domain": list(periods), "paddingInner": 0, "paddingOuter": 0.1},
        "axis": {
            "title": None,
            "labelAngle": 0,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            "labelColor": MUTED,
        },
    }


def _line(x: dict, y: dict, detail: dict | None = None) -> dict:
    encoding = {"x": x, "y": y}
    if detail is not None:
        encoding["detail"] = detail
    return {
        # A sum of four days at the end of a line of whole weeks would look like a fall.
        "transform": [{"filter": "datum.joined"}],
        "mark": {"type": "line", "color": LINE, "strokeWidth": 2, "invalid": "break-paths-show-domains"},
        "encoding": encoding,
    }


def _points(x: dict, y: dict, tooltip: list[dict], size: int = 50) -> dict:
    return {
        "transform": [{"filter": "isValid(datum.value)"}],
        "mark": {"type": "point", "filled": True, "size": size, "strokeWidth": 1.5, "stroke": LINE},
        "encoding": {
            "x": x,
            "y": y,
            "fill": {"condition": {"test": "datum.unfinished", "value": "transparent"}, "value": LINE},
            "tooltip": tooltip,
        },
    }


def _limits(x: dict, y: dict) -> list[dict]:
    # A step per period: limits that begin anew at a campaign jump there, and do not slope.
    line = {"type": "line", "color": MUTED, "strokeWidth": 1.2, "interpolate": "step"}
    return [
        {
            "transform": [{"filter": f"isValid(datum.{name})"}],
            "mark": {**line, "strokeDash": dash},
            "encoding": {"x": x, "y": {**y, "field": name}},
        }
        for name, dash in (("lower", [5, 4]), ("centre", []), ("upper", [5, 4]))
    ]


def _target(y: dict, target: float, words: Words) -> list[dict]:
    data = {"values": [{"value": target, "name": words.target}]}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": VALUE, "strokeWidth": 2, "strokeDash": [2, 3]},
            "encoding": {"y": y},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "left", "x": 4, "dy": -7, "fontSize": 11, "color": MUTED},
            "encoding": {"y": y, "text": {"field": "name", "type": "nominal"}},
        },
    ]


def _marked(x: dict, y: dict, size: int) -> dict:
    return {
        "transform": [{"filter": "datum.shape !== '' && isValid(datum.value)"}],
        "mark": {"type": "point", "filled": True, "size": size, "color": VALUE, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "shape": {
                "field": "shape",
                "type": "nominal",
                "scale": {"domain": list(SHAPES), "range": list(SHAPES)},
                "legend": None,
            },
        },
    }


def _tooltip(words: Words, with_signal: bool) -> list[dict]:
    signal = [{"field": "signal", "type": "nominal", "title": words.signal}] if with_signal else []
    return [
        {"field": "period", "type": "nominal", "title": words.period},
        {"field": "text", "type": "nominal", "title": words.metric},
        {"field": "n", "type": "nominal", "title": words.n},
        *signal,
        {"field": "notes", "type": "nominal", "title": words.notes},
    ]


def _bands(periods: Sequence[str], bands: Sequence[Band], words: Words) -> list[dict]:
    if not bands:
        return []
    values = [{"name": band.name, "first": band.first, "last": band.last} for band in bands]
    x = {**_x(periods), "field": "first", "bandPosition": 0}
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rect", "color": MUTED, "stroke": MUTED, "opacity": 0.14},
            "encoding": {
                "x": x,
                "x2": {"field": "last", "bandPosition": 1},
                "tooltip": [{"field": "name", "type": "nominal", "title": words.campaign}],
            },
        },
    ]


def _literal(texts: Sequence[str]) -> str:
    """Texts as an array of the chart's expression language."""
    escaped = (text.replace("\\", "\\\\").replace("'", "\\'") for text in texts)
    return "[" + ",".join(f"'{text}'" for text in escaped) + "]"
