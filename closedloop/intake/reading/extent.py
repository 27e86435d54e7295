"""How far the sheets of a workbook reach, before anything opens it.

The reader lays a sheet out as a full rectangle up to its last cell with content. One forgotten space in cell
XFD1048576 asks for 500 GB that way and takes the whole process down, pages included, so such a sheet is
refused here.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections import deque
from collections.abc import Iterator

import lxml.etree

from closedloop.intake.refused import RefusedFile

#: Cells of the rectangle: a sheet of full height with 38 columns.
MOST_CELLS = 40_000_000
_CHUNK = 1 << 20
#: A cell of an XLSX that holds something: neither ``<c …/>`` nor ``<c …></c>``.
_CELL = rb'<(?:\w+:)?c\s(?:[^>]*\s)?r="([A-Z]{%s})(\d{1,7})"(?:[^>]*[^>/])?>(?!</(?:\w+:)?c>)'
_FAR_COLUMN = re.compile(rb'\sr="[A-Z]{3}\d')
_ANY, _TWO, _THREE = (re.compile(_CELL % letters) for letters in (b"1,3", b"2", b"3"))
#: Longest beginning of a cell that may be cut by the end of a chunk.
_OVERLAP = 300

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
#: Records of an XLSB: its used range, the beginning of a row, and the cells with content.
_DIMENSION, _ROW, _BLANK_CELL, _LAST_CELL = 148, 0, 1, 11


def refuse_far_cells(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a workbook (XLSX, XLSM, XLSB, ODS) with a sheet whose rectangle is too large to lay out."""
    for member in archive.infolist():
        part = member.filename.replace("\\", "/").lower()
        if part.startswith("xl/worksheets/") and part.endswith(".xml"):
            with archive.open(member) as sheet:
                extents = [_of_xml(iter(lambda: sheet.read(_CHUNK), b""))]
        elif part.startswith("xl/worksheets/") and part.endswith(".bin"):
            extents = [_of_binary(archive.read(member))]
        elif part == "content.xml":
            with archive.open(member) as content:
                extents = list(_of_open_document(content))
        else:
            continue
        for rows, columns in extents:
            if rows * columns > MOST_CELLS:
                raise _too_far(name, rows, columns)


def _too_far(name: str, rows: int, columns: int) -> RefusedFile:
    cell = f"{letters_of(columns)}{rows}"
    return RefusedFile(
        f"{name}: a sheet reaches to cell {cell} (row {rows:,}, column {letters_of(columns)}), more cells "
        "than can be read; delete its blank rows and columns (Ctrl+End shows the last cell), or save it as "
        "CSV.",
        f"{name}：有工作表延伸到单元格 {cell}（第 {rows:,} 行、{letters_of(columns)} 列），超出可读取的范围；"
        "请删除多余的空白行列（按 Ctrl+End 可定位末尾单元格），或另存为 CSV。",
    )


def letters_of(column: int) -> str:
    """The letters a spreadsheet names a column by, from its number (from 1)."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def number_of(letters: bytes | str) -> int:
    """The number of a column (from 1) from its letters."""
    text = letters.decode() if isinstance(letters, bytes) else letters
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number


def _of_xml(chunks: Iterator[bytes]) -> tuple[int, int]:
    """The last row with content, and a column that none with content lies beyond.

    Columns of one letter are never counted, those of two only where they could matter: a sheet of ordinary
    width costs one pass for what it does not hold.
    """
    rows, wide, middle, tail = 0, 0, 0, b""
    for chunk in chunks:
        text = tail + chunk
        if _FAR_COLUMN.search(text):
            wide = max([wide, *(number_of(found[1]) for found in _THREE.finditer(text))])
        found = _last(text, max(0, len(text) - 20_000)) or _last(text, 0)
        rows = max(rows, int(found[2]) if found else 0)
        if not wide and rows * 26 > MOST_CELLS // 27:
            middle = max([middle, *(number_of(found[1]) for found in _TWO.finditer(text))])
        tail = text[-_OVERLAP:]
    return rows, wide or middle or 26


def _last(text: bytes, start: int) -> re.Match[bytes] | None:
    return next(iter(deque(_ANY.finditer(text, start), maxlen=1)), None)


def _of_open_document(content) -> Iterator[tuple[int, int]]:
    """Rows and columns of each table of an ODS, repeated ones counted as often as they say."""
    row = width = filled = 0
    parser = lxml.etree.iterparse(content, events=("start", "end"), resolve_entities=False, no_network=True)
    try:
        for event, element in parser:
            if element.tag == f"{_TABLE}table" and event == "start":
                row = width = filled = 0
            elif element.tag == f"{_TABLE}table" and event == "end":
                yield filled, width
            elif element.tag == f"{_TABLE}table-row" and event == "end":
                row += _repeated(element, "rows")
                reaches = _reach(element)
                if reaches:
                    filled, width = row, max(width, reaches)
                element.clear()
    except (lxml.etree.LxmlError, ValueError):
        # Broken XML is the reader's to name.
        return


def _reach(row: lxml.etree._Element) -> int:
    place = reaches = 0
    for cell in row:
        place += _repeated(cell, "columns")
        if len(cell):
            reaches = place
    return reaches


def _repeated(element: lxml.etree._Element, what: str) -> int:
    return int(element.get(f"{_TABLE}number-{what}-repeated", "1"))


def _of_binary(data: bytes) -> tuple[int, int]:
    """The used range of an XLSB's sheet as it says itself; counted where that is too large, because it takes
    in cells that are merely coloured."""
    rows = columns = row = 0
    for kind, content in _records(data):
        if kind == _DIMENSION and len(content) >= 16:
            _, last_row, _, last_column = struct.unpack_from("<4I", content)
            if (last_row + 1) * (last_column + 1) <= MOST_CELLS:
                return last_row + 1, last_column + 1
        elif kind == _ROW and len(content) >= 4:
            (row,) = struct.unpack_from("<I", content)
        elif _BLANK_CELL < kind <= _LAST_CELL and len(content) >= 4:
            rows, columns = row + 1, max(columns, struct.unpack_from("<I", content)[0] + 1)
    return rows, columns


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(data):
        kind, place = _variable(data, place, 2)
        size, place = _variable(data, place, 4)
        yield kind, data[place : place + size]
        place += size


def _variable(data: bytes, place: int, most: int) -> tuple[int, int]:
    """A number of up to ``most`` bytes, seven bits in each."""
    number = 0
    for count in range(most):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << (7 * count)
        if not byte & 0x80:
            break
    return number, place
