"""Drafting a mapping for the content of a file: read it, look its headers up, propose."""

from __future__ import annotations

from closedloop.errors import ClosedloopError
from closedloop.intake.contract import TABLES
from closedloop.intake.mapping.suggest import Suggestion, suggest, wanted_headers
from closedloop.intake.reading import read_bytes
from closedloop.intake.reading.container import MOST_BYTES
from closedloop.intake.reference import load_reference
from closedloop.settings import Settings, get_settings


def suggest_mapping(
    data: bytes,
    name: str,
    *,
    table: str | None = None,
    sheet: str | None = None,
    most_bytes: int = MOST_BYTES,
    settings: Settings | None = None,
) -> Suggestion:
    """Draft a mapping for a file. Raises RefusedFile for one that cannot be read or whose headers say
    nothing."""
    if table is not None and table not in TABLES:
        raise ClosedloopError(f"there is no table {table!r}; the contract has {', '.join(TABLES)}")
    settings = settings or get_settings()
    source = read_bytes(data, name, wanted_headers(table), sheet=sheet, most_bytes=most_bytes)
    return suggest(source, load_reference(settings.reference_dir), settings.time_zone, table)
