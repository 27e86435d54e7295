"""Mappings: what a foreign file's columns mean, and how its rows become rows of the contract."""

from closedloop.intake.mapping.apply import Mapped, apply_mapping, dropped_columns, rows_taken
from closedloop.intake.mapping.canonical import canonical_mapping, known_headers
from closedloop.intake.mapping.likely import likely_fields
from closedloop.intake.mapping.model import Condition, FieldSpec, Mapping, Output, Split
from closedloop.intake.mapping.yaml_file import MappingError, MappingFile, parse_mapping, read_mapping

__all__ = [
    "Condition",
    "FieldSpec",
    "Mapped",
    "Mapping",
    "MappingError",
    "MappingFile",
    "Output",
    "Split",
    "apply_mapping",
    "canonical_mapping",
    "dropped_columns",
    "known_headers",
    "likely_fields",
    "parse_mapping",
    "read_mapping",
    "rows_taken",
]
