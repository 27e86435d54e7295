"""Every list that can be downloaded. A new one is one line here."""

from __future__ import annotations

from closedloop.ui.catalogue_view import METRICS_EXPORT, POLICIES_EXPORT
from closedloop.ui.closing_export import CLOSING_EXPORTS
from closedloop.ui.compare_export import COMPARE_EXPORT
from closedloop.ui.daily_table import DAILY_EXPORT
from closedloop.ui.dispute_export import DISPUTE_EXPORTS
from closedloop.ui.diversion_export import DIVERSION_EXPORTS
from closedloop.ui.exports.model import Export
from closedloop.ui.finding_list import FINDINGS_EXPORT
from closedloop.ui.open_export import OPEN_EXPORT
from closedloop.ui.place_export import PLACE_EXPORTS
from closedloop.ui.trend_export import TREND_EXPORT
from closedloop.ui.volunteer_export import VOLUNTEER_EXPORTS

EXPORTS: dict[str, Export] = {
    export.key: export
    for export in (
        OPEN_EXPORT,
        DAILY_EXPORT,
        FINDINGS_EXPORT,
        *DISPUTE_EXPORTS,
        *DIVERSION_EXPORTS,
        *PLACE_EXPORTS,
        *VOLUNTEER_EXPORTS,
        TREND_EXPORT,
        COMPARE_EXPORT,
        METRICS_EXPORT,
        POLICIES_EXPORT,
        *CLOSING_EXPORTS,
    )
}
