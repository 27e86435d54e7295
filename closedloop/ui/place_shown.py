"""The warnings of a year on the Places page, worked out at once and kept: a big city has a thousand."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from closedloop.queries.places import PlaceFilter, warnings
from closedloop.ui.place_list import warning_frame
from closedloop.ui.place_view import Worth, worth
from closedloop.ui.visit import Visit
from closedloop.ui.worked_out import worked_out_once


@dataclass(frozen=True)
class WarningsShown:
    """What they were worth, and their table with names and local times."""

    worth: Worth
    table: pd.DataFrame


@worked_out_once
def warnings_shown(visit: Visit, wanted: PlaceFilter) -> WarningsShown:
    """The warnings of the 52 weeks before the visit's moment."""
    issued = visit.ask(warnings, wanted=wanted)
    return WarningsShown(worth(visit, issued), warning_frame(visit, issued))
