"""The open list as a download, through the same filters as its page."""

from __future__ import annotations

from closedloop.queries.standing import open_items
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.likely import likely_items
from closedloop.ui.open_list import (
    LIKELY,
    active_filters,
    column_labels,
    display_frame,
    read_choice,
    view_label,
)
from closedloop.ui.visit import Visit


def _make(visit: Visit, params: Params, row_limit: int) -> Exported:
    choice = read_choice(params, visit)
    question = likely_items if choice.view == LIKELY else open_items
    table = display_frame(visit, question(visit.scope, visit.as_of, choice.wanted, row_limit))
    filters = [view_label(visit, choice.view), *active_filters(visit, choice)]
    labels = column_labels(visit)
    return Exported(table, {name: labels[name] for name in table.columns}, filters, choice.wanted.stations)


OPEN_EXPORT = Export("open", lambda visit: visit.t("Open and overdue"), _make)
