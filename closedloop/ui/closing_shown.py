"""Everything that the page on time to close shows of a choice, worked out at once and kept."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from closedloop.charts.survival import open_by_age
from closedloop.queries.closing import closing_times
from closedloop.ui.closing_choice import ClosingChoice
from closedloop.ui.closing_figures import figures_html
from closedloop.ui.closing_lines import age_axis, line_colours, line_frame, line_marks
from closedloop.ui.closing_view import (
    Group,
    compared,
    comparison,
    group_of,
    groups,
    sentence,
    shown_groups,
    undrawn,
)
from closedloop.ui.visit import Visit
from closedloop.ui.worked_out import worked_out_once


@dataclass(frozen=True)
class ClosingShown:
    """The cohort of ``items`` in words, curves and figures.

    ``groups``: how many parts have items. ``drawn``: the members that have a line; ``undrawn``: in words,
    which have none. ``chart``: frame,
    specification and the headers of its table; None where no group is large enough for one. ``figures``:
    their table, as HTML.
    """

    items: int
    sentence: str | None
    comparison: str | None
    groups: int
    drawn: tuple[str, ...]
    undrawn: str
    chart: tuple[pd.DataFrame, dict, dict[str, str]] | None
    figures: str


@worked_out_once
def closing_shown(visit: Visit, choice: ClosingChoice) -> ClosingShown | None:
    """What a choice leads to; None where no item was opened."""
    times = visit.ask(closing_times, cohort=choice.cohort, by=choice.by)
    if times.empty:
        return None
    whole, found = group_of(times), groups(visit, times, choice.by)
    shown = shown_groups(choice, found, whole)
    test = compared(times, choice.by, found)
    return ClosingShown(
        items=whole.items,
        sentence=sentence(visit, choice, whole) if choice.cohort.loop else None,
        comparison=None if test is None else comparison(visit, choice.by, test, found),
        groups=len(found),
        drawn=tuple(group.member for group in shown if group.member),
        undrawn=undrawn(visit, choice, found, shown),
        chart=_chart(visit, choice, shown) if shown else None,
        figures=figures_html(visit, whole, found, choice.by),
    )


def _chart(
    visit: Visit, choice: ClosingChoice, shown: list[Group]
) -> tuple[pd.DataFrame, dict, dict[str, str]]:
    t = visit.t
    axis = age_axis(visit, choice.by, shown)
    columns = {
        "line": t("Group"),
        "age": t("Age"),
        "share": t("Not yet closed"),
        "interval": t("95% interval"),
    }
    spec = open_by_age(
        line_colours(visit, choice.by, shown), line_marks(visit, choice.by, shown), axis, columns
    )
    return line_frame(visit, choice, shown, axis), spec, columns
