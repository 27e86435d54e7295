"""Time to close as downloads: the figures, and the curve of each group, step by step."""

from __future__ import annotations

import pandas as pd

from closedloop.queries.closing import closing_times
from closedloop.ui.closing_choice import ClosingChoice, active_filters, member_name, read_choice, split_name
from closedloop.ui.closing_figures import figures_labels, figures_table
from closedloop.ui.closing_view import Group, group_of, groups
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.visit import Visit


def _asked(visit: Visit, params: Params) -> tuple[ClosingChoice, Group, list[Group]]:
    choice = read_choice(params, visit)
    times = closing_times(visit.scope, visit.as_of, choice.cohort)
    return choice, group_of(times), groups(visit, times, choice.by)


def _figures(visit: Visit, params: Params, row_limit: int) -> Exported:
    choice, whole, found = _asked(visit, params)
    table = figures_table(visit, whole, found, choice.by).head(row_limit)
    labels = figures_labels(visit, choice.by)
    return Exported(table, labels, active_filters(visit, choice), choice.cohort.stations)


def _curves(visit: Visit, params: Params, row_limit: int) -> Exported:
    t = visit.t
    choice, _, found = _asked(visit, params)
    steps = [
        pd.DataFrame(
            {
                "member": member_name(visit, choice.by, group.member or ""),
                "hours": group.curve.age / 60,
                "watched": group.curve.at_risk,
                "closed": group.curve.closed,
                "censored": group.curve.censored,
                "still_open": 100 * group.curve.survival,
                "lower": 100 * group.curve.lower,
                "upper": 100 * group.curve.upper,
            }
        )
        for group in found
    ]
    labels = {
        "member": split_name(visit, choice.by),
        "hours": t("Age (hours)"),
        "watched": t("Watched until then"),
        "closed": t("Closed"),
        "censored": t("Last seen open, or cancelled"),
        "still_open": t("Still open (%)"),
        "lower": t("95% interval, lower (%)"),
        "upper": t("95% interval, upper (%)"),
    }
    table = pd.concat(steps, ignore_index=True) if steps else pd.DataFrame(columns=list(labels))
    return Exported(table.head(row_limit), labels, active_filters(visit, choice), choice.cohort.stations)


CLOSING_EXPORTS = (
    Export("closing_figures", lambda visit: visit.t("Time to close, figures"), _figures),
    Export("closing_curves", lambda visit: visit.t("Time to close, curves"), _curves),
)
