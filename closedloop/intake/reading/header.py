"""Which rows of a table are its header: title rows and blank rows may stand above it, and it may have two
rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from closedloop.intake.masking import mask
from closedloop.intake.reading.invisible import INVISIBLE
from closedloop.intake.refused import RefusedFile

#: Rows looked at from the top.
LOOK_AHEAD = 50
#: Columns at which a table is refused: a transposed sheet or a wrong separator, never an export.
MOST_COLUMNS = 2000
#: Name of a column without a header: this and its place.
NAMELESS = "__blank_"

#: What exports put around a header's name: a star, and whether it must be filled in.
_DECORATION = re.compile(r"[*:]|[(\[](?:必填|必选|选填|必须|required)[)\]]")

_INVISIBLE = re.compile(INVISIBLE)

Row = Sequence[str | None]


@dataclass(frozen=True)
class Header:
    """Rows ``first`` to ``last`` (from 0) name the columns; what lies above is titles."""

    first: int
    last: int
    names: tuple[str, ...]
    hits: int


def clean_header(cell: str | None) -> str:
    """A header cell without surrounding space, line breaks or characters that nobody sees."""
    return " ".join(_INVISIBLE.sub("", cell or "").split())


def header_key(cell: str | None) -> str:
    """What a header says, however it is written: width, case, spaces, line breaks and stars aside."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", cell or "")).casefold()
    return _DECORATION.sub("", "".join(plain.split()))


def find_header(rows: Sequence[Row], wanted: Collection[str], name: str) -> Header:
    """The header of a table by its top rows.

    It is the row that names most of the wanted headers, with the row above or below where two rows name more
    (merged headers); the first row with any content if none does. Wanted headers get the spelling they are
    wanted in. Raises RefusedFile for one that stands twice.
    """
    known = {header_key(w): w for w in wanted}
    known |= {w: w for w in wanted}
    rows = rows[:LOOK_AHEAD]
    best, hits = None, 0
    for index, row in enumerate(rows):
        if (found := _hits([(cell,) for cell in row], known)) > hits:
            best, hits = index, found
    if best is None:
        best = next((i for i, row in enumerate(rows) if any(clean_header(cell) for cell in row)), 0)
    chosen = (best, best, [(cell,) for cell in rows[best]])
    for upper, lower in ((best, best + 1), (best - 1, best)):
        if upper < 0 or lower >= len(rows):
            continue
        together = _together(rows[upper], rows[lower])
        if together is None:
            continue
        more = _hits(together, known)
        if more > hits or (more == hits and upper == best and _is_second_row(rows[upper], rows[lower])):
            chosen, hits = (upper, lower, together), more
    first, last, candidates = chosen
    return Header(first, last, tuple(_names(candidates, known, name)), hits)


def _hits(candidates: Sequence[Sequence[str | None]], known: dict[str, str]) -> int:
    """How many different wanted headers a row names."""
    found = {_wanted(cells, known) for cells in candidates}
    return len(found - {None})


def _wanted(cells: Sequence[str | None], known: dict[str, str]) -> str | None:
    for cell in cells:
        if cell and (name := known.get(clean_header(cell)) or known.get(header_key(cell))):
            return name
    return None


def _together(upper: Row, lower: Row) -> list[tuple[str, ...]] | None:
    """For each column of two header rows what it may be called, the likeliest first; None if they are not
    two rows of one header."""
    if sum(bool(clean_header(cell)) for cell in upper) < 2:
        return None
    columns, group = [], ""
    for above, below in zip(upper, lower, strict=False):
        group = clean_header(above) or (group if clean_header(below) else "")
        child = clean_header(below)
        if child and group and child != group:
            columns.append((child, f"{group}{child}", f"{group}/{child}", f"{group} {child}"))
        else:
            columns.append((child or clean_header(above),))
    return columns


def _is_second_row(upper: Row, lower: Row) -> bool:
    """Whether the lower row only divides groups of the upper one: it is blank wherever a header stands
    alone."""
    above = [bool(clean_header(cell)) for cell in upper]
    below = [bool(clean_header(cell)) for cell in lower]
    if sum(below) < 2 or not all(above[i] or below[i] for i in range(len(above)) if i < len(below)):
        return False
    alone = [a and not (i + 1 < len(above) and not above[i + 1]) for i, a in enumerate(above)]
    groups = [i for i, a in enumerate(above) if a and not alone[i]]
    return bool(groups) and any(alone) and not any(b and a for a, b in zip(alone, below, strict=False))


def _names(candidates: Sequence[Sequence[str | None]], known: dict[str, str], name: str) -> list[str]:
    """One distinct name per column. A wanted header that stands twice is refused; nobody can say which is
    meant."""
    if len(candidates) > MOST_COLUMNS:
        raise RefusedFile(
            f"{name} has {len(candidates):,} columns, more than {MOST_COLUMNS:,}; remove what is not needed.",
            f"{name} 有 {len(candidates):,} 列，超过 {MOST_COLUMNS:,} 列；请删除不需要的列。",
        )
    children = [clean_header(cells[0]) for cells in candidates]
    names: list[str] = []
    for index, cells in enumerate(candidates):
        wanted = _wanted(cells, known)
        header = wanted or children[index] or f"{NAMELESS}{index + 1}"
        if wanted is None and len(cells) > 1 and children.count(children[index]) > 1:
            header = str(cells[2])
        if header in names:
            if wanted is not None:
                raise RefusedFile(
                    f"{name}: the column {mask(header)!r} stands twice; remove one of them.",
                    f"{name}：列“{mask(header)}”出现两次；请删除其中一列。",
                )
            header = f"{header}__{index + 1}"
        names.append(header)
    return names
