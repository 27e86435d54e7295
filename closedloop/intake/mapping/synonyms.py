"""What exports call the fields of the contract: ``synonyms.yml``, by table and field."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.reading.header import header_key

_FILE = Path(__file__).with_name("synonyms.yml")


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return yaml.safe_load(_FILE.read_text("utf-8"))


@cache
def synonyms(table: str) -> dict[str, tuple[str, ...]]:
    """For every field of a table the headers it is known by, the likeliest first."""
    words = _words()
    known: dict[str, tuple[str, ...]] = {}
    for column in business_columns(TABLES[table]):
        own = words.get(table, {}).get(column.name, [])
        shared = words["any"].get(column.name, [])
        names = [column.name, column.info["zh"], *own, *shared]
        known[column.name] = tuple(dict.fromkeys(str(name) for name in names))
    return known


def names_person(header: str) -> bool:
    """Whether a header announces something of a person."""
    return _holds(header, "persons")


def names_narrative(header: str) -> bool:
    """Whether a header announces a story."""
    return _holds(header, "narratives")


def _holds(header: str, what: str) -> bool:
    key = header_key(header)
    return any(header_key(part) in key for part in _words()[what])
