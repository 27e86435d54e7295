"""Columns that a file without a mapping lost although their headers are known names of a field."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from closedloop.hints import Hint, hint
from closedloop.intake.contract import TABLES
from closedloop.intake.mapping.synonyms import synonyms
from closedloop.intake.masking import mask
from closedloop.intake.reading.header import NAMELESS, header_key


def likely_fields(table: str, dropped: Sequence[str], taken: Collection[str]) -> list[Hint]:
    """A hint that names dropped columns which look like fields of the table that no column feeds; none where
    there are none. A person's number is never proposed: dropping it is right."""
    by_key = {header_key(header): header for header in dropped if not header.startswith(NAMELESS)}
    pairs: list[tuple[str, str, str]] = []
    for field, names in synonyms(table).items():
        column = TABLES[table].columns[field]
        if field in taken or column.info.get("pseudonym"):
            continue
        header = next((by_key[header_key(name)] for name in names if header_key(name) in by_key), None)
        if header is not None:
            pairs.append((mask(header), field, column.info["zh"]))
    if not pairs:
        return []
    return [
        hint(
            "likely_fields",
            table=table,
            pairs=", ".join(f"{header} → {field}" for header, field, _ in pairs),
            pairs_zh="、".join(f"{header} → {zh}" for header, _, zh in pairs),
        )
    ]
