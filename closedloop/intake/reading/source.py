"""What every reader hands on: one table of strings, whatever the file was."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from closedloop.hints import Hint

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
class LeftOut:
    """Rows of a file that are no records, and were not read as such."""

    titles: int = 0
    blank: int = 0
    totals: int = 0
    footers: int = 0
    repeated_headers: int = 0

    def said(self) -> list[str]:
        """``2 total row(s) 合计`` and the like, for what there is."""
        words = (
            (self.titles, "title row(s)"),
            (self.repeated_headers, "repeated header row(s)"),
            (self.totals, "total row(s) 合计"),
            (self.footers, "footer row(s) 落款"),
            (self.blank, "blank row(s)"),
        )
        return [f"{count:,} {what}" for count, what in words if count]


@dataclass(frozen=True)
class Source:
    """One file, read.

    ``frame`` has one row per record: :data:`ROW` and one string column per header; a blank cell is null.
    ``numeric`` tells, for spreadsheets, which cells of a column were stored as numbers. ``left_out`` counts
    the rows that are no records: titles, totals, blanks.
    """

    name: str
    sha256: str
    frame: pl.DataFrame
    unparseable: tuple[Unparseable, ...] = ()
    numeric: dict[str, pl.Series] = field(default_factory=dict)
    notes: tuple[Hint, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def headers(self) -> list[str]:
        """The names of the columns, as they stand in the file."""
        return [name for name in self.frame.columns if name != ROW]

    @property
    def rows(self) -> int:
        """Records in the file, parseable or not."""
        return self.frame.height + len(self.unparseable)
