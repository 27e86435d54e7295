"""A small table of figures as HTML: real links, numbers to the right, nothing sideways but itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

#: Columns that a phone shows side by side.
_FIT_A_PHONE = 4


@dataclass(frozen=True)
class Cell:
    """A cell that leads somewhere, or a number that stands to the right."""

    text: str
    href: str = ""
    is_number: bool = False
    small: str = ""
    #: True for an id in small print: it is the same in every language.
    is_id: bool = False


def number(text: str, small: str = "") -> Cell:
    """A number, with what belongs to it in small print."""
    return Cell(text, is_number=True, small=small)


def html_table(label: str, header: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> str:
    """The table as HTML for ``st.html``. ``label`` is what assistive technology reads before it."""
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    numbers = {at for row in cells for at, cell in enumerate(row) if cell.is_number}
    head = "".join(
        f"<th scope='col'{_side(at in numbers)}>{escape(name)}</th>" for at, name in enumerate(header)
    )
    # On a phone a row of many columns stands as a block: each cell says its column itself.
    many = len(header) > _FIT_A_PHONE
    names = header if many else [""] * len(header)
    lines = ("".join(map(_cell, row, names)) for row in cells)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f"<div class='cl-table{' cl-many' if many else ''}' tabindex='0' role='region'"
        f" aria-label='{escape(label)}'>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _side(right: bool) -> str:
    return " class='cl-number'" if right else ""


def _cell(cell: Cell, column: str) -> str:
    text = escape(cell.text)
    if cell.href:
        text = f"<a class='cl-link' href='{escape(cell.href)}'>{text}</a>"
    if cell.small:
        text += f"<small{' translate=no' if cell.is_id else ''}>{escape(cell.small)}</small>"
    label = f" data-column='{escape(column)}'" if column else ""
    return f"<td{_side(cell.is_number)}{label}>{text}</td>"
