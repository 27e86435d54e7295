"""The curves of the page on time to close, as rows a chart can draw: few enough, labelled, cut where thin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from closedloop.charts.survival import AgeAxis
from closedloop.charts.theme import HOLDERS, LINE, OUTCOMES, SEVERITY
from closedloop.ui.closing_choice import ClosingChoice, member_name
from closedloop.ui.closing_view import Group
from closedloop.ui.visit import Visit

#: A line ends where fewer items than this are still watched: beyond, single items move it.
STILL_WATCHED = 10
#: Steps drawn per line; more than a screen can show.
_STEPS = 240
#: Labels and lines' ends closer together than this share of the height would overlap.
_APART = 0.075
_COLOURS = (LINE, OUTCOMES["stabilised"], HOLDERS["department"], OUTCOMES["other"])
_HOUR, _DAY = 60, 1440
_TICKS = tuple(
    sorted(
        {
            *(minutes for minutes in (1, 2, 5, 10, 20, 30)),
            *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
            *(
                days * _DAY
                for days in (1, 2, 3, 5, 7, 10, 14, 20, 30, 40, 50, 60, 80, 90, 100, 120, 150, 200, 300)
            ),
        }
    )
)


#: A line's mark and the sign that stands for it in its label; those of a colour are the colour's own.
_MARKS = (("circle", "●"), ("square", "■"), ("triangle-up", "▲"), ("diamond", "◆"))
_SEVERITY_MARKS = {"red": "circle", "yellow": "diamond", "blue": "square", "none": "triangle-up"}


def line_name(visit: Visit, by: str, group: Group) -> str:
    """The name beside a line, with what it rests on."""
    name = member_name(visit, by, group.member) if group.member is not None else visit.t("Together")
    return f"{name} n={visit.texts.number(group.items)}"


def line_marks(visit: Visit, by: str, shown: Sequence[Group]) -> dict[str, str]:
    """The shape of each line's mark."""
    if by == "severity":
        return {line_name(visit, by, group): _SEVERITY_MARKS[group.member or "none"] for group in shown}
    return {line_name(visit, by, group): _MARKS[place][0] for place, group in enumerate(shown)}


def line_colours(visit: Visit, by: str, shown: Sequence[Group]) -> dict[str, str]:
    """A colour by line: a colour of risk only for that risk."""
    if by == "severity":
        return {line_name(visit, by, group): SEVERITY.get(group.member or "none", LINE) for group in shown}
    return {line_name(visit, by, group): _COLOURS[place % len(_COLOURS)] for place, group in enumerate(shown)}


def _last_age(group: Group) -> float:
    watched = np.flatnonzero(group.curve.at_risk >= STILL_WATCHED)
    reach = float(group.curve.age[watched[-1]]) if watched.size else 0.0
    done = np.flatnonzero(group.curve.survival <= 0.005)
    return min(reach, float(group.curve.age[done[0]])) if done.size else reach


def age_axis(visit: Visit, by: str, shown: Sequence[Group]) -> AgeAxis:
    """From the opening to where the longest line ends; logarithmic for loops, which differ by orders."""
    last = max(max(_last_age(group) for group in shown), 10.0)
    logarithmic = by == "loop"
    first = 10.0 if logarithmic and last > 600 else (1.0 if logarithmic else 0.0)
    if logarithmic:
        wanted = (1, 10, 60, 360, _DAY, 3 * _DAY, 10 * _DAY, 30 * _DAY, 100 * _DAY)
        ticks = [minutes for minutes in wanted if first <= minutes <= last]
    else:
        step = next((tick for tick in _TICKS if last / tick <= 7), _TICKS[-1])
        ticks = [0, *np.arange(step, last + 1, step)]
    texts = {
        float(minutes): visit.texts.duration(timedelta(minutes=float(minutes))) if minutes else "0"
        for minutes in ticks
    }
    return AgeAxis(first, last, texts, logarithmic)


def line_frame(visit: Visit, choice: ClosingChoice, shown: Sequence[Group], axis: AgeAxis) -> pd.DataFrame:
    """The rows that ``charts.survival.open_by_age`` draws; the interval is that of the chosen line."""
    band = next((group for group in shown if group.member == choice.band), shown[0])
    frames = [_line(visit, choice.by, group, axis, group is band) for group in shown]
    ends = np.array([frame["share"].iloc[-1] for frame in frames])
    # The name of a colour begins with its mark; only what has none lacks it.
    of_none = dict(_MARKS)[_SEVERITY_MARKS["none"]]
    signs = [
        ("" if group.member != "none" else of_none) if choice.by == "severity" else sign
        for group, (_, sign) in zip(shown, _MARKS, strict=False)
    ]
    for sign, frame, place in zip(signs, frames, spread_apart(ends), strict=False):
        frame.loc[frame.index[-1], "label"] = f"{sign} {frame['line'].iloc[0]}".lstrip()
        frame.loc[frame.index[-1], "label_y"] = place
    return pd.concat(frames, ignore_index=True)


def line_steps(lines: pd.DataFrame) -> pd.DataFrame:
    """A dozen rows of each line, its last among them, with the share as written: what a table can show."""
    place = lines.groupby("line", sort=False).cumcount(ascending=False)
    shown = lines[place % (_STEPS // 12) == 0]
    return shown.assign(share=[f"{share:.1%}" for share in shown["share"]])


def _line(visit: Visit, by: str, group: Group, axis: AgeAxis, with_interval: bool) -> pd.DataFrame:
    last = min(_last_age(group), axis.last)
    if axis.logarithmic:
        ages = np.geomspace(axis.first, max(last, axis.first * 1.01), _STEPS)
    else:
        ages = np.linspace(0, last, _STEPS)
    share = group.curve.at(ages)
    lower, upper = group.curve.limits_at(ages)
    known = ~np.isnan(share)
    middle = group.curve.median[0]
    frame = pd.DataFrame(
        {
            "line": line_name(visit, by, group),
            "minutes": ages,
            "share": share,
            "lower": lower if with_interval else np.nan,
            "upper": np.where(np.isnan(upper), lower, upper) if with_interval else np.nan,
            "age": [visit.texts.duration(timedelta(minutes=float(age))) for age in ages],
            "interval": [
                "" if up != up else f"{100 * low:.1f}–{up:.1%}" for low, up in zip(lower, upper, strict=True)
            ],
            "mark": False,
            "label": None,
            "label_y": np.nan,
        }
    )[known].reset_index(drop=True)
    if middle < last:
        frame.loc[int(np.searchsorted(frame["minutes"], middle).clip(0, len(frame) - 1)), "mark"] = True
    return frame


def spread_apart(ends: np.ndarray) -> np.ndarray:
    """Heights for labels, each as near to its line's end as fits, none closer than a line of text."""
    order = np.argsort(ends, kind="stable")
    places = ends.astype(float).copy()
    lowest = 0.03
    for place in order:
        places[place] = max(places[place], lowest)
        lowest = places[place] + _APART
    return places
