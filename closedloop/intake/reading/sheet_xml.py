"""What the reader of workbooks does not tell of a sheet of an XLSX: merged cells, formulas without a result,
and days counted from 1904. Other kinds of workbook are taken as the reader gives them."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass

import lxml.etree
import polars as pl

from closedloop.intake.reading.extent import number_of

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
#: A formula and nothing after it, or a value that is blank; a text that is blank is a result (t="str").
_WITHOUT_RESULT = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_FIRST_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})\d{1,7}"(?:[^>]*[^>/])?>(?!</)')
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True)
class SheetFacts:
    """``merged`` are the cells merged over rows: first and last row and column, from 0, where column 0 is the
    first with content. ``without_result`` names cells whose formula was never worked out."""

    merged: tuple[tuple[int, int, int], ...] = ()
    without_result: tuple[str, ...] = ()
    from_1904: bool = False


def facts_of(data: bytes, sheet: str) -> SheetFacts:
    """The facts of one sheet; none for a workbook that is no XLSX, or not laid out as usual."""
    if not data.startswith(b"PK"):
        return SheetFacts()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _parsed(archive, "xl/workbook.xml")
            target = _part_of(archive, book, sheet)
            xml = archive.read(target)
    except (KeyError, ValueError, StopIteration, lxml.etree.LxmlError, zipfile.BadZipFile):
        return SheetFacts()
    properties = next(book.iter("{*}workbookPr"), None)
    from_1904 = properties is not None and properties.get("date1904") in ("1", "true", "on")
    merged: list[tuple[int, int, int]] = []
    if b"mergeCell" in xml:
        # From the end: merges stand after the rows.
        ranges = _MERGED.findall(xml, xml.rfind(b"</sheetData>") if b"</sheetData>" in xml else 0)
        down = [(int(top) - 1, int(low) - 1, number_of(left)) for left, top, _, low in ranges if top != low]
        first = _first_column(xml) if down else 1
        merged = [(top, low, column - first) for top, low, column in down if column >= first]
    blank = (
        tuple(cell.decode() for cell in _WITHOUT_RESULT.findall(xml)) if b"<f" in xml or b":f" in xml else ()
    )
    return SheetFacts(tuple(merged), blank, from_1904)


def fill_merged(
    frame: pl.DataFrame, merged: tuple[tuple[int, int, int], ...], above: int
) -> tuple[pl.DataFrame, int]:
    """Rows under a header with every merged cell in each of the rows it was merged over, and how many cells
    that filled. ``above`` are the rows up to the header's last, which have been taken off."""
    filled = 0
    for column, series in enumerate(frame.get_columns()):
        changes: dict[int, str] = {}
        for top, low, where in merged:
            first = top - above
            if where != column or first < 0 or first >= frame.height or series[first] is None:
                continue
            for row in range(first + 1, min(low - above, frame.height - 1) + 1):
                if series[row] is None:
                    changes[row] = series[first]
        if changes:
            filled += len(changes)
            frame = frame.with_columns(
                series.scatter(list(changes), pl.Series(list(changes.values()), dtype=series.dtype))
            )
    return frame, filled


def _parsed(archive: zipfile.ZipFile, part: str) -> lxml.etree._Element:
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
    return lxml.etree.fromstring(archive.read(part), parser)


def _part_of(archive: zipfile.ZipFile, book: lxml.etree._Element, sheet: str) -> str:
    """The part that holds the sheet of this name. Raises StopIteration where there is none."""
    found = next(s for s in book.iter("{*}sheet") if s.get("name") == sheet)
    wanted = found.get(_ID) or found.get(_STRICT_ID)
    links = _parsed(archive, "xl/_rels/workbook.xml.rels")
    target = next(link.get("Target", "") for link in links if link.get("Id") == wanted)
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _first_column(xml: bytes) -> int:
    """The leftmost column with content, where the reader's first column is."""
    first = 16_384
    for found in _FIRST_CELL.finditer(xml):
        first = min(first, number_of(found[1]))
        if first == 1:
            break
    return first
