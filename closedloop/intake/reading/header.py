"""Which row of a table is its header: title rows and blank rows may stand above it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from closedloop.intake.refused import RefusedFile

#: Rows looked at from the top.
LOOK_AHEAD = 20
#: Columns at which a table is refused: a transposed sheet or a wrong separator, never an export.
MOST_COLUMNS = 2000


def clean_header(cell: str | None) -> str:
    """A header cell without surrounding space, line breaks or a byte-order mark."""
    return " ".join((cell or "").replace("\ufeff", "").split())


def find_header(rows: Sequence[Sequence[str | None]], wanted: Collection[str]) -> int:
    """Index of the row that names most of the wanted headers; the first row with any content if none does."""
    best, hits = None, 0
    for index, row in enumerate(rows[:LOOK_AHEAD]):
        cells = {clean_header(cell) for cell in row}
        found = sum(1 for name in wanted if name in cells)
        if found > hits:
            best, hits = index, found
    if best is not None:
        return best
    return next((i for i, row in enumerate(rows) if any(clean_header(cell) for cell in row)), 0)


def column_names(cells: Sequence[str | None], wanted: Collection[str], name: str) -> list[str]:
    """One distinct name per column. A wanted header that stands twice is refused; nobody can say which is
    meant."""
    if len(cells) > MOST_COLUMNS:
        raise RefusedFile(
            f"{name} has {len(cells):,} columns, more than {MOST_COLUMNS:,}; remove what is not needed.",
            f"{name} 有 {len(cells):,} 列，超过 {MOST_COLUMNS:,} 列；请删除不需要的列。",
        )
    names: list[str] = []
    for index, cell in enumerate(cells):
        header = clean_header(cell) or f"__blank_{index + 1}"
        if header in names:
            if header in wanted:
                raise RefusedFile(
                    f"{name}: the column {header!r} stands twice; remove one of them.",
                    f"{name}：列“{header}”出现两次；请删除其中一列。",
                )
            header = f"{header}__{index + 1}"
        names.append(header)
    return names
