"""Repeat places and warnings as downloads, through the same filters as the page."""

from __future__ import annotations

from closedloop.queries.places import beyond_expectation, place_types, warnings
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.place_list import (
    beyond_frame,
    beyond_labels,
    filter_words,
    read_filter,
    warning_frame,
    warning_labels,
)
from closedloop.ui.visit import Visit


def _wanted(visit: Visit, params: Params):
    types = place_types(visit.scope, visit.as_of)["place_type"].tolist()
    return read_filter(params, visit, types)


def _places(visit: Visit, params: Params, row_limit: int) -> Exported:
    wanted = _wanted(visit, params)
    found = beyond_expectation(visit.scope, visit.as_of, visit.last_full_day, wanted).head(row_limit)
    return Exported(beyond_frame(visit, found), beyond_labels(visit), filter_words(visit, wanted))


def _warnings(visit: Visit, params: Params, row_limit: int) -> Exported:
    wanted = _wanted(visit, params)
    issued = warnings(visit.scope, visit.as_of, wanted).head(row_limit)
    return Exported(warning_frame(visit, issued), warning_labels(visit), filter_words(visit, wanted))


PLACE_EXPORTS = (
    Export("places", lambda visit: visit.t("Repeat places"), _places),
    Export("place_warnings", lambda visit: visit.t("Warnings about places"), _warnings),
)
