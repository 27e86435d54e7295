"""Intake: foreign files into the raw contract, with nothing lost, nothing doubled and no person kept.

Other rooms use what is named here::

    report = intake.load_file("incidents", path, mapping=intake.read_mapping(yml))
    reports = intake.load_directory(folder, progress=print)
"""

from closedloop.intake.covers import Covers
from closedloop.intake.directory import load_directory
from closedloop.intake.drafting import suggest_mapping
from closedloop.intake.load import Prepared, load_file, prepare_bytes, write
from closedloop.intake.mapping import MappingError, MappingFile, parse_mapping, read_mapping
from closedloop.intake.mapping.suggest import Suggestion
from closedloop.intake.refused import RefusedFile
from closedloop.intake.report import BatchReport, LoadReport

__all__ = [
    "BatchReport",
    "Covers",
    "LoadReport",
    "MappingError",
    "MappingFile",
    "Prepared",
    "RefusedFile",
    "Suggestion",
    "load_directory",
    "load_file",
    "parse_mapping",
    "prepare_bytes",
    "read_mapping",
    "suggest_mapping",
    "write",
]
