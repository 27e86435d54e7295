"""Web pages that systems call a spreadsheet: the table in an HTML file named .xls, into a grid of cells.

libxml2 parses it. It fetches nothing, expands no entity that the page defines, and stops at absurd sizes.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import lxml.etree
import lxml.html
import polars as pl

from closedloop.intake.reading.grid import count_hits, table_of
from closedloop.intake.reading.header import LOOK_AHEAD, MOST_COLUMNS, Header
from closedloop.intake.refused import RefusedFile

#: Cells of one page: a few hundred thousand rows. A small page can ask for very many by its spans.
MOST_CELLS = 20_000_000
#: Rows one cell may span; what asks for more is no merged cell.
_MOST_ROWS_SPANNED = 10_000

_MARKUP = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|table|style|meta|\?xml|div|center)\b", re.S | re.I
)
_WEB_ARCHIVE = re.compile(rb"\s*(?:MIME-Version:|Content-Type:\s*multipart/)", re.I)
_XML_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"


def is_markup(text: bytes) -> bool:
    """Whether a text is a web page, an XML file or a web archive rather than lines of cells."""
    top = text[:65536]
    return bool(_MARKUP.match(top) or _WEB_ARCHIVE.match(top))


def read_markup(
    text: bytes, name: str, wanted: Collection[str]
) -> tuple[pl.DataFrame, Header, tuple[str | None, ...]]:
    """The table of a page (UTF-8) that names most of the wanted headers, as rows with their place in it."""
    _refuse_other_markup(text, name)
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = lxml.html.document_fromstring(text, parser=parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise _without_table(name) from error
    grids = [grid for table in root.iter("table") if any(grid := _grid(table, name))]
    if not grids:
        raise _without_table(name)
    best = max(
        grids,
        key=lambda grid: (count_hits([tuple(row) for row in grid[:LOOK_AHEAD]], wanted, name), len(grid)),
    )
    width = max(len(row) for row in best)
    columns = list(zip(*(row + [None] * (width - len(row)) for row in best), strict=True))
    cells = pl.DataFrame({f"c{i}": pl.Series(c, dtype=pl.String) for i, c in enumerate(columns)})
    return table_of(cells, wanted, name)


def _grid(table: lxml.html.HtmlElement, name: str) -> list[list[str | None]]:
    """The cells of a table by row and column. A cell merged over rows stands in each of them, one merged
    over columns in the first."""
    rows: list[list[str | None]] = []
    spans: dict[int, tuple[int, str | None]] = {}
    count = 0
    for line in table.iter("tr"):
        if next(line.iterancestors("table"), None) is not table:
            continue
        row: list[str | None] = []
        for cell in line.iterchildren("td", "th"):
            _fill(row, spans)
            across = _span(cell, "colspan", MOST_COLUMNS + 1)
            down = _span(cell, "rowspan", _MOST_ROWS_SPANNED)
            content = _text(cell)
            for place in range(across):
                value = content if place == 0 else None
                if down > 1:
                    spans[len(row)] = (down - 1, value)
                row.append(value)
        while spans and max(spans) >= len(row):
            _fill(row, spans)
            if spans and max(spans) > len(row):
                row.append(None)
        count += len(row)
        if count > MOST_CELLS or len(row) > 2 * MOST_COLUMNS:
            raise RefusedFile(
                f"{name} is a web page with a table too large to read; export it as CSV.",
                f"{name} 是网页，其中的表格过大；请导出为 CSV。",
            )
        rows.append(row)
    return rows


def _fill(row: list[str | None], spans: dict[int, tuple[int, str | None]]) -> None:
    """Put the cells that reach down from rows above into their columns."""
    while len(row) in spans:
        left, value = spans.pop(len(row))
        if left > 1:
            spans[len(row)] = (left - 1, value)
        row.append(value)


def _span(cell: lxml.html.HtmlElement, what: str, most: int) -> int:
    text = cell.get(what, "1").strip()
    return min(int(text), most) if text.isascii() and text.isdigit() and text.strip("0") else 1


def _text(cell: lxml.html.HtmlElement) -> str | None:
    """What a cell shows: its text with line breaks where the page breaks lines."""
    parts: list[str] = []
    for element in cell.iter():
        if element.tag == "br" or (element.tag in ("p", "div") and parts):
            parts.append("\n")
        if element.tag not in ("script", "style") and element.text:
            parts.append(re.sub(r"\s+", " ", element.text))
        if element is not cell and element.tail:
            parts.append(re.sub(r"\s+", " ", element.tail))
    return "\n".join(line.strip() for line in "".join(parts).replace("\xa0", " ").split("\n")).strip() or None


def _refuse_other_markup(text: bytes, name: str) -> None:
    top = text[:65536]
    if _WEB_ARCHIVE.match(top):
        raise RefusedFile(
            f"{name} is a web archive (MHTML) named as a table; open it in a spreadsheet program and save it "
            "as XLSX.",
            f"{name} 是网页存档（MHTML），不是表格；请用表格软件打开后另存为 XLSX。",
        )
    if _XML_SHEET in top:
        raise RefusedFile(
            f"{name} is an XML spreadsheet of 2003; open it in a spreadsheet program and save it as XLSX.",
            f"{name} 是 2003 版 XML 表格；请用表格软件打开后另存为 XLSX。",
        )


def _without_table(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is a web page without a table (a page to sign in, perhaps); export it again and look into "
        "the file.",
        f"{name} 是不含表格的网页（可能是登录页面）；请重新导出并查看文件内容。",
    )
