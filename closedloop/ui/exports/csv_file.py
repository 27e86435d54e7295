"""A list as CSV, streamed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import pandas as pd

from closedloop.ui.exports.cells import safe_cell

#: Spreadsheets take a file without it for the local code page, and Chinese for rubbish.
BOM = "\ufeff"
_ROWS_AT_A_TIME = 500


def csv_lines(
    heading: Sequence[tuple[str, str]], header: Sequence[str], frame: pd.DataFrame
) -> Iterator[str]:
    """A byte-order mark, the heading's lines, an empty line, the header and the rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BOM
    for pair in heading:
        writer.writerow([safe_cell(part) for part in pair])
    writer.writerow([])
    writer.writerow([safe_cell(name) for name in header])
    for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
        writer.writerow([safe_cell(value) for value in row])
        if number % _ROWS_AT_A_TIME == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
