"""Every event there is in schema ``raw``: those that are stored, and those that are derived from the times of
items."""

from __future__ import annotations

from closedloop.intake.contract import TABLES

_COLUMNS = ", ".join(column.name for column in TABLES["loop_events"].columns)

#: SQL: a relation with the columns of ``raw.loop_events``; it wants an alias.
EVERY_EVENT = f"(select {_COLUMNS} from raw.loop_events union all select {_COLUMNS} from raw.derived_events)"
