"""Disputes as downloads: the list, and the table of figures, as the page shows them."""

from __future__ import annotations

from closedloop.queries.disputes import after_resolution, dispute_items, found_disputes
from closedloop.ui.dispute_list import column_labels, display_frame, read_view, view_name
from closedloop.ui.dispute_view import SOURCES, read_split, split_labels, split_table, splits
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.period import period_text
from closedloop.ui.reporting import reporting
from closedloop.ui.visit import Visit


def _list(visit: Visit, params: Params, row_limit: int) -> Exported:
    view, (since, until) = read_view(params), visit.period
    items = dispute_items(visit.scope, visit.as_of, view, since, until, visit.station, row_limit)
    return Exported(
        display_frame(visit, items), column_labels(visit), [view_name(visit, view), period_text(visit)]
    )


def _figures(visit: Visit, params: Params, row_limit: int) -> Exported:
    split, (since, until) = read_split(params, visit), visit.period
    found = found_disputes(visit.scope, visit.as_of, since, until, visit.station)
    after = after_resolution(visit.scope, visit.as_of, since, until, visit.station)
    table = split_table(visit, found, after, split, reporting(visit, *SOURCES)).head(row_limit)
    return Exported(table, split_labels(visit, split), [splits(visit)[split], period_text(visit)])


DISPUTE_EXPORTS = (
    Export("disputes", lambda visit: visit.t("List of disputes"), _list),
    Export("dispute_figures", lambda visit: visit.t("Figures of disputes"), _figures),
)
