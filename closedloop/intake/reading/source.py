"""What every reader hands on: one table of strings, whatever the file was."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

#: Row number as a spreadsheet shows it: the first row of the file is 1, so the first row under a header is 2.
ROW = "__row"


@dataclass(frozen=True)
class Unparseable:
    """A line whose cells cannot be told apart. Its content is not kept: a narrative may stand in any
    column."""

    row: int
    en: str
    zh: str


@dataclass(frozen=True)
class Source:
    """One file, read.

    ``frame`` has one row per record: :data:`ROW` and one string column per header; a blank cell is null.
    ``numeric`` tells, for spreadsheets, which cells of a column were stored as numbers.
    """

    name: str
    sha256: str
    frame: pl.DataFrame
    unparseable: tuple[Unparseable, ...] = ()
    numeric: dict[str, pl.Series] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def headers(self) -> list[str]:
        return [name for name in self.frame.columns if name != ROW]

    @property
    def rows(self) -> int:
        """Records in the file, parseable or not."""
        return self.frame.height + len(self.unparseable)
