"""The open list as a download, through the same filters as its page."""

from __future__ import annotations

from closedloop.queries.standing import open_items
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.open_list import active_filters, column_labels, display_frame, read_choice, view_label
from closedloop.ui.visit import Visit


def _make(visit: Visit, params: Params, row_limit: int) -> Exported:
    choice = read_choice(params, visit)
    frame = open_items(visit.scope, visit.as_of, choice.wanted, row_limit)
    filters = [view_label(visit, choice.view), *active_filters(visit, choice)]
    return Exported(display_frame(visit, frame), column_labels(visit), filters)


OPEN_EXPORT = Export("open", lambda visit: visit.t("Open and overdue"), _make)
