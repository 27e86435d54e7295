"""Intake: foreign files into the raw contract, with nothing lost, nothing doubled and no person kept.

Other rooms use what is named here::

    report = intake.load_file("incidents", path, mapping=intake.read_mapping(yml))
    reports = intake.load_directory(folder, progress=print)
"""

from closedloop.hints import Hint
from closedloop.intake.covers import Covers
from closedloop.intake.directory import load_directory
from closedloop.intake.drafting import suggest_mapping
from closedloop.intake.keeping import keeping
from closedloop.intake.load import Prepared, load_file, prepare_bytes, prepare_file, write
from closedloop.intake.mapping import MappingError, MappingFile, parse_mapping, read_mapping
from closedloop.intake.mapping.suggest import Suggestion
from closedloop.intake.refused import RefusedFile
from closedloop.intake.report import BatchReport, LoadReport
from closedloop.intake.withdrawals import Withdrawal, withdrawals

__all__ = [
    "BatchReport",
    "Covers",
    "Hint",
    "LoadReport",
    "MappingError",
    "MappingFile",
    "Prepared",
    "RefusedFile",
    "Suggestion",
    "Withdrawal",
    "keeping",
    "load_directory",
    "load_file",
    "parse_mapping",
    "prepare_bytes",
    "prepare_file",
    "read_mapping",
    "suggest_mapping",
    "withdrawals",
    "write",
]
