"""Every list that can be downloaded. A new one is one line here."""

from __future__ import annotations

from closedloop.ui.daily_table import DAILY_EXPORT
from closedloop.ui.exports.model import Export
from closedloop.ui.open_export import OPEN_EXPORT

EXPORTS: dict[str, Export] = {export.key: export for export in (OPEN_EXPORT, DAILY_EXPORT)}
