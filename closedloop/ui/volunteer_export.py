"""Volunteer work as a download: the table of counts as the page shows it."""

from __future__ import annotations

import pandas as pd

from closedloop.queries.volunteers import serving_volunteers, volunteer_activities, volunteer_posts
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.period import period_text
from closedloop.ui.reporting import reporting
from closedloop.ui.visit import Visit
from closedloop.ui.volunteer_view import SOURCES, post_table, read_split, split_labels, split_table, splits


def _table(visit: Visit, split: str) -> pd.DataFrame:
    (since, until), reported = visit.period, reporting(visit, *SOURCES)
    if split == "post":
        posts = volunteer_posts(visit.scope, visit.as_of, visit.as_of_day, since, until, visit.station)
        return post_table(visit, posts, reported)
    serving = serving_volunteers(visit.scope, visit.as_of, visit.as_of_day, visit.station)
    done = volunteer_activities(visit.scope, visit.as_of, since, until, visit.station)
    return split_table(visit, serving, done, split, reported)


def _figures(visit: Visit, params: Params, row_limit: int) -> Exported:
    split = read_split(params, visit)
    table = _table(visit, split).head(row_limit)
    return Exported(table, split_labels(visit, split), [splits(visit)[split], period_text(visit)])


VOLUNTEER_EXPORTS = (Export("volunteers", lambda visit: visit.t("Volunteer work"), _figures),)
