"""The figures of the page on time to close, as a table of the page and as one to download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from closedloop.ui.closing_choice import member_name, split_name
from closedloop.ui.closing_view import Group, span
from closedloop.ui.html_table import Cell, html_table, number
from closedloop.ui.shares import MIN_N
from closedloop.ui.visit import Visit


@dataclass(frozen=True)
class Told:
    """A figure in words, and the 95% interval it has, if any."""

    text: str
    interval: str = ""

    def whole(self, visit: Visit) -> str:
        """``12 d (95%: 10 d – 14 d)``."""
        if not self.interval:
            return self.text
        return visit.t("{counts} (95%: {interval})", counts=self.text, interval=self.interval)


def median_told(visit: Visit, group: Group) -> Told:
    """The age by which half are closed; words where there are too few."""
    if not group.enough:
        return Told(visit.t("too few to say"))
    middle, low, high = (span(visit, minutes) for minutes in group.curve.median)
    return Told(middle, f"{low} – {high}")


def within_told(visit: Visit, group: Group) -> Told:
    """The share closed within the limit; a dash where no limit runs over the whole loop."""
    if group.within.items == 0:
        return Told("—")
    if group.within.items < MIN_N:
        return Told(visit.t("too few to say"))
    late = float(group.within.at(1.0))
    if late != late:
        return Told(visit.t("not yet known"))
    low, high = (float(limit) for limit in group.within.limits_at(1.0))
    if late in (0.0, 1.0):
        low, high = group.within.product_limits_at(1.0)
    return Told(f"{1 - late:.1%}", f"{100 - 100 * high:.1f}–{1 - low:.1%}")


def _figures(
    visit: Visit, whole: Group, found: Sequence[Group], by: str
) -> list[dict[str, str | int | Told]]:
    """One row per part in fixed order, and one for all unless loops are shown."""
    named = [(member_name(visit, by, group.member or ""), group) for group in found]
    if by != "loop":
        named.append((visit.t("Together"), whole))
    return [
        {
            "member": name,
            "items": group.items,
            "median": median_told(visit, group),
            "within": within_told(visit, group),
            "closed": group.closed,
            "open": group.open,
            "cancelled": group.cancelled,
            "closed_median": span(visit, group.closed_median) if group.enough else "—",
        }
        for name, group in named
    ]


def figures_table(visit: Visit, whole: Group, found: Sequence[Group], by: str) -> pd.DataFrame:
    """The figures as a download has them, one row per part."""
    return pd.DataFrame(
        {name: cell.whole(visit) if isinstance(cell, Told) else cell for name, cell in row.items()}
        for row in _figures(visit, whole, found, by)
    )


def figures_labels(visit: Visit, by: str) -> dict[str, str]:
    """Header of each column of :func:`figures_table`."""
    t = visit.t
    return {
        "member": split_name(visit, by),
        "median": t("Half are closed after (median)"),
        "within": t("Closed within the limit"),
        "items": t("Opened (n)"),
        "closed": t("Closed"),
        "open": t("Still open (censored)"),
        "cancelled": t("Cancelled (censored)"),
        "closed_median": t("Median of the closed alone (too fast)"),
    }


def figures_html(visit: Visit, whole: Group, found: Sequence[Group], by: str) -> str:
    """The same for the page: nothing is cut off, and on a phone a row stands as a block."""
    labels = figures_labels(visit, by)
    shown = _figures(visit, whole, found, by)
    return html_table(
        visit.t("Time to close by group"),
        [labels[name] for name in shown[0]],
        [[_cell(visit, name, cell) for name, cell in row.items()] for row in shown],
    )


def _cell(visit: Visit, name: str, cell: str | int | Told) -> str | Cell:
    if isinstance(cell, Told):
        small = visit.t("95%: {interval}", interval=cell.interval) if cell.interval else ""
        return Cell(cell.text, small=small)
    if isinstance(cell, str):
        return number(cell) if name == "closed_median" else cell
    return number(visit.texts.number(cell))
